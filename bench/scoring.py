"""`python -m bench.scoring`: rows a second of `sortation score` by engine and workers, and what 100 million take.

The tickets are sentences of the corpus in new combinations, some 300 characters each. Every measurement is a fresh
process; engines take turns, so that whatever disturbs the machine disturbs all of them.
"""

import argparse
import importlib.util
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import pairwise, product
from pathlib import Path
from statistics import median

import pyarrow as pa
from pyarrow import parquet

from bench.machine import processor, versions
from bench.ours import corpus
from bench.sets import ROOT
from bench.tables import table, write
from model import bundle
from model.document import Document
from model.preparation import hear, prepare
from training.fitting import Settings, fit
from training.scoring import Job, Model, inputs, run
from training.scoring.job import Engine
from training.scoring.local import locally
from training.scoring.onray import on_ray
from training.scoring.places import place
from training.scoring.progress import Progress
from training.shares import share_out

LENGTH = 300
"""Characters of a ticket, about."""
FILES = 4
CHUNK = 2_500
"""Rows of a chunk: many chunks, so that the last one's end does not count for much."""
MILLIONS = 100
COMMANDS = {"local": "training.scoring.worker", "ray": "ray::_Actor"}
"""Engine -> what the commands of its workers contain."""


@dataclass(frozen=True)
class Measured:
    """One run."""

    rows: int
    seconds: float
    """From the call to the end."""
    rate: float
    """Rows a second once every worker has done a chunk: without the start."""
    cpu: float
    """CPU seconds of the workers, their start included."""
    parent: float
    """Peak resident memory of the process that hands out chunks, MB."""
    worker: float
    """That of the largest worker, MB."""


def tickets(count: int, seed: int = 7) -> list[str]:
    """Sentences of the corpus, drawn anew until a ticket is long enough."""
    items, _ = corpus()
    pieces = (piece for item in items for piece in re.split(r"(?<=[.!?])\s+", item.document.body))
    sentences = [piece for piece in pieces if 20 <= len(piece) <= LENGTH]
    draw = random.Random(seed)  # noqa: S311 - no secret
    found = []
    for _ in range(count):
        ticket = ""
        while len(ticket) < LENGTH - 40:
            ticket += " " + draw.choice(sentences)
        found.append(ticket[1 : LENGTH + 1])
    return found


def prepared(folder: Path, rows: int) -> None:
    """The model and the tickets, whole and a tenth of them."""
    items, taxonomy = corpus()
    shares = share_out(items, seed=1)
    bundle.save(fit(shares.fit, shares.calibration, taxonomy, Settings()), folder / "model")
    for name, count in (("whole", rows), ("tenth", rows // 10)):
        (folder / name).mkdir()
        texts = tickets(count)
        for k in range(FILES):
            part = texts[k * count // FILES : (k + 1) * count // FILES]
            columns = {"id": [f"{k}-{n}" for n in range(len(part))], "text": part}
            parquet.write_table(pa.table(columns), folder / name / f"{k}.parquet", row_group_size=10_000)


def one(engine_name: str, workers: int, given: Path, model_folder: Path) -> Measured:
    """Measures one run, in this process."""
    engine: Engine = locally(workers) if engine_name == "local" else on_ray(workers, None)
    marks: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory() as scratch:
        out = place(f"{scratch}/out")
        job = Job(inputs(str(given), out), out, Model(model_folder, 1, bundle.fingerprint(model_folder)), {}, CHUNK)
        seen: dict[int, tuple[float, float]] = {}
        with Watching(lambda: _look(COMMANDS[engine_name], seen)):
            began = time.perf_counter()
            outcome = run(job, engine, lambda now: _note(marks, now))
            seconds = time.perf_counter() - began
    assert not outcome.faults, outcome.faults
    (first, before), (last, rows) = marks[workers - 1], marks[-1]
    peak = max((peak for peak, _ in seen.values()), default=0.0)
    cpu = sum(used for _, used in seen.values())
    return Measured(rows, seconds, (rows - before) / (last - first), cpu, _peak(os.getpid()), peak)


def _note(marks: list[tuple[float, int]], now: Progress) -> None:
    marks.append((time.perf_counter(), now.rows))


class Watching:
    """Calls something every fifth of a second, beside what is done meanwhile."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, args=(look,))

    def _go(self, look: Callable[[], None]) -> None:
        while not self._over.wait(0.2):
            look()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def _look(command: str, seen: dict[int, tuple[float, float]]) -> None:
    """Notes the peak memory, MB, and the CPU seconds of every worker that there is."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if command in entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                number = int(entry.parent.name)
                ticks = (entry.parent / "stat").read_text().rpartition(")")[2].split()[11:13]
                seen[number] = _peak(number), sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _peak(process: int) -> float:
    """Largest resident memory of a process so far, MB; 0 where the system does not tell."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def apart(engine: str, workers: int, given: Path, model_folder: Path) -> Measured:
    """One run in a process of its own."""
    words = ["--one", engine, str(workers), str(given), str(model_folder)]
    command = [sys.executable, "-m", "bench.scoring", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def costs(texts: list[str], model_folder: Path) -> str:
    """Where a row's time goes, as a sentence: CPU microseconds in one process."""
    classifier = bundle.load(model_folder)
    classifier.predict(texts[:10])
    documents = [Document(body=text) for text in texts]
    marks = [time.process_time()]
    seen = [prepare(document) for document in documents]
    marks.append(time.process_time())
    hear(seen)
    for each in seen:
        each.doubts(("en",))
    marks.append(time.process_time())
    classifier.predict([each.document for each in seen], alternatives=0)
    marks.append(time.process_time())
    clean, language, predict = (1e6 * (after - before) / len(texts) for before, after in pairwise(marks))
    return f"Of a row's CPU time {clean:.0f} µs are cleaning, {language:.0f} language, {predict:.0f} classification."


def report(runs: dict[tuple[str, int], list[Measured]], tenth: Measured, said: str, rows: int) -> list[str]:
    """The parts of the report."""
    rate = {key: median(each.rate for each in found) for key, found in runs.items()}
    cost = {key: median(each.rows / each.cpu for each in found) for key, found in runs.items()}
    lines = []
    for (engine, workers), found in runs.items():
        gain = median(two.rate / one.rate for one, two in zip(runs[engine, 1], found, strict=True))
        cells = [f"{engine}, {workers} worker{'s' * (workers > 1)}", f"{rate[engine, workers]:,.0f}", f"× {gain:.2f}"]
        cells += [f"{gain / workers:.0%}", f"{cost[engine, workers]:,.0f}"]
        cells.append(f"{median(each.seconds - each.rows / each.rate for each in found):.1f}")
        cells += [f"{max(each.parent for each in found):.0f}", f"{max(each.worker for each in found):.0f}"]
        lines.append(cells)
    head = ["", "rows/s", "against 1", "efficiency", "rows/CPU s", "start, s", "parent, MB", "largest worker, MB"]
    most = max(workers for _, workers in runs)
    ours = ", ".join(f"{name} {version(name)}" for name in ("pyarrow", "ray") if importlib.util.find_spec(name))
    best = rate["local", most]
    hours, core = (MILLIONS * 1e6 / each / 3600 for each in (best, cost["local", most]))
    return [
        f"{processor()}; up to {most} of them used. {versions()}, {ours}.",
        f"{rows:,} tickets of some {LENGTH} characters in {FILES} Parquet files, chunks of {CHUNK:,} rows. Medians of "
        f"{len(runs['local', 1])} round(s) in which engines take turns, each run a process of its own. Rows/s count "
        "once every worker has done a chunk; the start is all the rest: processes, the model, and the first chunk less "
        "its share. Rows/CPU s count the workers' CPU time, start included: other programs on the machine disturb them "
        "least. Peak memory is the largest of all rounds.",
        table(head, lines),
        f"{said} With a tenth of the rows the parent needed {tenth.parent:.0f} MB and a worker {tenth.worker:.0f} MB.",
        f"## {MILLIONS} million tickets",
        f"Extrapolated, not measured: {MILLIONS} million rows are {core:.1f} core hours, and {hours:.1f} hours on one "
        f"such machine at {best:,.0f} a second. Chunks share nothing but the places they are read from and written to; "
        f"as long as those keep up, N machines take {hours:.1f} / N hours: {hours / 10:.1f} on 10, {hours / 50:.2f} on "
        "50.",
    ]


def main() -> None:
    """Parses, measures, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.scoring", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, one round")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="how many, the first of them 1")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the report")
    parser.add_argument("--one", nargs=4, metavar="X", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.one:
        engine, workers, given, model_folder = told.one
        print(json.dumps(asdict(one(engine, int(workers), Path(given), Path(model_folder)))))
        return
    rows, rounds = (told.rows // 10, 1) if told.quick else (told.rows, told.rounds)
    engines = ["local", *(["ray"] if importlib.util.find_spec("ray") else [])]
    if "ray" not in engines:
        print("Ray: skipped, it is not installed (pip install 'sortation[scale]')")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        prepared(folder, rows)
        given, model_folder = folder / "whole", folder / "model"
        runs: dict[tuple[str, int], list[Measured]] = {key: [] for key in product(engines, told.workers)}
        for _ in range(rounds):
            for key, found in runs.items():
                found.append(apart(*key, given, model_folder))
                print(*key, found[-1], flush=True)
        tenth = apart("local", 1, folder / "tenth", model_folder)
        said = costs(tickets(4_000), model_folder)
    write(told.out / "scoring.md", "Scoring many rows", report(runs, tenth, said, rows))


if __name__ == "__main__":
    main()
