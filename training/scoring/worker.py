"""A process that answers chunks: `python -m training.scoring.worker`, JSON lines in, JSON lines out.

The first line says the model and where to; it is answered with `ready`. Every further line is a chunk. The process ends
when nobody is left who could write to it.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.scoring.answers import Counted
from training.scoring.crew import READY
from training.scoring.job import Job, Model, work
from training.scoring.places import Place
from training.scoring.sources import parsed


def spec(job: Job) -> dict[str, Any]:
    """What a worker has to know of a job, as JSON holds it."""
    return {"model": asdict(job.model) | {"folder": str(job.model.folder)}, "out": asdict(job.out)}


class Worker:
    """Answers chunks of one job."""

    def __init__(self, told: Mapping[str, Any], folder: Path | None = None) -> None:
        """`folder`: where the model lies here, if not where the job says. Raises SortationError."""
        model = Model(**{**told["model"], "folder": folder or Path(told["model"]["folder"])})
        self._scorer = model.scorer()
        self._out = Place(**told["out"])

    def answer(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """The counts of a chunk, or `fault`."""
        what = work(self._scorer, parsed(plain), self._out)
        return asdict(what) if isinstance(what, Counted) else {"fault": what}


def outcome(plain: Mapping[str, Any]) -> Counted | str:
    """What `answer` said."""
    return plain["fault"] if "fault" in plain else Counted(**plain)


def main() -> None:
    """Answers line by line until the input ends."""
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)  # whatever prints must not end up among the replies
        worker = Worker(json.loads(sys.stdin.readline()))
        replies.write(f"{READY}\n")
        replies.flush()
        for line in sys.stdin:
            replies.write(json.dumps(worker.answer(json.loads(line))) + "\n")
            replies.flush()


if __name__ == "__main__":
    main()
