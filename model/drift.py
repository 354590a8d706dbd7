"""Whether what is answered now looks like what was answered before: counts compared, sample size and all. Pure.

Every signal is a share of items per category: labels of a level, bands of confidence and of length, languages, unseen
vocabulary. Two samples are compared by the Jensen-Shannon distance; how likely such a distance is between samples of
one source is found by dealing the pooled items out anew (an exact permutation test), and the signals together keep
their rate of false alarms by Benjamini and Hochberg's rule (1995).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from model.document import Document, Prediction

Verdict = Literal["steady", "watch", "drifted", "too few"]
Floats = np.ndarray[Any, np.dtype[np.float64]]

FEWEST = 100
"""Items below which nothing is said."""
WATCH, DRIFT = 0.04, 0.08
"""Distances from which on a change that is no accident is worth watching, or is drift. Ten points more of one label are
0.16 where it had 3 % of the items, 0.11 where it had 15 %, 0.09 where it had 30 or 45 %."""
DOUBT, SURE = 0.02, 0.01
"""Rates of false alarms, over all signals together, at which a change counts as no accident: to watch, and as drift."""
DEALS, ROUNDS = 250, 8
"""Times that the pooled items are dealt out anew in a round, and rounds at most."""
PLENTY = 25
"""Deals as different as what was found after which it is plain enough that it is nothing special (Besag and Clifford,
1991)."""
CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
LENGTHS = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
"""Characters."""
SHOWN = 3
"""Categories that are named of each signal."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What drift looks at in one answered item; no text."""

    labels: Mapping[str, str]
    """Level -> label."""
    confidence: float
    """Probability that all labels are right, in [0, 1]."""
    length: int
    """Characters of the subject and the body that were classified."""
    unseen: bool
    """Whether most words were never seen in training."""
    language: str
    """ISO 639-1, or und."""

    @property
    def cells(self) -> dict[str, str]:
        """Signal -> the category in which the item falls."""
        found = {f"labels.{level}": label for level, label in self.labels.items()}
        found["confidence"] = _band(round(self.confidence, 4), CONFIDENCES)
        found["length"] = _band(self.length, LENGTHS)
        found["unseen"] = "mostly unseen" if self.unseen else "known"
        found["language"] = self.language
        return found


@dataclass(frozen=True)
class Profile:
    """How many of so many items fell where."""

    items: int
    counts: Mapping[str, Mapping[str, int]]
    """Signal -> category -> items."""


@dataclass(frozen=True)
class Change:
    """One category, before and now; shares in [0, 1]."""

    category: str
    before: float
    now: float


@dataclass(frozen=True)
class Signal:
    """What became of one signal."""

    name: str
    distance: float
    """Jensen-Shannon distance in [0, 1], less what samples of these sizes differ by anyway."""
    p_value: float
    """Probability of such a difference between samples of one source, adjusted for the number of signals."""
    verdict: Verdict
    changes: tuple[Change, ...]
    """The categories whose shares changed most, most first."""


def observed(prediction: Prediction, document: Document, language: str) -> Observation:
    """What drift looks at in a prediction of a prepared document."""
    return Observation(
        {label.level: label.name for label in prediction.labels},
        prediction.joint,
        len(document.subject) + len(document.body),
        "unseen_vocabulary" in prediction.doubts,
        language,
    )


def profile(observations: Iterable[Observation]) -> Profile:
    """The counts of any number of items."""
    counts: dict[str, Counter[str]] = {}
    items = 0
    for each in observations:
        items += 1
        for signal, category in each.cells.items():
            counts.setdefault(signal, Counter())[category] += 1
    return Profile(items, {signal: dict(sorted(found.items())) for signal, found in counts.items()})


def compare(reference: Profile, window: Profile) -> list[Signal]:
    """A verdict for each signal of the reference, in its order."""
    few = min(reference.items, window.items) < FEWEST
    tables = {name: _table(counts, window.counts.get(name, {})) for name, counts in reference.counts.items()}
    found = [(0.0, 1.0) if few else _difference(table) for _, table in tables.values()]
    adjusted = _adjusted([p for _, p in found])
    return [
        Signal(name, distance, p, "too few" if few else _verdict(distance, p), _changes(*tables[name]))
        for (name, (distance, _)), p in zip(zip(tables, found, strict=True), adjusted, strict=True)
    ]


def worst(signals: Iterable[Signal]) -> Verdict:
    """The gravest verdict among signals; too few where there are none."""
    order: tuple[Verdict, ...] = ("drifted", "watch", "steady", "too few")
    verdicts = {each.verdict for each in signals}
    return next((each for each in order if each in verdicts), "too few")


def jensen_shannon(one: Floats, other: Floats) -> Floats:
    """Jensen-Shannon divergence, in bits, of shares along the last axis; in [0, 1]."""
    middle = (one + other) / 2

    def towards(shares: Floats) -> Floats:
        safe = np.where(shares > 0, shares, 1)
        total: Floats = (shares * np.log2(safe / np.where(middle > 0, middle, 1))).sum(axis=-1)
        return total

    return (towards(one) + towards(other)) / 2


def _table(before: Mapping[str, int], now: Mapping[str, int]) -> tuple[list[str], np.ndarray[Any, Any]]:
    """The categories of both samples, and their counts, (2, n_categories)."""
    names = list(dict.fromkeys((*before, *now)))
    return names, np.array([[each.get(name, 0) for name in names] for each in (before, now)], dtype=np.int64)


def _difference(table: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Distance and p-value of two samples of counts, (2, n_categories)."""
    sizes = table.sum(axis=1, keepdims=True)
    if not sizes.all():
        return 0.0, 1.0
    found = float(jensen_shannon(*(table / sizes)))
    pooled, now = table.sum(axis=0), int(sizes[1, 0])
    # The same seed for the same counts: a verdict does not change by being asked for twice.
    random = np.random.Generator(np.random.PCG64(int(pooled.sum())))
    chance: list[Floats] = []
    extreme = 0
    while len(chance) < ROUNDS and extreme < PLENTY:
        dealt = random.multivariate_hypergeometric(pooled, now, size=DEALS)
        chance.append(jensen_shannon((pooled - dealt) / sizes[0, 0], dealt / now))
        extreme += int((chance[-1] >= found - 1e-12).sum())
    p = (1 + extreme) / (1 + DEALS * len(chance))
    return float(np.sqrt(max(found - float(np.mean(chance)), 0.0))), p


def _adjusted(p_values: list[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values, in the order given."""
    order = np.argsort(p_values)
    raised = np.array(p_values)[order] * len(p_values) / np.arange(1, len(p_values) + 1)
    result = np.empty(len(p_values))
    result[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1)
    return [float(each) for each in result]


def _verdict(distance: float, p: float) -> Verdict:
    if p <= SURE and distance >= DRIFT:
        return "drifted"
    return "watch" if p <= DOUBT and distance >= WATCH else "steady"


def _changes(names: list[str], table: np.ndarray[Any, Any]) -> tuple[Change, ...]:
    before, now = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    order = np.argsort(-np.abs(now - before), kind="stable")[:SHOWN]
    return tuple(Change(names[k], float(before[k]), float(now[k])) for k in order)


def _band(value: float, bounds: tuple[float, ...]) -> str:
    k = bisect_right(bounds, value)
    if k == 0:
        return f"under {bounds[0]:g}"
    return f"{bounds[-1]:g} or more" if k == len(bounds) else f"{bounds[k - 1]:g} to {bounds[k]:g}"
