"""The command that labels files of any size: score. It parses, calls and prints."""

import argparse
import sys
import time
from typing import TYPE_CHECKING

from model.errors import Faults, SortationError
from sortation.frame import Command, settings

if TYPE_CHECKING:
    from training.scoring.progress import Progress

EVERY = 10.0
"""Seconds between lines where nobody watches."""
FRAME = 0.2
"""Seconds between two pictures of the bar where somebody does."""


def add(command: Command) -> None:
    """Adds the command to a parser."""
    score = command("score", _score, "Label Parquet, CSV and JSON lines files of any size; goes on where it stopped.")
    score.add_argument(
        "what", metavar="PATTERN", help="files, as a path, a pattern such as 's3://in/*.parquet', a folder"
    )
    score.add_argument(
        "--out", required=True, help="folder for the answers, one row for each row; a path or an address"
    )
    score.add_argument("--engine", choices=("local", "ray"), default="local", help="this machine's cores, or Ray")
    score.add_argument("--workers", type=_positive, help="processes (default: all cores)")
    score.add_argument("--address", help="the Ray cluster (default: one that is started here)")
    score.add_argument("--version", default="champion", help="number or alias (default: champion)")
    score.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD", help="what a column holds")
    score.add_argument("--rows", type=_positive, help="rows of a chunk, at most (default: 20,000)")


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def _score(told: argparse.Namespace) -> None:
    from model import bundle
    from training.cluster import cores
    from training.registry import Registry
    from training.scoring import Job, Model, inputs, run
    from training.scoring.job import ROWS
    from training.scoring.local import locally
    from training.scoring.onray import on_ray
    from training.scoring.places import place

    if told.address and told.engine != "ray":
        raise SortationError("--address is a Ray cluster's; add --engine ray")
    server, out = settings(told), place(told.out)
    found = inputs(told.what, out)
    registry = Registry(server.home, server.registry or None, server.model)
    version = registry.get(told.version)
    folder = registry.fetch(version, server.home / "models")
    chosen = Model(folder, version.number, bundle.fingerprint(folder), server.vectors)
    job = Job(found, out, chosen, _columns(told.map), told.rows or ROWS)
    engine = on_ray(told.workers, told.address) if told.engine == "ray" else locally(told.workers or cores())
    print(f"{len(found)} file{'s' * (len(found) != 1)}, version {version.number}, answers to {out}", flush=True)
    shown = Shown()
    try:
        outcome = run(job, engine, shown.show)
    finally:
        shown.end()
    last = outcome.last
    print(f"{last.rows:,} rows ({last.earlier:,} from before), {last.errors:,} without labels: see column error")
    if outcome.faults:
        raise Faults("some of the input has no answers", outcome.faults)


def _columns(told: list[str]) -> dict[str, str]:
    pairs = [each.rpartition("=") for each in told]
    if any(not (column and field) for column, _, field in pairs):
        raise SortationError("--map needs two names with = between them, such as --map Notes=body")
    return {column: field for column, _, field in pairs}


class Shown:
    """What is shown of the progress, on standard error: a bar where somebody watches, else a line now and then."""

    def __init__(self, every: float | None = None) -> None:
        """`every`: seconds between two pictures, if not the usual ones."""
        self._watched = sys.stderr.isatty()
        self._every = (FRAME if self._watched else EVERY) if every is None else every
        self._shown = time.monotonic()
        self._hidden = ""

    def show(self, progress: "Progress") -> None:
        """Shows how far the job is, unless that was shown just before."""
        line = progress.line(self._watched)
        if time.monotonic() - self._shown < self._every:
            self._hidden = line
            return
        self._shown, self._hidden = time.monotonic(), ""
        self._print(line, "" if self._watched else "\n")

    def end(self) -> None:
        """Shows what was not shown yet, and ends the bar's line."""
        if self._hidden:
            self._print(self._hidden, "\n")
        elif self._watched:
            print(file=sys.stderr)

    def _print(self, line: str, end: str) -> None:
        print(f"\r\x1b[K{line}" if self._watched else line, end=end, file=sys.stderr, flush=True)
