"""Items of one model -> answers, and the rows that keep them. Knows no queue, no store and no HTTP."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import repeat
from typing import Any

from pydantic_core import to_json

from model.document import OUT_OF_SCOPE, Document, Prediction
from serving.answers import Answer, routed, shaped
from serving.explaining import asked
from serving.marks import Batch, Trace, item_read
from serving.models import Served
from serving.requesters import hidden, requester_of
from serving.routing import Router, Routing, decide
from serving.seeing import Eyes, Seen, Wanted
from serving.store import DEFAULT_TENANT, Stored

ITEM, SETS, EXPLAINING = 400, 1_500, 5_000
"""What an item by itself takes, prediction sets, and an explanation, in characters that are prepared meanwhile."""
SEARCHED, CHARACTER = 2_000, 25
"""The same for a search for identifiers or personal data, and for each character that is searched."""


@dataclass(frozen=True, slots=True)
class Request:
    """One item to classify."""

    document: Document
    top: int = 3
    """Alternatives wanted."""
    wanted: Wanted = field(default_factory=Wanted)
    tenant: str = DEFAULT_TENANT
    trace: Trace | None = field(default_factory=item_read, compare=False)
    """The request that it is part of, where that is traced."""

    @property
    def size(self) -> int:
        """Characters."""
        document = self.document
        return len(document.subject) + len(document.body) + sum(len(p.text_with_parts) for p in document.parts)


def effort(request: Request, eyes: Eyes) -> int:
    """How long an item takes, in characters that could be prepared meanwhile: about 0.2 microseconds each."""
    wanted, size = request.wanted, request.size
    own = ITEM + SETS * (wanted.sets is not None) + EXPLAINING * wanted.explain
    return own + size + (SEARCHED + CHARACTER * size) * (wanted.entities or eyes.redact)


@dataclass(frozen=True)
class Line:
    """What answers a tenant: a model and the rules that fit it."""

    served: Served
    rules: Routing

    @cached_property
    def router(self) -> Router:
        """The rules, quick to apply."""
        return Router(self.rules)


@dataclass(frozen=True)
class Answered:
    """Answers of one model, and their rows, which are not stored yet."""

    answers: list[Answer]
    rows: list[Stored]
    seconds: float
    """How long preparing and scoring took."""


def answered(requests: list[Request], line: Line, eyes: Eyes, at: datetime) -> Answered:
    """Prepares, classifies, decides and routes; `at` is when all of it is said to have happened.

    Step after step for the whole batch, not item after item: what a step needs stays in the processor's caches.
    """
    began = time.perf_counter()
    batch = Batch.of(request.trace for request in requests)
    served = line.served
    languages = served.classifier.languages
    seen = eyes.see([(request.document, request.wanted) for request in requests])
    batch.mark("prepare")
    documents = [each.document for each in seen]
    scored = served.classifier.answer(documents)
    batch.mark("score")
    found = served.classifier.decoded(scored, documents, max(request.top for request in requests))
    more = asked(served.classifier, seen, found, scored.joint)
    batch.mark("decode")
    seconds = time.perf_counter() - began
    predictions = [each.doubted(raw, languages) for each, raw in zip(seen, found, strict=True)]
    plains = _decided(requests, seen, predictions, line, at)
    spent = {"timing_ms": round(seconds * 1000, 3)}
    for plain, each, wanted in zip(plains, seen, more, strict=True):
        plain.update(each.told(languages), **wanted, **spent)
    kept = [each.kept(plain) for each, plain in zip(seen, plains, strict=True)]
    sent = [to_json(plain) for plain in plains]
    raws = [to_json(plain) for _, _, plain in kept] if eyes.redact else sent
    answers = list(map(Answer, plains, sent, raws, documents, repeat(batch)))
    rows = [
        _row(request, answer, prediction, (subject, body), line, eyes, at)
        for request, answer, prediction, (subject, body, _) in zip(requests, answers, predictions, kept, strict=True)
    ]
    batch.mark("route")
    return Answered(answers, rows, seconds)


def _decided(
    requests: Sequence[Request], seen: Sequence[Seen], predictions: Sequence[Prediction], line: Line, at: datetime
) -> list[dict[str, Any]]:
    """Answers with decisions and routes, without what they say of the text."""
    served, policy, promises = line.served, line.rules.decisions, line.served.classifier.guarantees
    decisions = [decide(prediction, promises, policy) for prediction in predictions]
    routes = [
        line.router.match(prediction, each.document.channel, decision.kind, each.entities)
        for each, prediction, decision in zip(seen, predictions, decisions, strict=True)
    ]
    shown = {id(route): routed(route, at) for route in routes}
    return [
        shaped(
            each.document.id,
            request.top,
            prediction,
            decision,
            shown[id(route)] if request.wanted.route else None,
            served,
        )
        for request, each, prediction, decision, route in zip(
            requests, seen, predictions, decisions, routes, strict=True
        )
    ]


def _row(
    request: Request,
    answer: Answer,
    prediction: Prediction,
    text: tuple[str, str],
    line: Line,
    eyes: Eyes,
    at: datetime,
) -> Stored:
    return Stored(
        answer.plain["prediction_id"],
        at,
        request.document.id,
        request.document.channel,
        *text,
        _labels(prediction),
        answer.kept.decode(),
        line.served.version,
        line.served.fingerprint,
        request.tenant,
        _requester(request, eyes),
    )


def _labels(prediction: Prediction) -> dict[str, str | None]:
    return {label.level: None if label.name == OUT_OF_SCOPE else label.name for label in prediction.labels}


def _requester(request: Request, eyes: Eyes) -> str | None:
    found = requester_of(request.document.meta.get("from"))
    return hidden(found) if found and eyes.redact else found
