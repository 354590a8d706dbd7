"""How fast the server answers, against what one would use instead: `python -m bench.serving HOME [--quick]`.

HOME is a trained home (`sortation train --home HOME`). The server runs on core 0, the load on core 1; contestants take
turns, round after round, so that whatever disturbs the machine disturbs all of them. Writes bench/results/serving.md.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.hosting import NAMES, batches, cpu, first_answer, memory, prepare, requests, server, texts
from bench.load import Load, closed_loop, open_loop
from bench.serving_report import report, write

BATCH = 256
"""Items of a batch."""
SETTLING = 3.0
"""Seconds that every server has after its first answer: what it loads behind that is no part of its speed."""
HEADS = ("stage", "function", "service")


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int = 2
    seconds: float = 1.5
    connections: tuple[int, ...] = (1, 8, 64)
    lengths: tuple[int, ...] = (300, 5000)
    rates: tuple[int, ...] = (150, 600)
    workers: tuple[int, ...] = (1, 2)


QUICK = Plan(1, 0.5, (1, 64), (300,), (150, 600), (1, 2))


@dataclass
class Found:
    """Measurements under their names, a value per round."""

    loads: dict[tuple[str, int, int], list[tuple[Load, float]]] = field(default_factory=lambda: defaultdict(list))
    """Server, characters, connections -> the load, and the server's CPU seconds meanwhile."""
    open: dict[tuple[str, int], list[Load]] = field(default_factory=lambda: defaultdict(list))
    """Server, requests a second -> the load, texts of 300 characters."""
    cold: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    batches: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    """Contestant, characters -> items per CPU second."""
    workers: dict[int, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    """Processes -> answers a second at 64 connections on all cores, and proportional megabytes."""


def measure(home: Path, plan: Plan) -> Found:
    """Everything, contestants in turns."""
    found = Found()
    for turn in range(plan.rounds):
        for name in NAMES:
            with server(name, home) as (port, process):
                found.cold[name].append(first_answer(name, home, port))
                time.sleep(SETTLING)
                _loads(found, name, home, port, process.pid, plan)
                found.memory[name].append(memory(process.pid))
            print(f"round {turn + 1} of {plan.rounds}: {name}", flush=True)
        for length in plan.lengths:
            found.batches["scikit-learn", length].append(_peer(home, length))
        _workers(found, home, plan)
    return found


def _loads(found: Found, name: str, home: Path, port: int, leader: int, plan: Plan) -> None:
    """One contestant's turn."""
    for length in plan.lengths:
        bodies = requests(name, home, texts(length))
        for connections in plan.connections:
            found.loads[name, length, connections].append(_spent(port, leader, bodies, connections, plan.seconds))
        if name == "sortation":
            load, spent = _spent(port, leader, batches(home, texts(length), BATCH), 1, plan.seconds)
            found.batches[name, length].append(load.answers * BATCH / max(spent, 0.01))
    bodies = requests(name, home, texts(300))
    for rate in plan.rates:
        found.open[name, rate].append(asyncio.run(open_loop(port, bodies, rate, plan.seconds)))


def _spent(port: int, leader: int, bodies: list[bytes], connections: int, seconds: float) -> tuple[Load, float]:
    asyncio.run(closed_loop(port, bodies, connections, 0.3))
    before = cpu(leader)
    load = asyncio.run(closed_loop(port, bodies, connections, seconds))
    return load, cpu(leader) - before


def _peer(home: Path, length: int) -> float:
    """Items per CPU second of scikit-learn's pipelines, a head per level, in batches of the same size."""
    import joblib

    heads = joblib.load(home / "naive.joblib")
    many = [texts(length)[k % 64] for k in range(BATCH)]
    heads[0].predict_proba(many[:2])
    began = time.process_time()
    for head in heads:
        head.predict_proba(many)
    return BATCH / (time.process_time() - began)


def _workers(found: Found, home: Path, plan: Plan) -> None:
    """Several processes on all cores, which the load has to share with them."""
    bodies = requests("sortation", home, texts(300))
    for count in plan.workers:
        with server(f"workers{count}", home, core=None) as (port, process):
            first_answer("sortation", home, port)
            for _ in range(count * 4):  # until every process has taken its model over
                asyncio.run(closed_loop(port, bodies, 64, 0.5, patient=True))
            load = _answered(port, bodies, plan.seconds)
            found.workers[count].append((load.rate, memory(process.pid)[1]))


def _answered(port: int, bodies: list[bytes], seconds: float, attempts: int = 20) -> Load:
    """A load that every process answered: one that has no model yet refuses, and the load begins again."""
    for _ in range(attempts - 1):
        with suppress(RuntimeError):
            return asyncio.run(closed_loop(port, bodies, 64, seconds))
    return asyncio.run(closed_loop(port, bodies, 64, seconds))


def main() -> None:
    """Measures and writes the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description=__doc__)
    parser.add_argument("home", type=Path, help="a trained home")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that everything runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "serving.md")
    told = parser.parse_args()
    plan = QUICK if told.quick else Plan()
    home = Path(tempfile.mkdtemp(prefix="sortation-bench-"))
    try:
        prepare(told.home, home)
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        write(told.out, report(measure(home, plan), plan))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
