"""Whatever the bytes, reading ends in a Document or in a ReadingError."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import ReadingError
from model.reading import Limits, clean, read
from model.reading.encodings import decode
from model.reading.markup import text_of

SMALL = Limits(size=200_000, expanded=2_000_000, text=2_000, pages=5, cells=500, parts=5)
CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KINDS = ["docx", "xlsx", "pptx", "odt", "ods", "pdf", "doc", "xls", "ppt", "msg", "eml", "mbox", "rtf", "html", "csv"]
MAGIC = [
    b"",
    b"%PDF-1.4\n",
    b"{\\rtf1 ",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"From: a@b\nTo: c\nSubject: d\n\n",
    b"<html>",
]


def attempt(data: bytes) -> None:
    with suppress(ReadingError):
        document = read(data, limits=SMALL)
        assert len(document.body) <= SMALL.text


@CALM
@given(st.sampled_from(MAGIC), st.binary(max_size=600))
def test_random_bytes_are_read_or_refused(magic: bytes, rest: bytes) -> None:
    attempt(magic + rest)


@pytest.mark.parametrize("kind", KINDS)
@CALM
@given(data=st.data())
def test_mutated_files_are_read_or_refused(kind: str, files: dict[str, bytes], data: st.DataObject) -> None:
    content = bytearray(files[kind])
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    attempt(bytes(content[: cut or None]))


@CALM
@given(
    st.binary(max_size=400), st.sampled_from([None, "utf-8", "x-unknown", "utf-16", "base64", "iso-8859-8-i", "\x00"])
)
def test_any_bytes_decode(data: bytes, declared: str | None) -> None:
    decode(data, declared).encode("utf-8")


@CALM
@given(st.text(alphabet="<>/!-=\"' abdiptlrsyblockquotehead&;#x\n", max_size=300))
def test_any_markup_becomes_text(source: str) -> None:
    text_of(source)
    clean(source, html=True)
