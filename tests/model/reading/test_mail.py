import io

import pytest

from model.reading import messages, read
from model.reading.mail import mail

HEAD = b"From: a@b.example\nTo: c@d.example\nSubject: s\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"


def test_encoded_words_join_characters_that_were_cut_between_them() -> None:
    data = b"Subject: =?utf-8?b?w6Q=?= =?utf-8?b?4oI=?=\n =?utf-8?b?rA==?= plain\n\nx"
    assert mail(data).fields["subject"] == "ä€ plain"


def test_raw_bytes_in_a_header_are_decoded() -> None:
    assert mail("Subject: Größe\n\nx".encode()).fields["subject"] == "Größe"


def test_a_date_nobody_understands_stays() -> None:
    assert mail(b"Date: next Tuesday\n\nx").fields["date"] == "next Tuesday"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param(b"base64", b"R2F0ZSA0IGlzIHNodXQ=", id="base64"),
        pytest.param(b"base64", b"R2F0Z SA0IG*lzIHNodX", id="broken base64"),
        pytest.param(b"quoted-printable", b"Gate 4 is=20sh=\nut", id="quoted-printable"),
        pytest.param(b"x-unheard-of", b"Gate 4 is shut", id="unknown"),
    ],
)
def test_transfer_encodings_are_undone_as_far_as_they_are_intact(coding: bytes, body: bytes) -> None:
    text = mail(HEAD + b"Content-Transfer-Encoding: " + coding + b"\n\n" + body).text
    assert "Gate 4 is shut".startswith(text.strip())
    assert len(text.strip()) >= 13


def test_the_fuller_of_two_alternatives_is_read() -> None:
    parts = (
        b"--b\nContent-Type: text/plain\n\nno html?\n--b\nContent-Type: text/html\n\n<p>"
        + b"Gate 4 is shut. " * 9
        + b"</p>\n--b--"
    )
    data = HEAD + b"Content-Type: multipart/alternative; boundary=b\n\n" + parts
    assert read(data).body.startswith("Gate 4 is shut.")


def test_a_multipart_with_another_boundary_is_read_all_the_same() -> None:
    data = HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--y\nContent-Type: text/plain\n\nGate 4\n--y--\n"
    assert read(data).body == "Gate 4"


def test_flowed_lines_are_joined() -> None:
    assert mail(HEAD + b"Content-Type: text/plain; format=flowed\n\nGate 4 is \nshut.\n> old \n> words").text == (
        "Gate 4 is shut.\n> old \n> words"
    )


def test_a_forwarded_mail_inside_is_a_part() -> None:
    inner = HEAD.replace(b"Subject: s", b"Subject: inner") + b"\nGate 4"
    data = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        + inner
        + b"\n--b--"
    )
    assert [(part.subject, part.body) for part in read(data).parts] == [("inner", "Gate 4")]


def test_a_mailbox_is_read_mail_by_mail() -> None:
    first = b"From a@b Mon May  6 10:00:00 2024\n"
    box = first + b"Subject: 1\n\nx\n\n" + first + b"Subject: 2\n\n>From y\n"
    assert [raw.split(b"\n")[0] for raw in messages(io.BytesIO(box))] == [b"Subject: 1", b"Subject: 2"]
    assert list(messages(io.BytesIO(box)))[1].endswith(b"\nFrom y\n")
