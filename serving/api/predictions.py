"""Kept predictions, and what people say of them."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from model.document import OUT_OF_SCOPE
from model.errors import LabelError
from model.taxonomy import Taxonomy
from serving.api.asking import caller, engine, store
from serving.api.problems import IDEMPOTENT, PROBLEMS, some
from serving.api.schemas import FeedbackIn, FeedbackOut, PredictionOut
from serving.store import Feedback, Stored
from serving.store.repository import now

router = APIRouter(prefix="/v1/predictions", tags=["predictions"])


@router.get("/{prediction_id}", responses=some(404, 422))
async def show(prediction_id: str, request: Request) -> PredictionOut:
    """A prediction as it was answered, with everything said of it."""
    kept = store(request)
    stored = await asyncio.to_thread(kept.get, prediction_id, caller(request).tenant)
    words = await asyncio.to_thread(kept.said, prediction_id)
    return PredictionOut(
        prediction_id=stored.id,
        created_at=stored.created_at,
        answer=stored.told,
        feedback=[vars(word) for word in words],
    )


@router.post("/{prediction_id}/feedback", status_code=201, responses=PROBLEMS, openapi_extra=IDEMPOTENT)
async def correct(prediction_id: str, said: FeedbackIn, request: Request) -> FeedbackOut:
    """Confirms or corrects a prediction; training picks it up. A newer word outranks an older one."""
    tenant, kept = caller(request).tenant, store(request)
    taxonomy = engine(request).line(tenant).served.classifier.taxonomy
    stored = await asyncio.to_thread(kept.get, prediction_id, tenant)
    labels = judged(said, stored, taxonomy)
    word = Feedback(prediction_id, now(), labels, labels == dict(stored.labels), said.source, said.actor)
    number = await asyncio.to_thread(kept.say, word, tenant)
    return FeedbackOut(prediction_id=prediction_id, number=number, labels=labels, correct=word.correct)


def judged(said: FeedbackIn, stored: Stored, taxonomy: Taxonomy) -> dict[str, str | None]:
    """The labels that a word on a prediction stands for. Raises LabelError that says what would be right."""
    given: dict[str, Any] = said.labels()
    if said.correct is True and not given:
        return dict(stored.labels)
    if not given:
        raise LabelError(
            "feedback",
            [
                'say {"correct": true}, or give the right labels under their levels\' names: '
                + ", ".join(taxonomy.level_names)
            ],
        )
    if said.correct is True:
        raise LabelError("feedback", ["a prediction cannot be correct and corrected at once"])
    wrong = [
        f"{level} must be a text or null"
        for level, label in given.items()
        if label is not None and not isinstance(label, str)
    ]
    if wrong:
        raise LabelError("feedback", wrong)
    names = taxonomy.combination(given)
    return {
        level: None if name == OUT_OF_SCOPE else name for level, name in zip(taxonomy.level_names, names, strict=True)
    }
