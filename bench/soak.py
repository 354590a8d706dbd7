"""Whether a server that runs for long grows: `python -m bench.soak --minutes 60`.

A real server process answers mixed traffic at a fixed rate while its champion changes; memory, files, threads, the
store and latency are noted every few seconds. Writes bench/results/soak.md.
"""

import argparse
import csv
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
from scipy import stats

from bench.machine import processor, versions
from bench.sets import ROOT
from bench.tables import table, write
from bench.traffic import WEIGHTS, Traffic, part_of_corpus

WARM = 1 / 6
"""Share of the run that is warm-up, and not judged."""
BLOCKS = 20
"""Neighbouring samples resemble each other: the line is drawn through the means of so many stretches of time."""
BEARABLE = 5.0
"""Growth in MB an hour below which memory counts as flat: a process restarted once a month stays below 4 GB."""


@dataclass(frozen=True)
class Sample:
    """The server at a moment."""

    seconds: float
    """Since the load began."""
    resident: float
    """MB, shared pages included."""
    private: float
    """MB that no file stands behind: what a leak would add to."""
    files: int
    """Open files and connections."""
    threads: int
    store: float
    """MB on disk, the log of changes included."""
    p50: float
    """Milliseconds from when a request was due to its answer, since the sample before."""
    p99: float
    answers: int
    """Since the sample before."""


@dataclass(frozen=True)
class Slope:
    """Growth per hour, with its 95 % interval."""

    middle: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """What the interval allows to say."""
        if self.low > BEARABLE:
            return "GROWS"
        return "flat" if self.high < BEARABLE else "undecided: run it for longer"

    def __str__(self) -> str:
        return f"{self.middle:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


def slope(hours: np.ndarray, values: np.ndarray) -> Slope:
    """Of a line through the means of BLOCKS stretches, by least squares; its interval by Student's t."""
    blocks = min(BLOCKS, len(hours))
    x = np.array([part.mean() for part in np.array_split(hours, blocks)])
    y = np.array([part.mean() for part in np.array_split(values, blocks)])
    line = stats.linregress(x, y)
    margin = stats.t.ppf(0.975, blocks - 2) * line.stderr if np.ptp(y) else 0.0
    return Slope(line.slope, line.slope - margin, line.slope + margin)


def look(process: int, home: Path, began: float, traffic: Traffic) -> Sample:
    """A sample, from /proc."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    late = traffic.seen.taken() or [0.0]
    return Sample(
        round(time.monotonic() - began, 1),
        int(status["VmRSS"].split()[0]) / 1024,
        int(status["RssAnon"].split()[0]) / 1024,
        len(list(Path(f"/proc/{process}/fd").iterdir())),
        int(status["Threads"]),
        sum(file.stat().st_size for file in home.glob("sortation.db*")) / 1e6,
        late[len(late) // 2] * 1000,
        late[int(0.99 * (len(late) - 1))] * 1000,
        len(late),
    )


def sortation(home: Path, *words: str) -> None:
    """A command of the product; its own words are shown where it fails."""
    command = [sys.executable, "-m", "sortation", *words, "--home", str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr, file=sys.stderr)


def furnish(home: Path) -> None:
    """Two versions of a small model, to be champion by turns."""
    corpus = str(part_of_corpus(home / "part.jsonl"))
    sortation(home, "train", "--corpus", corpus)
    sortation(home, "train", "--corpus", corpus, "--no-promote")


@contextmanager
def served(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server process over `home` that is ready, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sortation", "serve", "--home", str(home), "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stderr=log, env=os.environ | {"SORTATION_LOG_FORMAT": "json"})
    try:
        _ready(port)
        yield process, port
    finally:
        process.terminate()
        process.wait(60)


def _ready(port: int, patience: float = 300) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return
        except (URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def soak(home: Path, seconds: float, rate: float, every: float, swap: float) -> tuple[list[Sample], Traffic, int]:
    """Samples of a server under load, the load, and how often another champion was named."""
    samples, swaps = [], 0
    with served(home) as (process, port), Traffic(port, rate) as traffic:
        began = time.monotonic()
        with (home / "samples.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.DictWriter(file, [each.name for each in fields(Sample)])
            rows.writeheader()
            while (now := time.monotonic() - began) < seconds:
                if now > (swaps + 1) * swap:
                    words = (home, "promote", str(2 - swaps % 2), "--force", "--reason", "soak")
                    threading.Thread(target=sortation, args=words).start()  # samples go on meanwhile
                    swaps += 1
                time.sleep(every)
                samples.append(look(process.pid, home, began, traffic))
                rows.writerow(asdict(samples[-1]))
                file.flush()
    return samples, traffic, swaps


def judged(samples: list[Sample]) -> list[list[str]]:
    """A row per quantity: first after warm-up, last, largest, growth an hour."""
    warm = [sample for sample in samples if sample.seconds >= WARM * samples[-1].seconds]
    hours = np.array([sample.seconds for sample in warm]) / 3600
    rows = []
    for name, title in QUANTITIES.items():
        values = np.array([getattr(sample, name) for sample in warm], float)
        rows.append([title, f"{values[0]:.1f}", f"{values[-1]:.1f}", f"{values.max():.1f}", str(slope(hours, values))])
    return rows


QUANTITIES = {
    "resident": "resident memory, MB",
    "private": "of it private, MB",
    "files": "open files",
    "threads": "threads",
    "store": "store, MB",
    "p50": "latency p50, ms",
    "p99": "latency p99, ms",
}


def memory(samples: list[Sample]) -> Slope:
    """Growth of resident memory after warm-up."""
    warm = [sample for sample in samples if sample.seconds >= WARM * samples[-1].seconds]
    return slope(np.array([s.seconds for s in warm]) / 3600, np.array([s.resident for s in warm]))


def report(samples: list[Sample], traffic: Traffic, swaps: int, rate: float) -> list[str]:
    """The result in Markdown, part by part."""
    counts = traffic.seen.counts
    wrong = ", ".join(f"{kind}: {count}" for kind, count in sorted(traffic.seen.wrong.items())) or "none"
    found = memory(samples)
    return [
        f"`python -m bench.soak` · {processor()} · {versions()}",
        f"{samples[-1].seconds / 60:.0f} minutes at {rate:g} requests a second on 8 connections, "
        f"{swaps} champion changes through the registry. Load average at the end {os.getloadavg()[0]:.1f}: latencies "
        "are from when a request was due, on a machine with other work.",
        f"**Memory: {found.verdict}.** Growth after the first sixth of the run: {found} MB an hour "
        f"(95 % interval of a line through the means of {BLOCKS} stretches; flat means below {BEARABLE:g}).",
        table(["", "after warm-up", "at the end", "largest", "growth an hour (95 %)"], judged(samples)),
        table(["request", "sent"], [[kind, f"{counts[kind]:,}"] for kind in WEIGHTS]),
        f"Answers that were not as they should be: {wrong}.",
    ]


def main() -> None:
    """Runs and writes the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=20, help="requests a second")
    parser.add_argument("--every", type=float, default=5, help="seconds between samples")
    parser.add_argument("--swap", type=float, default=300, help="seconds between champion changes")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results", help="folder for the report")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sortation-soak-") as folder:
        home = Path(folder)
        furnish(home)
        samples, traffic, swaps = soak(home, told.minutes * 60, told.rate, told.every, told.swap)
    write(told.out / "soak.md", "A server under load for long", report(samples, traffic, swaps, told.rate))
    if memory(samples).verdict == "GROWS":
        raise SystemExit(1)


if __name__ == "__main__":
    main()
