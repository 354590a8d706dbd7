"""What an answer says only if asked, as callers see it: explanations and prediction sets."""

from pydantic import BaseModel, ConfigDict, JsonValue

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
