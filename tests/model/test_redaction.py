from typing import SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.document import Document
from model.redaction import names_of, redact

MAIL = (
    "Ann Miller (ann.miller@acme.example, +44 20 7946 0123) paid with 4111 1111 1111 1111\n"
    "to DE89 3704 0044 0532 0130 00. Call Ann, tel. 030 1234567."
)


def test_personal_data_become_placeholders() -> None:
    redacted = redact(MAIL, ["Ann Miller"])
    assert redacted.text == "[NAME] ([EMAIL], [PHONE]) paid with [CARD]\nto [IBAN]. Call [NAME], tel. [PHONE]."
    assert redacted.counts == {"name": 2, "email": 1, "phone": 2, "card": 1, "iban": 1}


def test_spans_point_into_the_text_before() -> None:
    redacted = redact(MAIL)
    assert [MAIL[span.start : span.end] for span in redacted.spans if span.kind == "iban"] == [
        "DE89 3704 0044 0532 0130 00"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "order 4500123456 of 2024-05-03",
        "container CSQU3054383 on 12.05.2024",
        "SSCC 340123455443043485",
        "invoice RE-2024-0815",
        "tracking 1Z999AA10123456784",
        "1.250,00 EUR for 40 pallets",
        "EAN 4006381333931",
        "card 4111 1111 1111 1112",
        "at 10:30, gate 7",
    ],
)
def test_business_numbers_stay(text: str) -> None:
    assert redact(text, ["Bo"]).text == text


@pytest.mark.parametrize(
    "phone",
    ["+49 (0)30 123456-78", "0049 30 1234567", "0171/2345678", "(555) 123-4567", "01 44 55 66 77", "+4930123456"],
)
def test_phone_numbers_of_many_forms_go(phone: str) -> None:
    assert redact(f"my number is {phone}, thanks").text == "my number is [PHONE], thanks"


@given(
    st.lists(
        st.sampled_from(
            ["Ann", "a@b.example", "+49 30 1234567", "DE89370400440532013000", "gate 7", "\n", "4111111111111111"]
        )
    )
)
def test_a_second_redaction_finds_nothing_more(pieces: list[str]) -> None:
    once = redact(" ".join(pieces), ["Ann Lee"]).text
    assert redact(once, ["Ann Lee"]).text == once
    assert not any(secret in once for secret in ("Ann", "@", "1234567", "DE89", "4111"))


@given(st.text(max_size=200))
def test_what_lies_outside_the_spans_is_untouched(text: str) -> None:
    redacted = redact(text)
    kept, place = "", 0
    for span in redacted.spans:
        kept, place = kept + text[place : span.start], span.end
    assert len(redacted.text) == len(kept + text[place:]) + sum(len(f"[{span.kind}]") for span in redacted.spans)


def test_names_are_those_that_the_headers_state() -> None:
    meta = {"from": '"Miller, Ann" <ann@a.example>', "to": "Bob Lee <bob@a.example>; desk@a.example", "cc": "Zoë"}
    assert names_of(Document(meta=meta)) == ("Miller, Ann", "Bob Lee", "Zoë")


class Counted(str):
    """A text that counts the characters copied out of it, and of what is made from it by cutting and joining."""

    copied = 0

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        piece = Counted(super().__getitem__(key))
        Counted.copied += len(piece)
        return piece

    def __add__(self, other: str) -> str:
        return Counted(super().__add__(other))


def test_a_text_full_of_mentions_is_copied_a_few_times_and_not_once_a_mention() -> None:
    text = Counted("a@b.example " * 500)
    assert redact(text).counts == {"email": 500}
    assert Counted.copied < 10 * len(text)
