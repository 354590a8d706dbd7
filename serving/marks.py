"""When things happened to a request that somebody traces: plain times. Knows no tracing library."""

import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(eq=False)
class Trace:
    """One traced request."""

    began: int = field(default_factory=time.time_ns)
    """Nanoseconds since 1970, as all times here."""
    read: int = 0
    """When the last of its items was ready to be classified; 0: none was."""
    batches: list["Batch"] = field(default_factory=list)
    """The batches that its items went through."""
    told: object = None
    """What the tracing library calls it."""


TRACE: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""The traced request that is being answered; None where nobody traces."""


def item_read() -> Trace | None:
    """The present trace, told that an item is ready."""
    trace = TRACE.get()
    if trace is not None:
        trace.read = time.time_ns()
    return trace


@dataclass(eq=False)
class Batch:
    """One micro-batch: items of several requests that share its steps."""

    items: int
    members: list[Trace]
    """The traced requests whose items are in it."""
    began: int = field(default_factory=time.time_ns)
    steps: list[tuple[str, int, int]] = field(default_factory=list)
    """Name, begin and end of each step, in order; each begins where the one before ended."""
    told: object = None
    """What the tracing library calls it, once it was told of it."""

    @classmethod
    def of(cls, traces: Iterable[Trace | None]) -> "Batch":
        """The batch of items with these traces."""
        every = list(traces)
        batch = cls(len(every), list({id(each): each for each in every if each is not None}.values()))
        for trace in batch.members:
            trace.batches.append(batch)
        return batch

    def mark(self, step: str) -> None:
        """A step has ended just now."""
        self.steps.append((step, self.ended, time.time_ns()))

    @property
    def ended(self) -> int:
        """When the last step ended."""
        return self.steps[-1][2] if self.steps else self.began
