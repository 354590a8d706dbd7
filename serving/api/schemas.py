"""What answers look like, and what is said of them. Answers always have all their keys."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from serving.api.reasons import ExplanationOut, SetsOut

NO_NUL = r"^[^\x00]*$"
"""Texts that every database takes: PostgreSQL has no NUL character."""


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
    """Null where `options.route` did not ask for it."""
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
    explanation: dict[str, ExplanationOut] | None
    """Level -> what carried its label; null where `options.explain` did not ask for it."""
    sets: SetsOut | None
    """Null where `options.sets` did not ask for them."""


class ItemOut(BaseModel):
    """One item of a batch: an answer, or what is wrong with it."""

    status: int
    answer: ClassifyOut | None
    error: "Problem | None"


class BatchOut(BaseModel):
    """The items' answers, in the order of the request."""

    items: list[ItemOut]
    answered: int
    failed: int


class FeedbackIn(BaseModel):
    """What is right. Either `correct: true`, or the labels under their levels' names (all null: out of scope)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"service": "refunds", "actor": "mara", "source": "agent"}, {"correct": True}]},
    )

    correct: bool | None = None
    source: Annotated[str, Field(max_length=100, pattern=NO_NUL)] | None = None
    actor: Annotated[str, Field(max_length=200, pattern=NO_NUL)] | None = None

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


class ServedOut(BaseModel):
    """A model that answers."""

    name: str
    version: int
    alias: str
    fingerprint: str
    signed: bool
    since: datetime
    labels: int
    items: dict[str, int]
    """How many items it was fitted, calibrated and tested on."""
    guarantees: list[float]
    """Error rates for which it holds promises."""


class ModelsOut(BaseModel):
    """The models that answer this tenant."""

    models: list[ServedOut]


class TaxonomyOut(BaseModel):
    """What can be answered."""

    name: str
    levels: list[str]
    labels: dict[str, list[str]]
    """Level -> its labels, without out_of_scope."""
    combinations: list[dict[str, str]]
    """All allowed combinations; nothing else is ever answered, but out_of_scope on all levels."""


class JobOut(BaseModel):
    """Where a job stands."""

    job_id: str
    state: Literal["queued", "running", "done", "cancelled"]
    total: int
    done: int
    """Items with an outcome, failed ones included."""
    failed: int
    created_at: datetime
    finished_at: datetime | None
    results: str
    """Address of the results, as far as there are any."""


class JobsOut(BaseModel):
    """A tenant's newest jobs."""

    jobs: list[JobOut]


class EraseIn(BaseModel):
    """Whose items to erase, or from before when. One of the two."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"requester": "ana@example.com"}, {"before": "2025-01-01"}]}
    )

    requester: Annotated[str, Field(min_length=1, max_length=320, pattern=NO_NUL)] | None = None
    before: AwareDatetime | date | None = None

    @model_validator(mode="after")
    def _one(self) -> "EraseIn":
        if (self.requester is None) == (self.before is None):
            raise ValueError("give either requester or before")
        return self

    @property
    def moment(self) -> datetime | None:
        """`before` as a moment; a date begins at midnight UTC."""
        if self.before is None or isinstance(self.before, datetime):
            return self.before
        return datetime(self.before.year, self.before.month, self.before.day, tzinfo=UTC)


class ErasedOut(BaseModel):
    """What was erased."""

    created_at: datetime
    reason: Literal["requester", "age"]
    predictions: int
    versions: list[str]
    """Model versions that were trained on corrections of what was erased."""


class ErasuresOut(BaseModel):
    """All erasures, oldest first."""

    erasures: list[ErasedOut]


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[str] = []
    reason: str | None = None
    """A stable code, where a file could not be read."""
