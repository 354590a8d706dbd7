"""What requests and answers look like. Unknown fields are errors; answers always have all their keys."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from model.document import Document
from serving.engine import Request

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

    model_config = ConfigDict(extra="forbid", frozen=True)

    top_k: Annotated[int, Field(ge=0, le=20)] = 3
    """Alternatives wanted."""


PLAIN = Options()
"""What is wanted where nothing is said; one for all, so that none is copied."""


class ClassifyIn(_In):
    """One item to classify."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[str, Field(max_length=200)] | None = None
    """The caller's own id; it comes back, and a correction is filed under it."""
    subject: str = ""
    body: str = ""
    channel: Channel | None = None
    requester: Annotated[Annotated[str, Field(max_length=320)] | None, Field(alias="from")] = None
    """Whoever wrote the item; what is kept of them can be erased by this."""
    options: Options = Field(default_factory=lambda: PLAIN)

    @model_validator(mode="after")
    def _something(self) -> "ClassifyIn":
        if not (self.subject.strip() or self.body.strip()):
            raise ValueError("there is nothing to classify: subject and body are both empty")
        return self

    def work(self, tenant: str) -> Request:
        """The item as the engine takes it."""
        document = Document(self.subject, self.body, self.channel, self.id)
        return Request(document, self.options.top_k, tenant, self.requester)


class BatchIn(_In):
    """Up to 1,000 items."""

    items: Annotated[list[ClassifyIn], Field(min_length=1, max_length=1000)]


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


class EraseIn(_In):
    """Whose items to erase, or from before when. One of the two."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"requester": "ana@example.com"}, {"before": "2025-01-01"}]}
    )

    requester: Annotated[str, Field(min_length=1, max_length=320)] | None = None
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
