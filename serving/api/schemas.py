"""What answers look like, and what is said of them. Answers always have all their keys."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

EXPLANATION: dict[str, JsonValue] = {
    "service": {
        "label": "order_tracking",
        "against": "shipping_coordination",
        "score": 9.25,
        "base": 0.25,
        "parts": [
            {"text": "where", "field": "body", "start": 68, "end": 73, "weight": 2.75},
            {"text": "Parcel", "field": "subject", "start": 0, "end": 6, "weight": 1.75},
            {"text": "my", "field": "body", "start": 33, "end": 35, "weight": -0.25},
        ],
        "rest": 4.75,
    }
}
SETS: dict[str, JsonValue] = {
    "error_rate": 0.1,
    "holds": True,
    "reason": None,
    "items": 989,
    "labels": {"stage": ["deliver"], "service": ["order_tracking", "shipping_coordination"]},
    "combinations": [
        {"stage": "deliver", "service": "order_tracking"},
        {"stage": "deliver", "service": "shipping_coordination"},
    ],
}


SHADOW: dict[str, JsonValue] = {
    "running": True,
    "share": 1.0,
    "champion_version": 3,
    "challenger_version": 4,
    "items": 1200,
    "agreement": {"stage": 0.98, "joint": 0.96},
    "judged": {
        "joint": {
            "items": 60,
            "both_right": 38,
            "only_champion_right": 3,
            "only_challenger_right": 12,
            "neither_right": 7,
            "p_value": 0.0352,
        }
    },
    "labels": [{"level": "stage", "label": "return", "champion": 210, "challenger": 224, "both": 205}],
    "differences": [{"level": "stage", "champion": "deliver", "challenger": "return", "items": 14}],
}


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


class PartOut(BaseModel):
    """A stretch of text and what it adds to its label's score."""

    text: str | None
    """As the classifier read it; null in what is kept where personal data are replaced."""
    field: str
    """subject, body, attachments.0 and so on; or meaning, for what a vector of the whole text adds."""
    start: int
    """Offset in the field as it came."""
    end: int
    weight: float
    """In logits: above 0 it speaks for the label and against the other."""


class ExplanationOut(BaseModel):
    """Why this label and not the likeliest other one: base, the weights of all parts and rest add up to score."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXPLANATION["service"]]})

    label: str
    against: str
    """The label of the likeliest combination that has another one on this level."""
    score: float
    """By how much the label's combination is ahead of that other one, in calibrated logits; below 0: behind."""
    base: float
    """By how much it is ahead before anything is read."""
    parts: list[PartOut]
    """The 20 strongest, strongest first."""
    rest: float
    """The weights of all others together."""


class SetsOut(BaseModel):
    """Labels that together miss the right one no more often than `error_rate`, on average over items."""

    model_config = ConfigDict(json_schema_extra={"examples": [SETS]})

    error_rate: float
    holds: bool
    """Whether the rate can be kept; where it cannot, `reason` says why and there are no sets."""
    reason: str | None
    items: int
    """Calibration items that the promise is from."""
    labels: dict[str, list[str]] | None
    """Level -> labels, likeliest first."""
    combinations: list[dict[str, str]] | None
    """Combinations of labels, likeliest first, for the promise that all levels are right at once."""


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


class JudgedOut(BaseModel):
    """Who was right where people said what is right."""

    items: int
    both_right: int
    only_champion_right: int
    only_challenger_right: int
    neither_right: int
    p_value: float
    """Of McNemar's exact test, two-sided: how probable so uneven a difference is if both are equally good."""


class LabelCountsOut(BaseModel):
    """Items to which the champion, the challenger, and both gave a label."""

    level: str
    label: str
    champion: int
    challenger: int
    both: int


class DifferenceOut(BaseModel):
    """Items that the champion calls one thing and the challenger another."""

    level: str
    champion: str
    challenger: str
    items: int


class ShadowOut(BaseModel):
    """A version in shadow beside the one that answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [SHADOW]})

    running: bool
    """Whether it looks at answers just now; if not, this is about the two that were compared last."""
    share: float
    """Share of the answers that it looks at."""
    champion_version: int
    challenger_version: int
    items: int
    """Items that both classified; the newest 200,000 at most."""
    agreement: dict[str, float]
    """Level -> share of items with the same label; under joint: on all levels."""
    judged: dict[str, JudgedOut]
    """Level -> who was right; under joint: on all levels."""
    labels: list[LabelCountsOut]
    differences: list[DifferenceOut]
    """The 20 commonest of each level."""


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
    reason: str | None = None
    """A stable code, where a file could not be read."""
