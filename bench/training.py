"""`python -m bench.training [--quick]`: a whole training beside scikit-learn's usual pipeline on the same rows.

Each contestant is a process of its own, so that its peak memory is its own; they take turns. Sortation reads, checks,
shares out, fits three levels, calibrates, reports, registers in MLflow and promotes; the pipeline reads, and fits the
last level on all rows. Both are asked about the same held-out texts.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import machine, ours, tickets
from bench.sets import ROOT
from bench.tables import table, write

TICKETS, LENGTH, HELD = 100_000, 300, 2_000
NAMES = {
    "ours": "Sortation, `sortation train`",
    "sklearn": "TF-IDF (words 1–2) + logistic regression (C = 30), scikit-learn",
}

_SKLEARN = """
import json, sys
from pathlib import Path
from bench.peers import word_lr

def read(name):
    lines = [json.loads(line) for line in (Path(sys.argv[1]) / name).read_text(encoding="utf-8").splitlines()]
    return [f"{x.get('subject', '')} {x['body']}" for x in lines], [str(x["service"]) for x in lines]

texts, labels = read("train.jsonl")
pipeline = word_lr().fit(texts, labels)
asked, right = read("test.jsonl")
print(f"service accuracy {pipeline.score(asked, right):.1%}")
"""

_BETWEEN = """
import resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:])
took = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"\\n{took} {used.ru_utime + used.ru_stime} {used.ru_maxrss}", flush=True)
sys.exit(done.returncode)
"""


@dataclass(frozen=True)
class Run:
    """One training in a process of its own."""

    wall: float
    cpu: float
    """Seconds, those of its children included."""
    peak: float
    """GiB of the largest process."""
    said: str


def run(*command: str) -> Run:
    """Runs a program with one thread for linear algebra. Raises RuntimeError with what it said.

    A child's peak is never less than that of the process that started it, so a small one stands in between.
    """
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    between = [sys.executable, "-c", _BETWEEN, sys.executable, *command]
    done = subprocess.run(between, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):  # 1: the new version stays a challenger
        raise RuntimeError(done.stdout + done.stderr)
    said, _, told = done.stdout.rstrip().rpartition("\n")
    wall, cpu, peak = map(float, told.split())
    return Run(wall, cpu, peak / (2**30 if sys.platform == "darwin" else 2**20), said + done.stderr)


def accuracy(said: str) -> float:
    """What a program said of the service's accuracy, in %."""
    words = next(line.split() for line in said.splitlines() if line.split()[:2] == ["service", "accuracy"])
    return float(words[2].rstrip("%"))


def sortation(folder: Path, home: Path) -> tuple[Run, float]:
    """The command as a user runs it, in a home without a cache; then the registered version on the held-out texts."""
    words = ("train", "--corpus", str(folder / "train.jsonl"), "--home", str(home))
    trained = run("-m", "sortation", *words)
    if "registered as version" not in trained.said:
        raise RuntimeError(trained.said)
    asked = run(
        "-m", "sortation", "evaluate", str(folder / "test.jsonl"), "--version", "challenger", "--home", str(home)
    )
    return trained, accuracy(asked.said)


def sklearn(folder: Path, home: Path) -> tuple[Run, float]:
    """The usual pipeline."""
    trained = run("-c", _SKLEARN, str(folder))
    return trained, accuracy(trained.said)


def starter(folder: Path) -> None:
    """The starter corpus: four of its worlds in five are learned, the others asked about."""
    lines = {"train.jsonl": list[str](), "test.jsonl": list[str]()}
    for number, file in enumerate(sorted((ROOT / "data" / "corpus").glob("*.jsonl"))):
        lines["test.jsonl" if number % 5 == 4 else "train.jsonl"] += file.read_text(encoding="utf-8").splitlines()
    for name, those in lines.items():
        (folder / name).write_text("\n".join(those) + "\n", encoding="utf-8")


def many(folder: Path, count: int) -> None:
    """Tickets made of the starter corpus' sentences; those asked about are made of other items."""
    items, taxonomy = ours.corpus()
    learned = tickets.sentences([item for k, item in enumerate(items) if k % 5])
    asked = tickets.sentences(items[::5])
    tickets.write(folder / "train.jsonl", tickets.tickets(learned, count, LENGTH, 1), taxonomy.level_names)
    tickets.write(folder / "test.jsonl", tickets.tickets(asked, HELD, LENGTH, 2), taxonomy.level_names)


def race(folder: Path, rounds: int) -> Iterator[list[str]]:
    """A row of the table for each contestant, with the ratio of each to Sortation."""
    contestants: dict[str, Callable[[Path, Path], tuple[Run, float]]] = {"ours": sortation, "sklearn": sklearn}
    found: dict[str, list[tuple[Run, float]]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, train in contestants.items():
            with tempfile.TemporaryDirectory() as home:
                found[name].append(train(folder, Path(home)))
            print(folder.name, number, name, found[name][-1][0].wall, flush=True)
    middle = statistics.median
    first = found["ours"]
    for name, runs in found.items():
        cpu = middle(a.cpu / b.cpu for (a, _), (b, _) in zip(runs, first, strict=True))
        peak = middle(a.peak / b.peak for (a, _), (b, _) in zip(runs, first, strict=True))
        yield [
            NAMES[name],
            f"{middle(each.wall for each, _ in runs):.1f}",
            f"{middle(each.cpu for each, _ in runs):.1f}",
            f"{cpu:.2f}",
            f"{middle(each.peak for each, _ in runs):.2f}",
            f"{peak:.2f}",
            f"{runs[0][1]:.1f}",
        ]


def kept(folder: Path) -> str:
    """What keeping prepared items saves: seconds of processor time of `sortation check`, first and second time."""
    with tempfile.TemporaryDirectory() as home:
        words = ("-m", "sortation", "check", "--corpus", str(folder / "train.jsonl"), "--home", home)
        first, second = run(*words).cpu, run(*words).cpu
    return (
        f"Reading and checking: {first:.1f} CPU s the first time, {second:.1f} with the prepared items of a run before."
    )


def main() -> None:
    """Parses, measures, writes training.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.training", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 tickets, one round; prints only")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the report")
    told = parser.parse_args()
    count, rounds = (TICKETS // 10, 1) if told.quick else (TICKETS, 1)
    head = ["", "wall s", "CPU s", "× CPU of ours", "peak GiB", "× peak of ours", "service right, %"]
    parts = [
        f"{machine.processor()}. {machine.versions()}. Rounds in turns: {rounds} of the starter corpus, medians; "
        "one of the tickets.",
        " ".join((__doc__ or "").split("\n\n")[1].split()),
    ]
    with tempfile.TemporaryDirectory() as scratch:
        sets: list[tuple[str, Callable[[Path], None], int]] = [
            ("The starter corpus without every fifth world", starter, rounds),
            (f"{count:,} tickets of {LENGTH} characters", lambda folder: many(folder, count), 1),
        ]
        for title, make, times in sets:
            folder = Path(tempfile.mkdtemp(dir=scratch))
            make(folder)
            parts += [f"## {title}\n\n" + table(head, list(race(folder, times))), kept(folder)]
    if told.quick:
        print("\n\n".join(parts))
    else:
        write(told.out / "training.md", "Training", parts)


if __name__ == "__main__":
    main()
