"""Requests -> micro-batches -> answers, each in the store before it is given. Knows no HTTP.

There is no timer: whatever has arrived while one batch is worked on makes up the next, so that a lone request waits
for nothing and a crowd shares one vectorised pass. Commits run beside it: what was scored during one is the next.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from model.errors import RoutingError, SortationError
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
would cost more: some 8 milliseconds, in which nobody else is heard. What takes more, such as a file of items, goes to
the engine's thread."""
CHUNK = 128
"""Items of one caller that go into a batch together: larger files leave room for others."""


class Overloaded(SortationError):
    """More waits than memory should hold."""


class NotReady(SortationError):
    """No model has been loaded yet, or the server is about to end."""


Pair = tuple[Answer, Stored]
"""An answer, and the row that keeps it."""
Tell = Callable[[list[Answer] | Exception], None]
"""Hears the answers that a caller waits for, or what went wrong; it must return at once."""


@dataclass(eq=False, slots=True)
class _Work:
    requests: Sequence[Request]
    size: int
    """Characters."""
    effort: int
    tell: Tell
    gone: Callable[[], bool]
    """Whether nobody waits any longer."""
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
    with_model: Collection[str] = ()
    """Tenants that have a taxonomy, and so a model, of their own: the default one never answers them."""

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
        """What answers a tenant: its own, or the default for tenants without files. Raises NotReady."""
        return self._line(self._lines, tenant)

    def _line(self, lines: Mapping[str, Line], tenant: str) -> Line:
        found = lines.get(tenant if tenant in self.tenants else DEFAULT_TENANT)
        if found is not None:
            return found
        if tenant in self.with_model and tenant not in self._models:
            raise NotReady(
                "no model is loaded yet" if tenant == DEFAULT_TENANT else f"tenant {tenant} has no model yet"
            )
        if DEFAULT_TENANT in self._models:
            raise NotReady(f"the routing rules of tenant {tenant} do not fit the model")
        raise NotReady("no model is loaded yet")

    def use(self, served: Served, tenant: str = DEFAULT_TENANT) -> None:
        """Answers with this model from the next batch on. Raises RoutingError where the tenant's rules do not fit it.

        Where the rules of another tenant do not fit, that one alone is left without an answer.
        """
        models = self._models | {tenant: served}
        lines = {}
        for name in (DEFAULT_TENANT, *self.tenants):
            model = models.get(name) or (None if name in self.with_model else models.get(DEFAULT_TENANT))
            line = None if model is None else self._ruled(name, model, refuse=name == tenant)
            if line is not None:
                lines[name] = line
        self._models, self._lines = models, lines
        self.metrics.serving(tenant, served.version)

    def _ruled(self, tenant: str, model: Served, refuse: bool) -> Line | None:
        """A model with a tenant's rules; where they do not fit, what answers now, unless that is another model."""
        try:
            return Line(model, self.routing(tenant, model))
        except RoutingError as error:
            if refuse:
                raise
            log.error("the rules of tenant %s are refused: %s", tenant, error)
            line = self._lines.get(tenant)
            return line if line is not None and line.served is model else None

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

    def begin(self, request: Request, tell: Tell, gone: Callable[[], bool]) -> None:
        """Has one item classified; `tell` hears what came of it. Raises NotReady or Overloaded."""
        self._check((request,))
        self._enqueue((request,), tell, gone)

    async def classify(self, request: Request) -> Answer:
        """The answer for one item, stored. Raises NotReady or Overloaded."""
        self._check((request,))
        (answer,) = await self._answers((request,))
        return answer

    async def classify_many(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers for many items, in their order. Raises NotReady or Overloaded; then none is answered."""
        self._check(requests)
        chunks = [requests[k : k + CHUNK] for k in range(0, len(requests), CHUNK)]
        done = await asyncio.gather(*map(self._answers, chunks))
        return [answer for chunk in done for answer in chunk]

    def _check(self, requests: Sequence[Request]) -> None:
        if self.draining:
            raise NotReady("the server is about to end")
        for tenant in {request.tenant for request in requests}:
            self.line(tenant)
        items, characters = len(requests), sum(request.size for request in requests)
        if self._items and (
            self._items + items > self.waiting_limit or self._characters + characters > self.waiting_characters
        ):
            self.metrics.refused.inc()
            raise Overloaded(f"{self._items} items are waiting already")

    def _answers(self, requests: Sequence[Request]) -> asyncio.Future[list[Answer]]:
        """The answers, once they are stored."""
        future: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        self._enqueue(requests, partial(_settle, future), future.done)
        return future

    def _enqueue(self, requests: Sequence[Request], tell: Tell, gone: Callable[[], bool]) -> None:
        size, taken = sum(request.size for request in requests), sum(effort(each, self.eyes) for each in requests)
        self._items += len(requests)
        self._characters += size
        self._waiting.append(_Work(requests, size, taken, tell, gone))
        self._wake.set()

    def _next(self) -> list[_Work]:
        """What makes up the next batch; callers who have gone away are left out."""
        batch: list[_Work] = []
        items = taken = 0
        while self._waiting:
            work = self._waiting[0]
            if batch and (items + len(work.requests) > LARGEST or taken + work.effort > max(INLINE, batch[0].effort)):
                break
            self._waiting.popleft()
            if work.gone():
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

    def _told(self, work: _Work, found: list[Answer] | Exception) -> None:
        """Gives a caller its answers, or what went wrong."""
        self._leave(work)
        if work.gone():
            return
        try:
            work.tell(found)
        except Exception as error:  # the others of the batch wait too
            log.error("an answer could not be given: %s", type(error).__name__)

    def _score(self, batch: Sequence[_Work], lines: dict[str, Line]) -> list[list[Pair]]:
        pairs = iter(self._answered([request for work in batch for request in work.requests], lines))
        return [list(islice(pairs, len(work.requests))) for work in batch]

    def _answered(self, requests: list[Request], lines: dict[str, Line]) -> list[Pair]:
        """Answers and their rows, in the requests' order."""
        groups: dict[int, tuple[Line, list[int]]] = {}
        for k, request in enumerate(requests):
            line = self._line(lines, request.tenant)
            groups.setdefault(id(line), (line, []))[1].append(k)
        at = now()
        done: list[Pair | None] = [None] * len(requests)
        for line, places in groups.values():
            group = answered([requests[k] for k in places], line, self.eyes, at)
            self.metrics.answered([answer.plain for answer in group.answers], group.seconds)
            for k, answer, row in zip(places, group.answers, group.rows, strict=True):
                done[k] = answer, row
        return [pair for pair in done if pair is not None]


def _settle(future: asyncio.Future[list[Answer]], found: list[Answer] | Exception) -> None:
    if isinstance(found, Exception):
        future.set_exception(found)
    else:
        future.set_result(found)
