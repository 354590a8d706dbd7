"""A prediction as callers see it: stable, shallow keys. Pure but for the identifier it draws."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from model.document import Prediction
from serving.models import Served
from serving.routing import Decision, Route


@dataclass(frozen=True, slots=True)
class Answer:
    """One item's answer, as values and as the very bytes that are stored and sent."""

    plain: Mapping[str, Any]
    raw: bytes


def new_id(kind: str = "pred") -> str:
    """An identifier that sorts by time and cannot be guessed."""
    return f"{kind}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"


def shaped(
    item: str | None,
    top: int,
    prediction: Prediction,
    decision: Decision,
    route: Route,
    served: Served,
    at: datetime,
) -> dict[str, Any]:
    """The answer to one item, but for `timing_ms`."""
    target = route.target
    levels = {
        label.level: {"label": label.name, "confidence": round(label.probability, 4)} for label in prediction.labels
    }
    names = list(levels)
    return {
        "id": item,
        "prediction_id": new_id(),
        **levels,
        "labels": {label.level: label.name for label in prediction.labels},
        "confidence": round(prediction.joint, 4),
        "alternatives": [
            {"labels": dict(zip(names, combination, strict=True)), "confidence": round(p, 4)}
            for combination, p in prediction.alternatives[:top]
        ],
        "decision": decision.kind,
        "reason": decision.reasons,
        "guarantee": {
            "error_rate": decision.error_rate,
            "confidence_level": decision.confidence_level,
            "holds": decision.kind == "auto",
        },
        "route": {
            "rule": route.rule,
            "queue": target.queue,
            "priority": target.priority,
            "sla_due_at": (at + timedelta(hours=target.sla_hours)).isoformat(timespec="seconds")
            if target.sla_hours
            else None,
            "tags": target.tags,
        },
        "model": served.said,
    }
