"""What requests and answers look like. Unknown fields are errors; answers always have all their keys."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from model.document import Document

Channel = Literal["email", "ticket", "chat", "phone", "document"]
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


class ClassifyIn(_In):
    """One item to classify."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[str, Field(max_length=200)] | None = None
    """The caller's own id; it comes back, and a correction is filed under it."""
    subject: str = ""
    body: str = ""
    channel: Channel | None = None
    options: Options = Options()

    @model_validator(mode="after")
    def _something(self) -> "ClassifyIn":
        if not (self.subject.strip() or self.body.strip()):
            raise ValueError("there is nothing to classify: subject and body are both empty")
        return self

    def document(self) -> Document:
        """The item as the engine takes it."""
        return Document(self.subject, self.body, self.channel, self.id)


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
    route: RouteOut
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
