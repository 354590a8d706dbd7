"""A promised error rate: thresholds above which answers may be acted on alone, from the calibration share. Pure.

For each predicted label a fixed sequence of thresholds is walked from sure to less sure; each is kept while the exact
binomial test rejects "the error above it exceeds the promise" (Learn-then-Test with fixed-sequence testing,
Angelopoulos et al., 2021; Clopper and Pearson, 1934). The walk ends at the first threshold that cannot be kept.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.binomial import at_most
from model.decoding import Floats

Ints = np.ndarray[Any, np.dtype[np.intp]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

GRID = (
    0.9995,
    0.999,
    0.998,
    0.995,
    0.99,
    0.98,
    0.97,
    0.95,
    0.93,
    0.9,
    0.87,
    0.84,
    0.8,
    0.75,
    0.7,
    0.65,
    0.6,
    0.55,
    0.5,
    0.4,
    0.3,
    0.2,
    0.0,
)
"""Thresholds that may be tried, in order; fixed beforehand, or the test would not be exact."""
ANY = "*"
"""The pooled promise: over all labels together, for those without enough items of their own."""


@dataclass(frozen=True)
class Promise:
    """What is promised for one predicted label, or why nothing is."""

    threshold: float | None
    """Act alone at this joint probability or above; None: never."""
    items: int
    """Calibration items that were predicted so."""
    errors: int
    """Errors among those at or above the threshold."""
    covered: int
    """Calibration items at or above the threshold."""
    missing: int
    """Correct items that would still have to be added before a promise is possible; 0 where there is one."""


@dataclass(frozen=True)
class Guarantee:
    """Thresholds that keep the error among automatically handled items at or below `error_rate`."""

    error_rate: float
    confidence_level: float
    promises: dict[str, Promise]
    """Predicted label of the last level -> promise; under ANY the pooled one."""

    def threshold(self, label: str) -> float | None:
        """The joint probability from which `label` may be acted on alone; None: never."""
        own = self.promises.get(label)
        pooled = self.promises.get(ANY)
        if own is not None and own.threshold is not None:
            return own.threshold
        return None if pooled is None else pooled.threshold

    @property
    def coverage(self) -> float:
        """Share of calibration items that the pooled promise covers, in [0, 1]."""
        pooled = self.promises.get(ANY)
        return pooled.covered / pooled.items if pooled and pooled.items else 0.0


def items_needed(error_rate: float, confidence_level: float, errors: int = 0) -> int:
    """Fewest items with `errors` errors among them from which the exact bound stays at or below `error_rate`."""
    items = max(errors + 1, math.ceil(math.log(1 - confidence_level) / math.log(1 - error_rate)))
    while at_most(errors, items, error_rate) > 1 - confidence_level:
        items += 1
    return items


def promise(probability: Floats, wrong: Bools, error_rate: float, confidence_level: float) -> Promise:
    """The lowest threshold that keeps the promise, from n calibration answers; probability and wrong are (n,)."""
    need = items_needed(error_rate, confidence_level)
    kept: tuple[float, int, int] | None = None
    for threshold in GRID:
        above = probability >= threshold
        covered, errors = int(above.sum()), int(wrong[above].sum())
        if covered < need:
            continue  # no number of correct answers could pass: not a test, so the sequence goes on
        if at_most(errors, covered, error_rate) > 1 - confidence_level:
            break
        kept = (threshold, errors, covered)
    if kept is not None:
        return Promise(kept[0], len(wrong), kept[1], kept[2], 0)
    mistakes = int(wrong.sum())
    missing = max(items_needed(error_rate, confidence_level, mistakes) - len(wrong), 1)
    return Promise(None, len(wrong), mistakes, 0, missing)


def guarantee(
    labels: list[str], predicted: Ints, probability: Floats, wrong: Bools, rates: tuple[float, float]
) -> Guarantee:
    """Promises per label and pooled. `predicted` (n,) indexes `labels`; rates are (error_rate, confidence_level)."""
    error_rate, level = rates
    promises = {ANY: promise(probability, wrong, error_rate, level)}
    for k, label in enumerate(labels):
        mine = predicted == k
        promises[label] = promise(probability[mine], wrong[mine], error_rate, level)
    return Guarantee(error_rate, level, promises)


def conformal_threshold(truth_probability: Floats, miss_rate: float) -> float:
    """Smallest probability that a label needs to be in a prediction set that misses the truth at most `miss_rate`.

    Split conformal prediction on the calibration probabilities of the true combinations, shape (n,); 0.0 (all labels)
    where there are too few items for the rate.
    """
    rank = math.floor((len(truth_probability) + 1) * miss_rate)
    return float(np.sort(truth_probability)[rank - 1]) if rank >= 1 else 0.0
