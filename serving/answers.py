"""A prediction as callers see it: stable, shallow keys. Pure but for the identifier it draws."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from model.document import Document, Prediction
from serving.chance import drawn
from serving.marks import Batch
from serving.models import Served
from serving.routing import Decision, Route


@dataclass(frozen=True, slots=True)
class Answer:
    """One item's answer, as values and as the very bytes that are sent."""

    plain: Mapping[str, Any]
    raw: bytes
    kept: bytes
    """What is stored of it: the same, or without personal data where the server is told so."""
    document: Document
    """What was classified."""
    batch: Batch
    """With which others."""


def new_id(kind: str = "pred") -> str:
    """An identifier that sorts by time and cannot be guessed."""
    return f"{kind}_{time.time_ns() // 1_000_000:012x}{drawn()}"


def shaped(
    item: str | None,
    top: int,
    prediction: Prediction,
    decision: Decision,
    route: Mapping[str, Any] | None,
    served: Served,
) -> dict[str, Any]:
    """The answer to one item, but for what it says of the text and `timing_ms`; `route` as `routed` says it."""
    levels = {
        label.level: {"label": label.name, "confidence": round(label.probability, 4)} for label in prediction.labels
    }
    named = served.named
    return {
        "id": item,
        "prediction_id": new_id(),
        **levels,
        "labels": named(prediction.names),
        "confidence": round(prediction.joint, 4),
        "alternatives": [
            {"labels": named(combination), "confidence": round(p, 4)}
            for combination, p in prediction.alternatives[:top]
        ],
        "decision": decision.kind,
        "reason": decision.reasons,
        "guarantee": {
            "error_rate": decision.error_rate,
            "confidence_level": decision.confidence_level,
            "holds": decision.kind == "auto",
        },
        "route": route,
        "model": served.said,
    }


def routed(route: Route, at: datetime) -> dict[str, Any]:
    """Where an item goes, as callers see it."""
    target = route.target
    due = at + timedelta(hours=target.sla_hours) if target.sla_hours else None
    return {
        "rule": route.rule,
        "queue": target.queue,
        "priority": target.priority,
        "sla_due_at": due.isoformat(timespec="seconds") if due else None,
        "tags": target.tags,
    }
