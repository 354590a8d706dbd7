"""What requests and answers look like. Unknown fields are errors; answers always have all their keys."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from serving.seeing import Wanted
from serving.uploads import File

Channel = Literal["email", "ticket", "chat", "phone", "document"]


def _decoded(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("the content must be base64, as a text")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except ValueError as error:
        raise ValueError("the content must be base64") from error


Base64 = Annotated[bytes, BeforeValidator(_decoded, json_schema_input_type=str)]
Address = Annotated[str, Field(max_length=2_000)]
EXAMPLE: dict[str, JsonValue] = {
    "id": "4711",
    "subject": "Parcel from Tuesday",
    "body": "The courier site says delivered, my porch says no. Can you find out where it went?",
    "channel": "email",
}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Options(_In):
    """What the answer should hold."""

    top_k: Annotated[int, Field(ge=0, le=20)] = 3
    """Alternatives wanted."""
    entities: bool = False
    """Whether the answer lists identifiers, such as order numbers and amounts."""
    cleaning: bool = False
    """Whether the answer repeats the text that was set apart: quotes, signatures, disclaimers."""
    route: bool = True
    """Whether the answer says where the item goes."""


class AttachmentIn(_In):
    """A file that came with the item."""

    filename: Annotated[str, Field(max_length=200)] | None = None
    content_type: Annotated[str, Field(max_length=200)] | None = None
    content_b64: Base64

    def file(self) -> File:
        """As it is read."""
        return File(self.content_b64, self.filename, self.content_type)


class ItemIn(_In):
    """What can be said of an item, however it is sent."""

    id: Annotated[str, Field(max_length=200)] | None = None
    """The caller's own id; it comes back, and a correction is filed under it."""
    subject: str = ""
    body: str = ""
    html: str = ""
    """The body as HTML; read where `body` is empty."""
    channel: Channel | None = None
    sender: Annotated[Address | None, Field(alias="from")] = None
    to: Address | list[Address] | None = None
    sent_at: datetime | None = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")] | None = None
    """The text's language, if it is known, such as `de` or `pt-BR`; it is detected otherwise."""
    metadata: Annotated[dict[str, str | int | float | bool | None], Field(max_length=50)] = {}
    """The caller's own; it comes back unchanged."""
    options: Options = Options()

    @property
    def said(self) -> dict[str, str]:
        """Sender, recipients and date, as mails state them."""
        to = ", ".join(self.to) if isinstance(self.to, list) else self.to
        stated = {"from": self.sender, "to": to, "date": self.sent_at.isoformat() if self.sent_at else None}
        return {key: value for key, value in stated.items() if value}

    def wanted(self) -> Wanted:
        """What is said of the item, and asked for, besides its text."""
        asked = self.options
        return Wanted(self.language, asked.entities, asked.cleaning, asked.route, self.metadata)


class ClassifyIn(ItemIn):
    """One item to classify."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    attachments: Annotated[list[AttachmentIn], Field(max_length=30)] = []
    """Files; they are read where the text says little, and one that cannot be read is named in the answer."""

    @model_validator(mode="after")
    def _something(self) -> "ClassifyIn":
        if not (self.subject.strip() or self.body.strip() or self.html.strip() or self.attachments):
            raise ValueError("there is nothing to classify: subject and body are both empty")
        return self


class LabelOut(BaseModel):
    """One level's answer."""

    label: str
    confidence: float


class AlternativeOut(BaseModel):
    """Another combination that was possible."""

    labels: dict[str, str]
    confidence: float


class GuaranteeOut(BaseModel):
    """The promise behind an automatic decision."""

    error_rate: float | None
    confidence_level: float | None
    holds: bool


class RouteOut(BaseModel):
    """Where the item goes."""

    rule: str
    queue: str
    priority: Literal["low", "normal", "high", "urgent"]
    sla_due_at: datetime | None
    tags: list[str]


class LanguageOut(BaseModel):
    """The text's language."""

    code: str
    """ISO 639-1; `und` where the text says too little."""
    confidence: float
    supported: bool | None
    """Whether the classifier was trained on it; null where that is not known."""


class EntityOut(BaseModel):
    """An identifier in the text."""

    type: str
    value: str
    """As it is written."""
    normalized: str
    field: str
    """subject, body, or attachments.0 and so on."""
    start: int
    """Offset in the field as it came."""
    end: int
    valid: bool | None
    """Whether the check digit fits; null for kinds without one."""
    scheme: str | None


class RemovedOut(BaseModel):
    """Text that was set apart from the newest message."""

    kind: str
    start: int
    end: int
    text: str | None
    """Only if `options.cleaning` asks for it."""


class CleaningOut(BaseModel):
    """What the classifier did not see."""

    removed: list[RemovedOut]
    truncated: bool
    """Whether text was left out because there was too much of it."""


class AttachmentOut(BaseModel):
    """A file that came with the item, and whether it could be read."""

    filename: str | None
    format: str | None
    characters: int
    reason: str | None
    """Why it could not be read; null where it could."""
    detail: str | None


class ModelOut(BaseModel):
    """Who answered."""

    name: str
    version: int
    alias: str
    fingerprint: str


class ClassifyOut(BaseModel):
    """The answer. It also has a key per level of the taxonomy, such as `stage`, with label and confidence."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"additionalProperties": {"$ref": "#/components/schemas/LabelOut"}}
    )

    id: str | None
    prediction_id: str
    labels: dict[str, str]
    """Level -> label; out_of_scope on every level where nothing fits."""
    confidence: float
    """Probability that all levels are right."""
    alternatives: list[AlternativeOut]
    decision: Literal["auto", "suggest", "review", "abstain"]
    reason: list[str]
    guarantee: GuaranteeOut
    route: RouteOut | None
    language: LanguageOut
    entities: list[EntityOut] | None
    """Null where `options.entities` did not ask for them."""
    cleaning: CleaningOut
    attachments: list[AttachmentOut]
    metadata: dict[str, str | int | float | bool | None]
    redacted: dict[str, int] | None
    """Kinds and counts of personal data that were replaced before the item was stored; null where nothing is."""
    model: ModelOut
    timing_ms: float


class FeedbackIn(BaseModel):
    """What is right. Either `correct: true`, or the labels under their levels' names (all null: out of scope)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"service": "refunds", "actor": "mara", "source": "agent"}, {"correct": True}]},
    )

    correct: bool | None = None
    source: Annotated[str, Field(max_length=100)] | None = None
    actor: Annotated[str, Field(max_length=200)] | None = None

    def labels(self) -> dict[str, Any]:
        """Whatever else was sent: labels under their levels' names."""
        return dict(self.model_extra or {})


class FeedbackOut(BaseModel):
    """What was kept."""

    prediction_id: str
    number: int
    labels: dict[str, str | None]
    correct: bool


class PredictionOut(BaseModel):
    """A kept prediction."""

    prediction_id: str
    created_at: datetime
    answer: dict[str, Any]
    feedback: list[dict[str, Any]]


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[str] = []
    reason: str | None = None
    """A stable code, where a file could not be read."""
