"""Requests -> micro-batches -> answers, each in the store before it is given. Knows no HTTP.

There is no timer: whatever has arrived while one batch is worked on makes up the next, so that a lone request waits
for nothing and a crowd shares one vectorised pass. Commits run beside it: what was scored during one is the next.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from model.errors import SortationError
from serving.answering import Line, Request, answered, effort
from serving.answers import Answer
from serving.keeping import Keeper, each
from serving.metrics import Metrics
from serving.models import Served
from serving.routing import Routing
from serving.seeing import Eyes
from serving.store import DEFAULT_TENANT, Store, Stored
from serving.store.repository import now

log = logging.getLogger("sortation.engine")
LARGEST = 256
"""Items in one batch."""
INLINE = 40_000
"""Effort up to which a batch is answered on the event loop itself, where two threads that take turns at Python's lock
would cost more: some 15 milliseconds, in which nobody else is heard. What takes more, such as a file of items, goes to
the engine's thread."""
CHUNK = 128
"""Items of one caller that go into a batch together: larger files leave room for others."""


class Overloaded(SortationError):
    """More waits than memory should hold."""


class NotReady(SortationError):
    """No model has been loaded yet, or the server is about to end."""


Pair = tuple[Answer, Stored]
"""An answer, and the row that keeps it."""


@dataclass(eq=False)
class _Work:
    requests: Sequence[Request]
    size: int
    """Characters."""
    effort: int
    future: asyncio.Future[list[Answer]]
    since: float = field(default_factory=time.perf_counter)
    pairs: list[Pair] = field(default_factory=list)
    """What was answered, until it is stored."""


@dataclass
class Engine:
    """Classifies, routes and stores; models are swapped between two batches, never within one."""

    store: Store
    routing: Callable[[str, Served], Routing]
    """The routing rules of a tenant, for a model."""
    tenants: tuple[str, ...] = ()
    """Tenants with files of their own."""
    waiting_limit: int = 2_000
    waiting_characters: int = 50_000_000
    metrics: Metrics = field(default_factory=Metrics)
    eyes: Eyes = field(default_factory=Eyes)
    given: Callable[[Sequence[tuple[Answer, Stored]]], None] = lambda _: None
    """Told of answers once they are stored; it must return at once."""

    def __post_init__(self) -> None:
        self._models: dict[str, Served] = {}
        self._lines: dict[str, Line] = {}
        self._waiting: deque[_Work] = deque()
        self._items = self._characters = 0
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._keeper = Keeper(self._store, self._kept)
        self._task: asyncio.Task[None] | None = None
        self.draining = False

    @property
    def served(self) -> Served | None:
        """The default tenant's model."""
        return self._models.get(DEFAULT_TENANT)

    @property
    def models(self) -> list[Served]:
        """All models that answer."""
        return list(self._models.values())

    def line(self, tenant: str) -> Line:
        """What answers a tenant: its own, or the default. Raises NotReady."""
        found = self._lines.get(tenant) or self._lines.get(DEFAULT_TENANT)
        if found is None:
            raise NotReady("no model is loaded yet")
        return found

    def use(self, served: Served, tenant: str = DEFAULT_TENANT) -> None:
        """Answers with this model from the next batch on. Raises RoutingError where rules do not fit it."""
        models = self._models | {tenant: served}
        lines = {}
        for name in (DEFAULT_TENANT, *self.tenants):
            model = models.get(name) or models.get(DEFAULT_TENANT)
            if model is not None:
                lines[name] = Line(model, self.routing(name, model))
        self._models, self._lines = models, lines
        self.metrics.serving(tenant, served.version)

    async def start(self) -> None:
        """Begins to answer."""
        self._keeper.start(asyncio.get_running_loop())
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Takes nothing new, answers what waits, then ends."""
        self.draining = True
        while self._items:
            await asyncio.sleep(0.005)
        if self._task is not None:
            self._task.cancel()
        self._thread.shutdown(wait=True)
        self._keeper.stop()

    async def classify(self, request: Request) -> Answer:
        """The answer for one item, stored. Raises NotReady or Overloaded."""
        self._check(1, request.size)
        (answer,) = await self._enqueue((request,))
        return answer

    async def classify_many(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers for many items, in their order. Raises NotReady or Overloaded; then none is answered."""
        self._check(len(requests), sum(request.size for request in requests))
        chunks = [requests[k : k + CHUNK] for k in range(0, len(requests), CHUNK)]
        done = await asyncio.gather(*map(self._enqueue, chunks))
        return [answer for chunk in done for answer in chunk]

    def _check(self, items: int, characters: int) -> None:
        if self.draining:
            raise NotReady("the server is about to end")
        if not self._lines:
            raise NotReady("no model is loaded yet")
        if self._items and (
            self._items + items > self.waiting_limit or self._characters + characters > self.waiting_characters
        ):
            self.metrics.refused.inc()
            raise Overloaded(f"{self._items} items are waiting already")

    def _enqueue(self, requests: Sequence[Request]) -> asyncio.Future[list[Answer]]:
        size, taken = sum(request.size for request in requests), sum(effort(each, self.eyes) for each in requests)
        work = _Work(requests, size, taken, asyncio.get_running_loop().create_future())
        self._items += len(requests)
        self._characters += size
        self._waiting.append(work)
        self._wake.set()
        return work.future

    def _next(self) -> list[_Work]:
        """What makes up the next batch; callers who have gone away are left out."""
        batch: list[_Work] = []
        items = taken = 0
        while self._waiting:
            work = self._waiting[0]
            if batch and (items + len(work.requests) > LARGEST or taken + work.effort > max(INLINE, batch[0].effort)):
                break
            self._waiting.popleft()
            if work.future.done():
                self._leave(work)
                continue
            items += len(work.requests)
            taken += work.effort
            batch.append(work)
        if not self._waiting:
            self._wake.clear()
        return batch

    def _leave(self, work: _Work) -> None:
        self._items -= len(work.requests)
        self._characters -= work.size

    async def _run(self) -> None:
        """Prepares, classifies, decides and routes, batch after batch; the keeper then stores what was scored."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            batch = self._next()
            if not batch:
                continue
            self.metrics.queued(self._items, time.perf_counter() - batch[0].since)
            scored = partial(each, batch, partial(self._score, lines=self._lines))
            large = sum(work.effort for work in batch) > INLINE or not self.eyes.loaded()
            done = await loop.run_in_executor(self._thread, scored) if large else scored()
            for work, found in zip(batch, done, strict=True):
                if isinstance(found, Exception):
                    self._told(work, found)
                else:
                    work.pairs = found
                    self._keeper.keep(work)
            await asyncio.sleep(0)  # what has arrived meanwhile is taken in

    def _store(self, batch: Sequence[_Work]) -> list[None]:
        """All that was scored in one commit; on the keeper's thread."""
        self.store.add([row for work in batch for _, row in work.pairs])
        return [None] * len(batch)

    def _kept(self, batch: Sequence[_Work], done: Sequence[Exception | None], seconds: float) -> None:
        """Only what is on disk is answered."""
        for work, failed in zip(batch, done, strict=True):
            self._told(work, failed or [answer for answer, _ in work.pairs])
        self.metrics.stored(seconds, self._items)
        self.given([pair for work, failed in zip(batch, done, strict=True) if failed is None for pair in work.pairs])

    def _told(self, work: _Work, found: Any) -> None:
        """Gives a caller its answers, or what went wrong."""
        self._leave(work)
        if work.future.done():
            return
        if isinstance(found, Exception):
            work.future.set_exception(found)
        else:
            work.future.set_result(found)

    def _score(self, batch: Sequence[_Work], lines: dict[str, Line]) -> list[list[Pair]]:
        pairs = iter(self._answered([request for work in batch for request in work.requests], lines))
        return [list(islice(pairs, len(work.requests))) for work in batch]

    def _answered(self, requests: list[Request], lines: dict[str, Line]) -> list[Pair]:
        """Answers and their rows, in the requests' order."""
        groups: dict[int, tuple[Line, list[int]]] = {}
        for k, request in enumerate(requests):
            line = lines.get(request.tenant) or lines[DEFAULT_TENANT]
            groups.setdefault(id(line), (line, []))[1].append(k)
        at = now()
        done: list[Pair | None] = [None] * len(requests)
        for line, places in groups.values():
            group = answered([requests[k] for k in places], line, self.eyes, at)
            self.metrics.answered([answer.plain for answer in group.answers], group.seconds)
            for k, answer, row in zip(places, group.answers, group.rows, strict=True):
                done[k] = answer, row
        return [pair for pair in done if pair is not None]
