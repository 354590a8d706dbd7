"""Contestants take turns in one process on one core, so that whatever disturbs the machine disturbs all of them."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Turns:
    """Seconds of one contestant in each round."""

    cpu: tuple[float, ...]
    wall: tuple[float, ...]


def one_core() -> None:
    """Pins this process to one of the cores it may use, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def take_turns(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Turns]:
    """Times each contestant once a round, in the same order, after one round that does not count."""
    cpu: dict[str, list[float]] = {name: [] for name in contestants}
    wall: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, run in contestants.items():
            began, used = time.perf_counter(), time.process_time()
            run()
            used, took = time.process_time() - used, time.perf_counter() - began
            if number:
                cpu[name].append(used)
                wall[name].append(took)
    return {name: Turns(tuple(cpu[name]), tuple(wall[name])) for name in contestants}


def ratio(slow: Sequence[float], fast: Sequence[float]) -> str:
    """How many times `fast` is faster: the median over rounds, and the quartiles."""
    low, mid, high = np.percentile(np.array(slow) / np.array(fast), [25, 50, 75])
    return f"{mid:.1f} ({low:.1f}–{high:.1f})"
