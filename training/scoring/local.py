"""Chunks on the cores of this machine. Where a worker dies, another takes its place and the chunk is done again."""

import sys
from collections import deque
from collections.abc import Iterator, Sequence

from training.cluster import TRIES
from training.scoring.crew import Crew
from training.scoring.job import Done, Engine, Job
from training.scoring.sources import Chunk, as_plain
from training.scoring.worker import outcome, spec

COMMAND = (sys.executable, "-m", "training.scoring.worker")


def locally(workers: int, command: Sequence[str] = COMMAND) -> Engine:
    """An engine of `workers` processes, with a chunk each. While it runs it raises SortationError if none starts."""

    def answered(job: Job, chunks: Iterator[Chunk]) -> Iterator[Done]:
        again: deque[tuple[Chunk, int]] = deque()
        tasks = _tasks(again, chunks)
        with Crew(command, spec(job), workers) as crew:
            while True:
                while crew.free and (task := next(tasks)):
                    crew.give(task, as_plain(task[0]))
                if not crew.at_work:
                    return
                for (chunk, tries), reply in crew.replies():
                    if reply is not None:
                        yield Done(chunk, outcome(reply))
                    elif tries < TRIES:
                        again.append((chunk, tries + 1))
                    else:
                        yield Done(chunk, f"the worker died {TRIES} times, perhaps for want of memory")

    return answered


def _tasks(again: deque[tuple[Chunk, int]], chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, int] | None]:
    """What is to be done next, and which try it is; None while there is nothing."""
    while True:
        yield again.popleft() if again else next(((chunk, 1) for chunk in chunks), None)
