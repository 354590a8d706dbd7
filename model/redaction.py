"""Personal data out of text that is to be stored: each mention becomes a placeholder. Pure; needs no library."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from model.document import Document
from model.identifiers import IBAN_LENGTHS, digits_of, luhn

PLACEHOLDERS = {"email": "[EMAIL]", "iban": "[IBAN]", "card": "[CARD]", "phone": "[PHONE]", "name": "[NAME]"}
"""What stands in for each kind; the order is the order of precedence where two overlap."""

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \u00a0-]?[A-Za-z0-9]){11,30}")
_CARD = re.compile(r"(?<![\w.,])[2-6](?:[ \u00a0-]?\d){12,18}(?!\d)")
_CUE = (
    r"\b(?:tel|telefon|telefono|teléfono|telefone|téléphone|tél|phone|fon|mobile?|mobil|handy|cell|fax|tlf|gsm|mob|móvil|"
    r"telemóvel|portable|telefoon|whatsapp|call(?: me| us)?(?: at| on)?|durchwahl)\b\.?"
)
_DIGITS = r"(?:[ \u00a0./()-]{0,3}\d)"
_PHONE = re.compile(
    rf"(?<![\w+])\+\d{_DIGITS}{{6,14}}|(?<![\w.,/-])00[1-9]{_DIGITS}{{7,13}}(?![\w])|"
    rf"{_CUE}[ :.-]{{0,4}}(?P<cued>[(+]?\d{_DIGITS}{{5,13}})|"
    r"(?<![\w.,/-])\(?0\d{1,5}\)?[ /-]{1,2}\d{2,8}(?:[ /-]\d{1,6}){0,4}(?![\w/-])|"
    r"(?<![\w.,/-])0\d(?:[ .]\d\d){4}(?!\d)|(?<![\w.,/-])(?:\(\d{3}\) ?|\d{3}-)\d{3}-\d{4}(?![\w-])",
    re.I,
)
_DATE = re.compile(r"\d{1,2}[./ -]\d{1,2}[./ -](?:\d{2}|\d{4})\Z|\d{4}-\d\d-\d\d")
_ADDRESS = re.compile(r"<[^>]*>|\([^)]*\)|\S+@\S+")


@dataclass(frozen=True, slots=True)
class Redaction:
    """One mention that was replaced."""

    kind: str
    """email, iban, card, phone or name."""
    start: int
    """Offset of its first character in the text before redaction."""
    end: int
    """Offset behind its last character in the text before redaction."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without personal data, and what was taken out of it, without the data themselves."""

    text: str
    spans: tuple[Redaction, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many mentions of each kind were replaced."""
        return dict(Counter(span.kind for span in self.spans))


def redact(text: str, names: Iterable[str] = ()) -> Redacted:
    """`text` with e-mail addresses, IBANs, card and phone numbers and the given `names` replaced.

    A name is found in full and by each of its words of three letters or more, in the capitals in which it is given.
    IBANs count by country and length alone, since a mistyped one is someone's as well; cards need a fitting digit.
    """
    spans: list[Redaction] = []
    left = text
    for kind in PLACEHOLDERS:
        found = [Redaction(kind, start, end) for start, end in _found(kind, left, names)]
        # What is taken is no part of another kind's mention.
        left = _replaced(left, found, lambda span: "\x00" * (span.end - span.start))
        spans += found
    spans.sort(key=lambda span: span.start)
    return Redacted(_replaced(text, spans, lambda span: PLACEHOLDERS[span.kind]), tuple(spans))


def names_of(document: Document) -> tuple[str, ...]:
    """The names of senders and recipients that a mail's headers state, without their addresses."""
    stated = [
        part for key in ("from", "to", "cc") for part in re.split(r"[;,](?![^\"]*\"\s*<)", document.meta.get(key, ""))
    ]
    names = [" ".join(_ADDRESS.sub(" ", part).replace('"', " ").replace("'", " ").split()) for part in stated]
    return tuple(dict.fromkeys(name for name in names if any(map(str.isalpha, name))))


def _replaced(text: str, spans: Iterable[Redaction], by: Callable[[Redaction], str]) -> str:
    """`text` with something else for each of the spans, which stand in order; copied once, however many they are."""
    pieces, place = [], 0
    for span in spans:
        pieces += [text[place : span.start], by(span)]
        place = span.end
    return "".join([*pieces, text[place:]])


def _found(kind: str, text: str, names: Iterable[str]) -> Iterator[tuple[int, int]]:
    if kind == "email":
        yield from (match.span() for match in _EMAIL.finditer(text))
    elif kind == "iban":
        yield from _ibans(text)
    elif kind == "card":
        yield from _cards(text)
    elif kind == "phone":
        for match in _PHONE.finditer(text):
            start, end = match.span("cued") if match.group("cued") else match.span()
            shown = text[start:end]
            if 6 <= len(digits_of(shown)) <= 15 and not _DATE.match(shown):
                yield start, end
    else:
        yield from _named(text, names)


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    """IBANs by country and length; the number ends where its country says, even if more letters follow."""
    place = 0
    while match := _IBAN.search(text, place):
        place = match.start() + 2
        wanted = IBAN_LENGTHS.get(match.group()[:2].upper(), 0)
        for end in _ends(text, match.start(), match.end()):
            if sum(map(str.isalnum, text[match.start() : end])) == wanted:
                yield match.start(), end
                place = end


def _cards(text: str) -> Iterator[tuple[int, int]]:
    place = 0
    while match := _CARD.search(text, place):
        place = match.start() + 1
        for end in _ends(text, match.start(), match.end()):
            digits = digits_of(text[match.start() : end])
            if len(digits) >= 13 and luhn(digits):
                yield match.start(), end
                place = end
                break


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    """Where a word of `text[start:end]` ends."""
    return (
        stop for stop in range(start + 1, end + 1) if text[stop - 1].isalnum() and not text[stop : stop + 1].isalnum()
    )


def _named(text: str, names: Iterable[str]) -> Iterator[tuple[int, int]]:
    whole = [name for name in names if len(name) > 2]
    words = [word for name in whole for word in re.findall(r"[^\W\d_]{3,}", name) if word[0].isupper()]
    shown = sorted(dict.fromkeys([*whole, *words]), key=len, reverse=True)
    if shown:
        pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, shown)) + r")(?!\w)")
        yield from (match.span() for match in pattern.finditer(text))
