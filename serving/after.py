"""What happens to answers after they were given: a bounded queue and a thread of its own that takes its time.

Nothing here can slow or fail an answer: giving costs an append, what does not fit is dropped and counted, and the
thread works in small bites and rests between them, so that live requests have Python's lock for most of the time.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from serving.answers import Answer
from serving.exposition import Series
from serving.store import Stored

log = logging.getLogger("sortation.after")
HELD, HELD_CHARACTERS = 2_000, 5_000_000
"""Answers, and characters of their texts, that may wait."""
BITE = 8
"""Answers that are worked on at a time: so few that a request which comes in between hardly waits."""
MOUTHFUL = 256
"""The same where every listener takes next to no time."""
REST, LEAST_REST = 4.0, 0.005
"""Rest after a bite, in multiples of the time that it took: at most a fifth of a core is used; and at least so many
seconds, since being woken takes longer than a small bite."""
IDLE = 0.5
"""Seconds between looks where nothing waits."""

Given = tuple[Answer, Stored]
"""An answer and the row that keeps it."""


class Listener(Protocol):
    """Somebody who looks at answers that were given."""

    def heard(self, given: Sequence[Given]) -> None:
        """A few answers, in their order; called on the thread."""

    def idle(self) -> None:
        """Nothing waits just now; called on the thread."""


@dataclass
class After:
    """Passes answers on to its listeners."""

    listeners: Sequence[Listener] = ()
    bite: int = BITE
    held: int = HELD
    held_characters: int = HELD_CHARACTERS
    dropped: Series = field(
        default_factory=lambda: Series(
            "counter",
            "sortation_after_dropped_total",
            "Answers that drift and shadow did not see: too much waited.",
        )
    )

    def __post_init__(self) -> None:
        self._waiting: deque[Given] = deque()
        self._came = self._went = 0  # characters; each is written by one thread only, so that no lock is needed
        self._failing: set[int] = set()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to work, if anybody listens."""
        if self.listeners:
            self._thread = threading.Thread(target=self._run, name="after", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Works off what waits, at most for a few seconds, and ends."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def give(self, given: Sequence[Given]) -> None:
        """Takes note of answers that were stored; those that do not fit are dropped."""
        for batch in {id(answer.batch): answer.batch for answer, _ in given if answer.batch.members}.values():
            batch.mark("store")
        if self._thread is None:
            return
        size = sum(len(row.body) for _, row in given)
        characters = self._came - self._went + size
        if len(self._waiting) + len(given) > self.held or characters > self.held_characters:
            self.dropped.inc(by=len(given))
            return
        self._came += size
        self._waiting.extend(given)

    def _run(self) -> None:
        while True:
            bite = self._bite()
            began = time.perf_counter()
            for listener in self.listeners:
                self._tell(listener, bite)
            if self._ending.is_set() and not bite:
                return
            rest = IDLE if not bite else max(REST * (time.perf_counter() - began), LEAST_REST)
            if not self._ending.is_set():
                self._ending.wait(rest)

    def _tell(self, listener: Listener, bite: Sequence[Given]) -> None:
        try:
            listener.heard(bite) if bite else listener.idle()
            self._failing.discard(id(listener))
        except Exception as error:
            if id(listener) not in self._failing:  # once, until it works again
                log.warning("%s failed: %s", type(listener).__name__, type(error).__name__)
            self._failing.add(id(listener))

    def _bite(self) -> list[Given]:
        bite: list[Given] = []
        while self._waiting and len(bite) < self.bite:
            bite.append(self._waiting.popleft())
            self._went += len(bite[-1][1].body)
        return bite
