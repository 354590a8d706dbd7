"""The command that labels files of any size: score. It parses, calls and prints."""

import argparse
import sys
import time

from model.errors import Faults, SortationError
from sortation.frame import Command, settings

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
    from training.registry import Registry
    from training.scoring import Job, Model, inputs, run
    from training.scoring.job import ROWS
    from training.scoring.local import cores, locally
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
    shown = _Shown()
    try:
        outcome = run(job, engine, lambda progress: shown.show(progress.line(shown.watched), progress.share >= 1))
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


class _Shown:
    """What was shown of the progress, on standard error: a bar where somebody watches, else a line now and then."""

    def __init__(self) -> None:
        self.watched = sys.stderr.isatty()
        self._last = time.monotonic()
        self._open = False

    def show(self, line: str, final: bool) -> None:
        """Shows a line, unless another one was shown just before."""
        now = time.monotonic()
        if not final and now - self._last < (FRAME if self.watched else EVERY):
            return
        self._last = now
        print(
            f"\r\x1b[K{line}" if self.watched else line, end="" if self.watched else "\n", file=sys.stderr, flush=True
        )
        self._open = self.watched

    def end(self) -> None:
        """Ends the bar's line."""
        if self._open:
            print(file=sys.stderr, flush=True)
