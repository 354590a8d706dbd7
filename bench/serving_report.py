"""Measurements of servers -> the report. Medians over rounds; ratios are taken within a round."""

import os
import statistics
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bench.hosting import NAMES
from bench.machine import processor, versions
from bench.tables import table

if TYPE_CHECKING:
    from bench.serving import Found, Plan

SERVED_WITH = ("mlflow", "fastapi", "starlette", "uvicorn", "httptools", "uvloop", "pydantic", "sqlalchemy")
START, END = "<!-- speed -->", "<!-- /speed -->"
"""What stands between them is written here; what stands around them is kept."""


def median(values: Iterable[float]) -> float:
    """Of the rounds."""
    return float(statistics.median(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How many times as much, round by round."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def report(found: "Found", plan: "Plan") -> list[str]:
    """The parts of the report."""
    parts = [_about(plan)]
    parts += [f"## Closed loop, {length:,} characters\n\n{_closed(found, plan, length)}" for length in plan.lengths]
    parts.append(f"## What storage costs\n\n{_storage(found, plan)}")
    parts.append(
        "## Open loop, 300 characters\n\nRequests are sent at even intervals, whatever has been answered; latency "
        f"counts from the moment at which each should have been sent.\n\n{_open(found, plan)}"
    )
    parts.append(
        "## Batches of 256, per core\n\nOurs: `POST /v1/classify/batch` through the whole server, storage on. "
        "scikit-learn: `predict_proba` of its three pipelines in a process of its own, no server.\n\n"
        f"{_batches(found, plan)}"
    )
    parts.append(f"## Start and memory\n\n{_start(found)}")
    parts.append(
        "## Several processes\n\n`sortation serve --workers N` on all cores, which the load shares; 64 connections, "
        f"300 characters. Proportional memory counts what processes have in common once.\n\n{_workers(found)}"
    )
    return parts


def write(path: Path, parts: Sequence[str]) -> None:
    """Writes the report between its marks, and prints it."""
    text = "\n\n".join(parts)
    old = path.read_text(encoding="utf-8") if path.exists() else f"# Serving, side by side\n\n{START}\n{END}\n"
    before, _, rest = old.partition(START)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before}{START}\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(text)


def _about(plan: "Plan") -> str:
    served = ", ".join(f"{name} {version(name)}" for name in SERVED_WITH)
    return (
        f"{processor()}; {versions()}, {served}. Server on one core, load on another; measured from 3 s after its "
        f"first answer on; medians of {plan.rounds} "
        f"interleaved rounds of {plan.seconds:g} s; load average at the end {os.getloadavg()[1]:.1f}. `sortation` has "
        "authentication, validation, limits, metrics and storage on (SQLite, every commit on disk); "
        "`sortation_unstored` has a store that forgets. `mlflow` is `mlflow models serve` of a scikit-learn pipeline "
        "(TF-IDF of words and pairs, logistic regression) with one head, `naive` FastAPI around three of them, trained "
        "on a third of the corpus. `python -m bench.serving HOME` writes this."
    )


def _closed(found: "Found", plan: "Plan", length: int) -> str:
    head = ("server", "connections", "answers/s", "per CPU second", "p50 ms", "p99 ms", "× mlflow", "× echo ASGI")
    rows = []
    for connections in plan.connections:
        rates = {n: [load.rate for load, _ in found.loads[n, length, connections]] for n in NAMES}
        for name in NAMES:
            rounds = found.loads[name, length, connections]
            cpu = median(load.answers / max(spent, 0.01) for load, spent in rounds)
            p50, p99 = (median(load.percentile(share) for load, _ in rounds) for share in (0.5, 0.99))
            rows.append(
                (name, str(connections), f"{median(rates[name]):,.0f}", f"{cpu:,.0f}", f"{p50:.2f}", f"{p99:.2f}",
                 f"{ratio(rates[name], rates['mlflow']):.1f}", f"{ratio(rates[name], rates['echo_asgi']):.2f}")
            )  # fmt: skip
    return table(head, rows)


def _storage(found: "Found", plan: "Plan") -> str:
    rows = []
    for length in plan.lengths:
        for connections in plan.connections:
            on, off = (found.loads[name, length, connections] for name in ("sortation", "sortation_unstored"))
            each = [median(spent / load.answers for load, spent in rounds) * 1e6 for rounds in (on, off)]
            share = ratio([load.rate for load, _ in on], [load.rate for load, _ in off])
            rows.append((f"{length:,}", str(connections), f"{each[0]:,.0f}", f"{each[1]:,.0f}", f"{share:.2f}"))
    return table(("characters", "connections", "CPU µs, stored", "CPU µs, not stored", "rate, stored : not"), rows)


def _open(found: "Found", plan: "Plan") -> str:
    rows = []
    for rate in plan.rates:
        for name in NAMES:
            loads = found.open[name, rate]
            p50, p99 = (median(load.percentile(share) for load in loads) for share in (0.5, 0.99))
            rows.append((name, str(rate), f"{median(load.rate for load in loads):,.0f}", f"{p50:.2f}", f"{p99:.2f}"))
    return table(("server", "sent/s", "answered/s", "p50 ms", "p99 ms"), rows)


def _batches(found: "Found", plan: "Plan") -> str:
    rows = []
    for length in plan.lengths:
        ours, theirs = found.batches["sortation", length], found.batches["scikit-learn", length]
        rows.append((f"{length:,}", f"{median(ours):,.0f}", f"{median(theirs):,.0f}", f"{ratio(ours, theirs):.2f}"))
    return table(("characters", "our items per CPU second", "scikit-learn's", "ratio"), rows)


def _start(found: "Found") -> str:
    rows = []
    for name in NAMES:
        resident = [rss for rss, _ in found.memory[name]]
        theirs = [rss for rss, _ in found.memory["mlflow"]]
        cold = found.cold[name]
        rows.append(
            (name, f"{median(cold):.2f}", f"{ratio(cold, found.cold['mlflow']):.2f}", f"{median(resident):,.0f}",
             f"{ratio(resident, theirs):.2f}")
        )  # fmt: skip
    return table(("server", "first answer after s", ": mlflow", "resident MB", ": mlflow"), rows)


def _workers(found: "Found") -> str:
    rows = [
        (str(count), f"{median(rate for rate, _ in rounds):,.0f}", f"{median(pss for _, pss in rounds):,.0f}")
        for count, rounds in sorted(found.workers.items())
    ]
    return table(("processes", "answers/s", "proportional MB"), rows)
