"""What an item says besides its labels: language, identifiers, what was cleaned off, personal data. Knows no HTTP."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from model.document import Document, Prediction
from model.errors import SortationError
from model.mentions import Entity, Finds
from model.preparation import Mention, Prepared, prepare_all
from model.redaction import PLACEHOLDERS, names_of, redact

FREE = ("entities", "cleaning", "attachments", "metadata")
"""Keys of an answer that repeat what was sent."""


@dataclass(frozen=True)
class Wanted:
    """What the caller says of an item, and wants to be told."""

    language: str | None = None
    """As stated; None: it is detected."""
    entities: bool = False
    """Whether the answer lists identifiers."""
    cleaning: bool = False
    """Whether the answer repeats the text that was removed."""
    route: bool = True
    """Whether the answer says where the item goes."""
    metadata: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    """The caller's own; it comes back unchanged."""
    explain: bool = False
    """Whether the answer says which words carried its labels."""
    sets: float | None = None
    """Error rate at which the answer lists the labels that come into question; None: it does not."""


@dataclass(frozen=True)
class Eyes:
    """How a server looks at documents."""

    finder: Finds | None = None
    """None: identifiers are not found, since spaCy is not installed."""
    redact: bool = False
    """Whether personal data are replaced in what is stored."""
    loaded: Callable[[], bool] = lambda: True
    """Whether the finder finds at once, and need not be loaded first."""

    def check(self, wanted: Wanted) -> None:
        """Raises SortationError where identifiers are wanted that cannot be found here."""
        if wanted.entities and self.finder is None:
            raise SortationError('identifiers need the extra "entities": pip install "sortation[entities]"')

    def see(self, items: Sequence[tuple[Document, Wanted]]) -> list["Seen"]:
        """Documents, prepared together."""
        prepared = prepare_all((document, wanted.language) for document, wanted in items)
        return [Seen(*item, each, self) for item, each in zip(items, prepared, strict=True)]


@dataclass(frozen=True)
class Seen:
    """A document as the classifier sees it, and what is said of it."""

    came: Document
    wanted: Wanted
    prepared: Prepared
    eyes: Eyes

    @property
    def document(self) -> Document:
        """What is classified."""
        return self.prepared.document

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Its identifiers, found when first asked for."""
        return () if self.eyes.finder is None else self.prepared.mentions(self.eyes.finder)

    def entities(self) -> tuple[Entity, ...]:
        """Its identifiers, as routing asks for them."""
        return tuple(mention.entity for mention in self.mentions)

    def doubted(self, prediction: Prediction, languages: tuple[str, ...]) -> Prediction:
        """The prediction with the doubt about the language, if the classifier was not trained on it."""
        doubts = self.prepared.doubts(languages)
        return replace(prediction, doubts=prediction.doubts + doubts) if doubts else prediction

    def told(self, languages: tuple[str, ...]) -> dict[str, Any]:
        """The answer's keys about the text."""
        code, confidence = self.prepared.language
        supported = False if self.prepared.doubts(languages) else (True if code in languages else None)
        shown = self.document.removed
        return {
            "language": {"code": code, "confidence": round(confidence, 3), "supported": supported},
            "entities": [_mention(each) for each in self.mentions] if self.wanted.entities else None,
            "cleaning": {
                "removed": [
                    {"kind": s.kind, "start": s.start, "end": s.end, "text": s.text if self.wanted.cleaning else None}
                    for s in shown
                ],
                "truncated": self.document.truncated,
            },
            "attachments": [_attachment(part) for part in _all(self.came)],
            "metadata": dict(self.wanted.metadata),
            "redacted": dict(self._redacted[2]) if self.eyes.redact else None,
        }

    def kept(self, answer: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
        """Subject, body and answer as they may be stored: without personal data where the server is told so."""
        if not self.eyes.redact:
            return self.document.subject, self.document.body, dict(answer)
        subject, body, _ = self._redacted
        kept = {key: self._clean(value) if key in FREE else value for key, value in answer.items()}
        return subject, body, kept | {"explanation": without_words(answer.get("explanation"))}

    @cached_property
    def _redacted(self) -> tuple[str, str, Mapping[str, int]]:
        subject, body = (redact(text, self._names) for text in (self.document.subject, self.document.body))
        counts = Counter(subject.counts) + Counter(body.counts)
        return subject.text, body.text, {kind: counts[kind] for kind in PLACEHOLDERS if counts[kind]}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return names_of(self.came)

    def _clean(self, value: Any) -> Any:
        """The same values with personal data replaced in every text."""
        if isinstance(value, str):
            return redact(value, self._names).text
        if isinstance(value, Mapping):
            known = PLACEHOLDERS.get(str(value.get("type"))) if "normalized" in value else None
            plain = {key: self._clean(each) for key, each in value.items()}
            return plain | {"value": known, "normalized": known} if known else plain
        return [self._clean(each) for each in value] if isinstance(value, list) else value


def without_words(explanation: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An explanation as it is kept where personal data are replaced: places and weights, no words."""
    if explanation is None:
        return None
    return {
        level: {**told, "parts": [{**part, "text": None} for part in told["parts"]]}
        for level, told in explanation.items()
    }


def _mention(mention: Mention) -> dict[str, Any]:
    entity = mention.entity
    return {
        "type": entity.kind,
        "value": entity.text,
        "normalized": entity.value,
        "field": mention.field,
        "start": entity.start,
        "end": entity.end,
        "valid": entity.valid,
        "scheme": entity.scheme,
    }


def _all(document: Document) -> Iterator[Document]:
    """The attachments, and those inside them."""
    for part in document.parts:
        yield part
        yield from _all(part)


def _attachment(part: Document) -> dict[str, Any]:
    return {
        "filename": part.meta.get("filename"),
        "format": part.meta.get("format"),
        "characters": len(part.text),
        "reason": part.meta.get("error"),
        "detail": part.meta.get("message"),
    }
