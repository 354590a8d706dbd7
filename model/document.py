"""The nouns: a Document goes in, a Prediction comes out. Values only; no reading, no scoring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

OUT_OF_SCOPE = "out_of_scope"
"""The answer, on every level at once, for text that belongs to none of the taxonomy's labels."""

CHANNELS = ("email", "ticket", "chat", "phone", "document")
"""Ways in which text reaches a back office; `phone` is a transcript of a call or a voice-mail."""


@dataclass(frozen=True, slots=True)
class Removed:
    """Text that reading set apart from the newest message."""

    kind: str
    """quote, forward, signature, disclaimer, marker, residue, greeting, name or budget."""
    start: int
    """Offset of the first character in the text before cleaning."""
    end: int
    """Offset behind the last character in the text before cleaning."""
    text: str
    """The removed text; empty for budget, which may leave out megabytes."""


@dataclass(frozen=True)
class Document:
    """One item as the classifier sees it: the newest message, without what was set apart."""

    subject: str = ""
    body: str = ""
    channel: str | None = None
    id: str | None = None
    removed: tuple[Removed, ...] = ()
    truncated: bool = False
    """Whether text was left out because it exceeded the reading budget."""
    parts: tuple["Document", ...] = ()
    """Attachments that were read, in their order."""
    meta: Mapping[str, str] = field(default_factory=dict)
    """What the source says of itself: sender, recipients, date, message id, media type."""

    @property
    def text(self) -> str:
        """Subject and body as one string, the subject on the first line."""
        return f"{self.subject}\n{self.body}" if self.subject else self.body

    @property
    def text_with_parts(self) -> str:
        """Subject, body and the texts of all attachments, for items that say everything in an attachment."""
        return "\n\n".join(text for text in (self.text, *(part.text_with_parts for part in self.parts)) if text)


@dataclass(frozen=True, slots=True)
class Label:
    """One level's answer."""

    level: str
    name: str
    probability: float
    """Calibrated, in [0, 1]; over a level's labels and out_of_scope they add up to 1."""


@dataclass(frozen=True)
class Prediction:
    """The answer for one document: an allowed combination of labels, and how sure it is."""

    labels: tuple[Label, ...]
    """One per level, in the taxonomy's order, never contradicting each other."""
    joint: float
    """Probability of exactly this combination, in [0, 1]."""
    alternatives: tuple[tuple[tuple[str, ...], float], ...] = ()
    """The next best combinations with their probabilities, best first."""
    doubts: tuple[str, ...] = ()
    """Codes of what makes the answer doubtful, such as too_short or near_tie."""

    @property
    def names(self) -> tuple[str, ...]:
        """The labels' names, one per level."""
        return tuple(label.name for label in self.labels)

    @cached_property
    def by_level(self) -> dict[str, Label]:
        """The labels under their levels' names."""
        return {label.level: label for label in self.labels}

    @property
    def in_scope(self) -> bool:
        """Whether the item belongs to the taxonomy at all."""
        return self.labels[0].name != OUT_OF_SCOPE

    @property
    def confidence(self) -> float:
        """The weakest of the levels' answers: an item is only as sure as its least sure label. In [0, 1]."""
        return min(label.probability for label in self.labels)


def as_documents(texts: Sequence[str | Document]) -> list[Document]:
    """Plain strings become bodies without a subject; documents stay as they are."""
    return [text if isinstance(text, Document) else Document(body=text) for text in texts]
