"""Requests -> micro-batches -> answers, each in the store before it is given. Knows no HTTP.

There is no timer: whatever has arrived while one batch is worked on makes up the next, so that a lone request waits
for nothing and a crowd shares one vectorised pass and one commit.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from model.document import OUT_OF_SCOPE, Document, Prediction
from model.errors import SortationError
from serving.models import Served
from serving.routing import Decision, Route, Routing, decide, match
from serving.seeing import Eyes, Seen, Wanted
from serving.store import Store, Stored
from serving.store.repository import now

LARGEST = 256
"""Requests in one batch."""


class Overloaded(SortationError):
    """More requests wait than memory should hold."""


class NotReady(SortationError):
    """No model has been loaded yet."""


@dataclass(frozen=True)
class Request:
    """One item to classify."""

    document: Document
    top: int = 3
    """Alternatives wanted."""
    wanted: Wanted = field(default_factory=Wanted)
    seen: Seen | None = None
    """The document as it was looked at already, if it was."""


@dataclass
class Engine:
    """Classifies, routes and stores; models are swapped between two batches, never within one."""

    store: Store
    routing: Callable[[Served], Routing]
    """The routing rules to use with a model."""
    waiting_limit: int = 2_000
    eyes: Eyes = field(default_factory=Eyes)

    def __post_init__(self) -> None:
        self.served: Served | None = None
        self._rules: Routing | None = None
        self._waiting: list[tuple[Request, asyncio.Future[dict[str, Any]]]] = []
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._task: asyncio.Task[None] | None = None

    def use(self, served: Served) -> None:
        """Answers with this model from the next batch on. Raises RoutingError where the rules do not fit it."""
        rules = self.routing(served)
        self.served, self._rules = served, rules

    async def start(self) -> None:
        """Begins to answer."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Answers what waits, then ends."""
        while self._waiting:
            await asyncio.sleep(0.01)
        if self._task is not None:
            self._task.cancel()
        self._thread.shutdown(wait=True)

    async def classify(self, request: Request) -> dict[str, Any]:
        """The answer for one item, stored. Raises NotReady or Overloaded."""
        if self.served is None:
            raise NotReady("no model is loaded yet")
        if len(self._waiting) >= self.waiting_limit:
            raise Overloaded(f"{len(self._waiting)} requests are waiting already")
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        self._wake.set()
        return await future

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            batch, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
            if not self._waiting:
                self._wake.clear()
            if not batch or self.served is None or self._rules is None:
                continue
            work = [request for request, _ in batch]
            try:
                answers = await loop.run_in_executor(self._thread, self._answer, work, self.served, self._rules)
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    def _answer(self, work: list[Request], served: Served, rules: Routing) -> list[dict[str, Any]]:
        """One batch: classify, decide, route, store. Runs in the engine's thread."""
        began = time.perf_counter()
        top = max(request.top for request in work)
        seen = [request.seen or self.eyes.see(request.document, request.wanted) for request in work]
        found = served.classifier.predict([each.document for each in seen], top)
        languages = served.classifier.languages
        rows, answers = [], []
        for request, each, raw in zip(work, seen, found, strict=True):
            document, prediction = each.document, each.doubted(raw, languages)
            decision = decide(prediction, served.classifier.guarantees, rules.decisions)
            route = match(rules, prediction, document.channel, decision.kind, each.entities)
            answer = shaped(request, prediction, decision, route, served) | each.told(languages)
            subject, body, kept = each.kept(answer)
            answers.append(answer)
            labels = {label.level: None if label.name == OUT_OF_SCOPE else label.name for label in prediction.labels}
            rows.append(
                Stored(
                    answer["prediction_id"],
                    now(),
                    document.id,
                    document.channel,
                    subject,
                    body,
                    labels,
                    kept,
                    served.version,
                    served.fingerprint,
                )
            )
        self.store.add(rows)
        spent = round((time.perf_counter() - began) * 1000, 3)
        return [answer | {"timing_ms": spent} for answer in answers]


def new_id() -> str:
    """An identifier that sorts by time and cannot be guessed."""
    return f"pred_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"


def shaped(
    request: Request, prediction: Prediction, decision: Decision, route: Route, served: Served
) -> dict[str, Any]:
    """The answer as callers see it: stable, shallow keys."""
    target = route.target
    levels = {
        label.level: {"label": label.name, "confidence": _rounded(label.probability)} for label in prediction.labels
    }
    names = list(levels)
    others = [
        {"labels": dict(zip(names, combination, strict=True)), "confidence": _rounded(p)}
        for combination, p in prediction.alternatives[: request.top]
    ]
    due = now() + timedelta(hours=target.sla_hours) if target.sla_hours else None
    return {
        "id": request.document.id,
        "prediction_id": new_id(),
        **levels,
        "labels": {level: found["label"] for level, found in levels.items()},
        "confidence": _rounded(prediction.joint),
        "alternatives": others,
        "decision": decision.kind,
        "reason": list(decision.reasons),
        "guarantee": {
            "error_rate": decision.error_rate,
            "confidence_level": decision.confidence_level,
            "holds": decision.kind == "auto",
        },
        "route": {
            "rule": route.rule,
            "queue": target.queue,
            "priority": target.priority,
            "sla_due_at": due.isoformat(timespec="seconds") if due else None,
            "tags": list(target.tags),
        }
        if request.wanted.route
        else None,
        "model": {
            "name": served.name,
            "version": served.version,
            "alias": served.alias,
            "fingerprint": served.fingerprint[:16],
        },
    }


def _rounded(probability: float) -> float:
    return round(probability, 4)
