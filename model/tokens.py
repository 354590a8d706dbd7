"""Documents -> words, as offsets and hashes over one byte buffer for the whole batch. Knows no weights."""

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from model.document import Document
from model.hashing import U64, Bytes, Hasher, Places

FIELD = b"\x01"
"""Stands between subject and body."""
END = b"\x00"
"""Stands behind each document."""
BLANK = b" "
"""Stands for everything between words; words have larger bytes, separators smaller ones."""
MAX_WORD = 32
"""Bytes of a word that count; what follows (base64, long links) is cut."""
MAX_DIGITS = 5
"""Digits of a number that count: longer numbers all look alike, since their values mean nothing."""
MAX_CHARACTERS = 20_000
"""Characters of a subject, and of a body, that are read; a reader of documents chooses what comes first."""
PLAIN = "sortation-plain"
"""Name under which Python's encoder finds what to do with characters outside ASCII: it scans faster than a pattern."""
SHORT_RUN = 4
"""Characters outside ASCII in a row up to which their spelling is remembered: single letters, quotes, dashes."""

_WORD = (
    bytes(range(0x30, 0x3A)) + bytes(range(0x41, 0x5B)) + bytes(range(0x61, 0x7B)) + b"?" + bytes(range(0x80, 0x100))
)
_TABLE = bytes(
    0x30 if chr(b).isdigit() and b < 0x80 else (b + 32 if 0x41 <= b <= 0x5A else b if b in _WORD or b < 2 else 0x20)
    for b in range(256)
)
_BLANK = np.array(BLANK[0], dtype=np.uint8)
_NONE, _ONE = np.array(0), np.array(1)
_LONGEST = np.where(np.arange(256) == 0x30, MAX_DIGITS, MAX_WORD)
_CUT = re.compile("[\u0000\u0001]")
_MARKS = re.compile("[\u0300-\u036f\u200b-\u200f\ufe00-\ufe0f\u00ad]")
_QUOTES = re.compile("[\u2018\u2019\u02bc\u0060]")
_BLANKS = re.compile(
    "[\u0080-\u00a1\u00a4\u00a6-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    "\u1680\u2000-\u206f\u2100-\u2bff\u3000-\u303f\ufffd]"
)
_ALONE = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u20a0-\u20cf\u00a2\u00a3\u00a5\u3040-\u30ff\u3400-\u9fff"
    "\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003134f])"
)


def plain(run: str) -> bytes:
    """Characters outside ASCII in one spelling, as UTF-8: no accents, no odd quotes.

    Signs of scripts without spaces stand alone. Nothing around the characters matters for that.
    """
    run = _MARKS.sub("", unicodedata.normalize("NFKD", run))
    run = unicodedata.normalize("NFC", run).casefold()
    return _ALONE.sub(r" \1 ", _BLANKS.sub(" ", _QUOTES.sub("'", run))).encode("utf-8", "replace")


_remembered = lru_cache(maxsize=4096)(plain)


def _foreign(error: UnicodeError) -> tuple[bytes, int]:
    """What to write for a run of characters that are not ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    run = error.object[error.start : error.end]
    return (_remembered if len(run) <= SHORT_RUN else plain)(run), error.end


codecs.register_error(PLAIN, _foreign)


def _joined(documents: Sequence[Document]) -> Bytes:
    """All documents in one buffer of lower-case bytes; subject FIELD body END for each."""
    texts: list[str] = []
    for document in documents:
        texts += (document.subject[:MAX_CHARACTERS], "\x01", document.body[:MAX_CHARACTERS], "\x00")
    whole = "".join(texts)
    if whole.count("\x00") != len(documents) or whole.count("\x01") != len(documents):
        whole = "".join(
            f"{_CUT.sub(' ', subject)}\x01{_CUT.sub(' ', body)}\x00"
            for subject, body in zip(texts[::4], texts[2::4], strict=True)
        )
    raw = whole.encode("ascii", PLAIN).translate(_TABLE, b"'")
    return np.frombuffer(raw.replace(b"?", b" ? "), dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Tokens:
    """The words of a batch of documents, in reading order."""

    count: int
    """Documents in the batch."""
    buffer: Bytes
    """The text of the whole batch, as bytes."""
    hasher: Hasher
    starts: Places
    """Offset of each word in the buffer, shape (n,)."""
    ends: Places
    segment: Places
    """Which field each word is in, ascending, shape (n,): 2k for the subject of document k, 2k + 1 for its body."""

    @cached_property
    def words(self) -> U64:
        """A hash per word, shape (n,)."""
        return self.hasher.pieces(self.starts, self.ends)

    @cached_property
    def document(self) -> Places:
        """Which document each word is in, ascending, shape (n,)."""
        document: Places = self.segment >> _ONE
        return document

    @property
    def in_subject(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether each word stands in a subject, shape (n,)."""
        subject: np.ndarray[Any, np.dtype[np.bool_]] = self.segment & _ONE == _NONE
        return subject

    def spelling(self, word: int) -> str:
        """The letters of a word, as they were hashed."""
        return self.buffer[self.starts[word] : self.ends[word]].tobytes().decode("utf-8", "replace")


def tokenise(documents: Sequence[Document]) -> Tokens:
    """The words of all documents. Linear in time and memory: about 60 bytes a byte of text."""
    buffer = _joined(documents)
    inside = np.zeros(len(buffer) + 1, dtype=bool)
    np.greater(buffer, _BLANK, out=inside[1:])
    edges = (inside[1:] != inside[:-1]).nonzero()[0]  # in turn: a word begins, a word has ended
    starts, ends = edges[::2], edges[1::2]
    ends = np.minimum(ends, starts + _LONGEST.take(buffer.take(starts)))
    before = starts.searchsorted((buffer < _BLANK).nonzero()[0])
    before[1:] -= before[:-1].copy()  # words up to each separator -> words of each field
    return Tokens(len(documents), buffer, Hasher(buffer), starts, ends, np.arange(len(before)).repeat(before))
