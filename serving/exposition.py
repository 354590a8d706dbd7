"""Counters, gauges and histograms in Prometheus' text format (0.0.4). Knows nothing of what they count."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from threading import Lock

KIND = "text/plain; version=0.0.4; charset=utf-8"


class Series:
    """One name with its values, a value per combination of labels. Safe to share between threads."""

    def __init__(self, kind: str, name: str, about: str, labels: Sequence[str] = ()) -> None:
        self._head = f"# HELP {name} {about}\n# TYPE {name} {kind}\n"
        self._name, self._labels = name, tuple(labels)
        self._values: dict[tuple[str, ...], float] = {} if labels else {(): 0.0}
        self._lock = Lock()

    def inc(self, *labels: str, by: float = 1) -> None:
        """Counts."""
        with self._lock:
            self._values[labels] = self._values.get(labels, 0) + by

    def set(self, value: float, *labels: str) -> None:
        """The present value of a gauge."""
        self._values[labels] = value

    def lines(self) -> Iterable[str]:
        """The series as text."""
        yield self._head
        for labels, value in list(self._values.items()):
            yield f"{self._name}{_braced(self._labels, labels)} {value:.16g}\n"


class Histogram:
    """One name with counts per bucket, for each combination of labels."""

    def __init__(self, name: str, about: str, bounds: Sequence[float], labels: Sequence[str] = ()) -> None:
        self._head = f"# HELP {name} {about}\n# TYPE {name} histogram\n"
        self._name, self._labels, self._bounds = name, tuple(labels), tuple(bounds)
        self._counts: dict[tuple[str, ...], list[float]] = {}
        self._lock = Lock()

    def observe(self, value: float, *labels: str) -> None:
        """Counts a value under its bucket."""
        with self._lock:
            counts = self._counts.get(labels)
            if counts is None:
                counts = self._counts[labels] = [0.0] * (len(self._bounds) + 2)
            counts[bisect_left(self._bounds, value)] += 1
            counts[-1] += value

    def lines(self) -> Iterable[str]:
        """The histogram as text, its buckets added up."""
        yield self._head
        for labels, counts in list(self._counts.items()):
            total = 0.0
            for bound, count in zip((*self._bounds, float("inf")), list(counts), strict=False):
                total += count
                end = "+Inf" if bound == float("inf") else f"{bound:g}"
                yield f"{self._name}_bucket{_braced((*self._labels, 'le'), (*labels, end))} {total:.16g}\n"
            braced = _braced(self._labels, labels)
            yield f"{self._name}_sum{braced} {counts[-1]:.16g}\n{self._name}_count{braced} {total:.16g}\n"


def _braced(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return "{" + pairs + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
