"""A promised error rate: thresholds above which answers may be acted on alone, from the calibration share. Pure.

For each predicted label a fixed sequence of thresholds is walked from sure to less sure; each is kept while the exact
binomial test rejects "the error above it exceeds the promise" (Learn-then-Test with fixed-sequence testing,
Angelopoulos et al., 2021; Clopper and Pearson, 1934). The walk ends at the first threshold that cannot be kept.
"""

import math
from dataclasses import dataclass, replace
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
"""The pooled promise: over all labels without one of their own together."""


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
    """Calibration items at or above the threshold; of a label that is refuted, at or above the pooled one; else 0."""
    missing: int
    """Sure and correct answers that would still have to be added before a promise is possible; 0 where there is one."""

    @property
    def refuted(self) -> bool:
        """Whether the label's own items show that it errs more than promised where the pooled promise would act."""
        return self.threshold is None and self.covered > 0


@dataclass(frozen=True)
class Guarantee:
    """Thresholds that keep the error among automatically handled items at or below `error_rate`."""

    error_rate: float
    confidence_level: float
    promises: dict[str, Promise]
    """Predicted label of the last level -> promise; under ANY the pooled one."""

    def threshold(self, label: str) -> float | None:
        """The joint probability from which `label` may be acted on alone; None: never."""
        own, pooled = self.promises.get(label), self.promises.get(ANY)
        if own is not None and (own.threshold is not None or own.refuted):
            return own.threshold
        return None if pooled is None else pooled.threshold

    @property
    def coverage(self) -> float:
        """Share of calibration items that may be acted on alone, in [0, 1]."""
        own = [promise for label, promise in self.promises.items() if label != ANY]
        pooled = self.promises.get(ANY, Promise(None, 0, 0, 0, 0))
        covered = pooled.covered + sum(each.covered * (-1 if each.refuted else 1) for each in own)
        items = sum(each.items for each in own) or pooled.items
        return min(covered / items, 1.0) if items else 0.0


def items_needed(error_rate: float, confidence_level: float, errors: int = 0) -> int:
    """Fewest items with `errors` errors among them from which the exact bound stays at or below `error_rate`."""
    enough = max(errors + 1, math.ceil(math.log(1 - confidence_level) / math.log(1 - error_rate)))
    short = enough - 1
    while at_most(errors, enough, error_rate) > 1 - confidence_level:
        short, enough = enough, 2 * enough
    while enough - short > 1:
        middle = (short + enough) // 2
        if at_most(errors, middle, error_rate) > 1 - confidence_level:
            short = middle
        else:
            enough = middle
    return enough


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
    return Promise(None, len(wrong), int(wrong.sum()), 0, _missing(probability, wrong, error_rate, confidence_level))


def _missing(probability: Floats, wrong: Bools, error_rate: float, confidence_level: float) -> int:
    """Fewest sure and correct answers, at least 1, with which the walk would keep a threshold."""
    need = items_needed(error_rate, confidence_level)
    above = [probability >= threshold for threshold in GRID]
    counts = [(int(each.sum()), int(wrong[each].sum())) for each in above]
    for more in sorted({max(items_needed(error_rate, confidence_level, bad) - all_, 1) for all_, bad in counts}):
        tried = next(((all_ + more, bad) for all_, bad in counts if all_ + more >= need), None)
        if tried is not None and at_most(tried[1], tried[0], error_rate) <= 1 - confidence_level:
            return more
    raise AssertionError("with enough correct answers every threshold passes")


def guarantee(
    labels: list[str], predicted: Ints, probability: Floats, wrong: Bools, rates: tuple[float, float]
) -> Guarantee:
    """Promises per label and pooled. `predicted` (n,) indexes `labels`; rates are (error_rate, confidence_level).

    A label with a promise of its own leaves the pool, so that no other label hides behind its right answers. A label
    whose items refute the pooled promise (exact binomial test at 1 - confidence_level) has none.
    """
    error_rate, level = rates
    own = [promise(probability[predicted == k], wrong[predicted == k], error_rate, level) for k in range(len(labels))]
    rest = np.array([each.threshold is None for each in own])[predicted]
    pooled = promise(probability[rest], wrong[rest], error_rate, level)
    if pooled.threshold is not None:
        for k, each in enumerate(own):
            alone = (predicted == k) & (probability >= pooled.threshold)
            items, errors = int(alone.sum()), int(wrong[alone].sum())
            if each.threshold is None and errors and 1 - at_most(errors - 1, items, error_rate) <= 1 - level:
                own[k] = replace(each, errors=errors, covered=items)
    return Guarantee(error_rate, level, {ANY: pooled} | dict(zip(labels, own, strict=True)))


def conformal_threshold(truth_probability: Floats, miss_rate: float) -> float:
    """Smallest probability that a label needs to be in a prediction set that misses the truth at most `miss_rate`.

    Split conformal prediction on the calibration probabilities of the true combinations, shape (n,); 0.0 (all labels)
    where there are too few items for the rate.
    """
    rank = math.floor((len(truth_probability) + 1) * miss_rate)
    return float(np.sort(truth_probability)[rank - 1]) if rank >= 1 else 0.0
