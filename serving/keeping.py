"""Rows on their way into the store: a thread that takes all that waits into one commit. Knows no model and no HTTP.

A thread with a plain queue instead of an executor: handing work over costs a tenth, and at a few requests at a time
that is most of what is left to save.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from model.errors import SortationError

log = logging.getLogger("sortation.engine")
Work = TypeVar("Work")
Result = TypeVar("Result")
ITS_OWN = (ArithmeticError, LookupError, TypeError, ValueError, SortationError)
"""What may be the fault of one piece of work; anything else, such as a full disk, is everybody's."""


def each(batch: Sequence[Work], done: Callable[[Sequence[Work]], Sequence[Result]]) -> Sequence[Result | Exception]:
    """Per piece of work what came of it, or what went wrong: one bad item does not take others along."""
    try:
        return done(batch)
    except Exception as error:
        if len(batch) == 1 or not isinstance(error, ITS_OWN):
            return [error] * len(batch)
        log.error("a batch of %d failed (%s); trying its parts alone", len(batch), type(error).__name__)
        return [found for work in batch for found in each([work], done)]


class Keeper(Generic[Work]):
    """Stores pieces of work in the order in which they came, and says so on the event loop."""

    def __init__(
        self,
        store: Callable[[Sequence[Work]], Sequence[None]],
        told: Callable[[Sequence[Work], Sequence[Exception | None], float], None],
    ) -> None:
        """`store` keeps all or none; `told` hears what came of each, and how many seconds that took."""
        self._store, self._told = store, told
        self._line: SimpleQueue[Work | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins; `told` will be called on this loop."""
        self._thread = threading.Thread(target=self._run, args=(loop,), name="keeper", daemon=True)
        self._thread.start()

    def keep(self, work: Work) -> None:
        """Takes one more."""
        self._line.put(work)

    def stop(self) -> None:
        """Keeps what waits, then ends."""
        self._line.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        ended = False
        while not ended:
            batch = [self._line.get()]
            while True:
                try:
                    batch.append(self._line.get_nowait())
                except Empty:
                    break
            ended = None in batch
            waiting = [work for work in batch if work is not None]
            if waiting:
                began = time.perf_counter()
                found = each(waiting, self._store)
                loop.call_soon_threadsafe(self._told, waiting, found, time.perf_counter() - began)
