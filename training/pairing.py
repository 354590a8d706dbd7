"""Paired statistics of two classifiers on the same items: McNemar's test and the bootstrap. Knows no classifier.

Right and wrong are paired: McNemar's exact test looks only at items on which the two differ, and the intervals of
differences come from resampling items, the same ones for both (Efron and Tibshirani, 1993), seeded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest

from model.decoding import Floats

Ints = np.ndarray[Any, np.dtype[np.intp]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
CELLS = 4_000_000
"""Cells of the matrix of resamples that is held at once."""


@dataclass(frozen=True)
class Difference:
    """A rate of the first and of the second, and the 95 % interval of second minus first."""

    first: float
    second: float
    low: float
    high: float


@dataclass(frozen=True)
class Paired:
    """How two classifiers differ in what they get right."""

    won: int
    """Items that the second alone gets right."""
    lost: int
    """Items that the first alone gets right."""

    @property
    def p(self) -> float:
        """Probability of a difference at least as large by chance (McNemar's exact test, two-sided)."""
        return float(binomtest(self.won, self.won + self.lost).pvalue) if self.won + self.lost else 1.0

    @property
    def p_worse(self) -> float:
        """Probability of at least as many losses by chance, were the second no worse (one-sided)."""
        lost, both = self.lost, self.won + self.lost
        return float(binomtest(lost, both, alternative="greater").pvalue) if both else 1.0


def paired(first: Bools, second: Bools) -> Paired:
    """How two rows of right and wrong differ."""
    return Paired(int((second & ~first).sum()), int((first & ~second).sum()))


def resamples(count: int, samples: int, seed: int) -> Iterator[Floats]:
    """How often each of `count` items is drawn in each of `samples` resamples, a stretch of them at a time."""
    rng = np.random.default_rng(seed)
    step = max(1, CELLS // count)
    for start in range(0, samples, step):
        rows = min(step, samples - start)
        drawn = rng.integers(count, size=(rows, count)) + np.arange(rows)[:, None] * count
        yield np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float32)


class Marks:
    """What is right on each item, such that weights of items times marks give all rates at once."""

    def __init__(self, truth: Ints, said: tuple[Ints, Ints], right: tuple[Bools, Bools], columns: int) -> None:
        """From columns of true and given labels, (n, n_levels), and whether all levels are right, (n,)."""
        self.columns, self.levels = columns, truth.shape[1]
        self._has = self._one_hot(truth)
        self._said = [self._one_hot(each) for each in said]
        self._level = [(each == truth).astype(np.float32) for each in said]
        self._right = [each[:, None].astype(np.float32) for each in right]
        self._owner = np.zeros(columns, dtype=np.intp)
        for level in range(self.levels):
            self._owner[np.unique(truth[:, level])] = level
        self._present = self._has.any(axis=0)

    def _one_hot(self, labels: Ints) -> Floats:
        made = np.zeros((len(labels), self.columns), dtype=np.float32)
        np.put_along_axis(made, labels, 1, axis=1)
        return made

    def rates(self, weights: Floats) -> Floats:
        """For each row of weights (r, n): accuracy, per level accuracy, per label F1 and recall, per level macro-F1.

        Shape (r, number of rates, 2), the last axis first and second classifier.
        """
        support, total = weights @ self._has, weights.sum(axis=1, keepdims=True)
        made = []
        for said, level, right in zip(self._said, self._level, self._right, strict=True):
            hits = weights @ (said * self._has)
            f1 = 2 * hits / np.maximum(support + weights @ said, 1)
            macro = np.stack([f1[:, self._present & (self._owner == k)].mean(axis=1) for k in range(self.levels)], 1)
            recall = hits / np.maximum(support, 1)
            made.append(np.hstack([weights @ right / total, weights @ level / total, f1, recall, macro]))
        return np.stack(made, axis=2)

    def paired(self, level: int) -> Paired:
        """Right and wrong on one level."""
        return paired(*(each[:, level] > 0 for each in self._level))

    def one_vs_rest(self) -> list[Paired]:
        """Per label: right is having it where it belongs and not having it elsewhere."""
        first, second = (said == self._has for said in self._said)
        return [paired(first[:, c], second[:, c]) for c in range(self.columns)]
