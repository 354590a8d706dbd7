"""A document as it came -> the document that the classifier sees; with its language and, when asked, identifiers.

One way for training, serving and the command line. Pure; what bytes mean is settled in model/reading.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from model.document import Document, Removed
from model.mentions import Entity, Finds
from model.reading.cleaning import clean
from model.reading.courtesies import courtesies
from model.reading.encodings import decode
from model.reading.language import UNKNOWN, detect_language
from model.reading.languages import detect_languages

BUDGET = 20_000
"""Characters of body and attachments, together, that the classifier sees; and of the subject."""

SILENT = 8
"""Words below which a message says so little that its attachments speak for it."""

POINTING = 30
"""Words below which they do so where the message points to them."""

SURE = 0.5
"""Confidence from which on a named language counts."""

UNSUPPORTED = "unsupported_language"
"""The doubt about text in a language that the classifier was not trained on."""

_POINTS = re.compile(
    r"attach|enclos|anhang|anbei|angehängt|beigefügt|anlage|beiliegend|ci-joint|pi[èe]ce[s]? jointe|en annexe|adjunt|"
    r"anexo|em anexo|allegat|in allegato|bijlage|bijgevoegd|załącz|vedhæft|vedlagt|bifoga|bilaga",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """An identifier and the field in which it stands."""

    field: str
    """subject, body, or attachments.0, attachments.1 and so on."""
    entity: Entity
    """Its offsets count in the field as it came, before cleaning."""


@dataclass(frozen=True)
class Prepared:
    """What preparing came to."""

    document: Document
    """As the classifier sees it: the newest message, followed by attachments where it says little itself."""
    newest: str
    """The newest message alone, greeting included."""
    places: tuple[tuple[int, int], ...] = ((0, 0),)
    """Offset in `newest` -> offset in the body as it came, for the beginning of each stretch that was kept."""
    parts: tuple[Document, ...] = ()
    """The attachments that the classifier sees."""
    stated: str | None = field(default=None, compare=False)
    """The language that the sender states, if any."""
    said: tuple[int, int] = (0, 0)
    """Where in `newest` the part begins and ends that the classifier sees: behind a greeting, before a bare name."""
    subject: str = ""
    """As it came, whatever its length."""

    @cached_property
    def language(self) -> tuple[str, float]:
        """The ISO 639-1 code and a confidence in [0, 1]; `und` where too little speaks. What is stated is believed."""
        return (self.stated, 1.0) if self.stated else detect_language(self.document.text)

    def doubts(self, languages: Sequence[str]) -> tuple[str, ...]:
        """The doubt about a language that is none of `languages`; nothing where those are not known."""
        code, confidence = self.language
        foreign = code != UNKNOWN and confidence >= SURE and code not in languages
        return (UNSUPPORTED,) if languages and foreign else ()

    def mentions(self, finder: Finds) -> tuple[Mention, ...]:
        """The identifiers in the subject, the newest message, and the attachments that the classifier sees."""
        found = [Mention("subject", entity) for entity in finder.find(self.subject)]
        for entity in finder.find(self.newest):
            moved = replace(entity, start=self._place(entity.start), end=self._place(entity.end - 1) + 1)
            found.append(Mention("body", moved))
        for number, part in enumerate(self.parts):
            found += [Mention(f"attachments.{number}", entity) for entity in finder.find(part.text_with_parts[:BUDGET])]
        return tuple(found)

    def sent(self, start: int, end: int) -> tuple[str, int, int]:
        """Field, start and end, as the item came, of a stretch of the body that the classifier sees.

        The field is body, or attachments.0 and so on, as for identifiers.
        """
        first, last = self.said
        if start < last - first:
            return "body", self._place(first + start), self._place(first + end - 1) + 1
        place = last - first + 2 * (last > first)  # two line ends stand between texts
        for number, part in enumerate(self.parts):
            if start < place + len(part.text_with_parts):
                return f"attachments.{number}", start - place, end - place
            place += len(part.text_with_parts) + 2
        raise IndexError(f"the classifier sees nothing at {start}")

    def _place(self, offset: int) -> int:
        """Where a character of the newest message stands in the body as it came."""
        kept, came = max(pair for pair in self.places if pair[0] <= offset)
        return offset - kept + came


def prepare(document: Document, language: str | None = None) -> Prepared:
    """What the classifier sees of `document`; `language`: the code that its sender states, such as `de` or `pt-BR`.

    What reading has cleaned, or set in order, is left as it is; other text is cleaned by its channel's rules. Nothing
    but white space is lost: `document.removed` of the result holds what was set apart, with its place.
    """
    newest, removed = document.body, document.removed
    places: tuple[tuple[int, int], ...] = ((0, 0),)
    if not removed and document.meta.get("format", "text") == "text":
        newest, removed = clean(document.body, channel=document.channel)
        places = _places(document.body, removed)
    said, polite = courtesies(newest)
    opening = polite[0].end if polite and polite[0].kind == "greeting" else 0
    if removed is not document.removed:
        removed = tuple(sorted((*removed, *(_moved(each, places) for each in polite)), key=lambda each: each.start))
    parts = _speaking(document, newest) if document.parts else ()
    body = "\n\n".join(text for text in (said, *(part.text_with_parts for part in parts)) if text) if parts else said
    left_out = max(len(document.subject), len(body)) > BUDGET
    seen = document
    if removed or body != document.body or left_out or parts:
        truncated = document.truncated or left_out or any(part.truncated for part in parts)
        subject = document.subject[:BUDGET]
        seen = replace(document, subject=subject, body=body[:BUDGET], removed=removed, truncated=truncated)
    stated = re.split("[-_]", language.strip().lower())[0] if language else None
    return Prepared(seen, newest, places, parts, stated or None, (opening, opening + len(said)), document.subject)


def prepare_all(documents: Iterable[tuple[Document, str | None]]) -> list[Prepared]:
    """Many documents, each with the language that its sender states, if any; the others' are found for all at once."""
    prepared = [prepare(document, language) for document, language in documents]
    hear(prepared)
    return prepared


def hear(prepared: Iterable[Prepared]) -> None:
    """Finds the languages of many prepared documents at once, which is quicker than one by one when asked for."""
    silent = [each for each in prepared if not each.stated]
    for each, language in zip(silent, detect_languages([each.document.text for each in silent]), strict=True):
        vars(each)["language"] = language  # where `Prepared.language` looks for what it has found


def as_written(document: Document, data: bytes) -> Document:
    """A text file's document with the empty lines of `data`, which say where a signature begins; others unchanged."""
    if document.meta.get("format") != "text" or document.removed:
        return document
    text = decode(data)
    same = "".join(text[:1_000].split())[:100] == "".join(document.body[:1_000].split())[:100]
    return replace(document, body=text.strip("\n")) if same else document


def _moved(span: Removed, places: Sequence[tuple[int, int]]) -> Removed:
    """A span of the newest message with its place in the body as it came."""
    kept, came = max(pair for pair in places if pair[0] <= span.start)
    start = span.start - kept + came
    return replace(span, start=start, end=start + len(span.text))


def _speaking(document: Document, newest: str) -> tuple[Document, ...]:
    """The attachments that speak for the newest message: those that say something, where it says little itself."""
    return tuple(part for part in document.parts if part.text_with_parts.strip()) if _says_little(newest) else ()


def _says_little(text: str) -> bool:
    words = len(text.split())
    return words < SILENT or (words < POINTING and _POINTS.search(text) is not None)


def _places(text: str, removed: Sequence[Removed]) -> tuple[tuple[int, int], ...]:
    """For each stretch between removed spans its offset in what was kept, stripped, and in `text`."""
    stretches = []
    place = 0
    for span in removed:
        stretches.append((place, span.start))
        place = max(place, span.end)
    stretches.append((place, len(text)))
    found: list[tuple[int, int]] = []
    kept = 0
    for start, end in stretches:
        first = start
        if kept == 0:  # white space before the first kept character was stripped
            first = end - len(text[start:end].lstrip())
        if end > first:
            found.append((kept, first))
            kept += end - first
    return tuple(found) or ((0, 0),)
