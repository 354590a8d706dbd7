"""Scores per level -> probabilities of allowed combinations. Pure arithmetic; knows no text.

The joint distribution is a log-linear model over the allowed combinations: each adds up its labels' scores, and the
softmax runs over combinations. Its marginals therefore agree with each other and never contradict the taxonomy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from model.taxonomy import Taxonomy

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
"""Single precision on the hot path, double where a fit needs it."""
Places = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True, eq=False)
class Decoder:
    """Which score columns make up which combination."""

    members: Places
    """For each combination the column of its label on each level, over all levels; (n_combinations, n_levels)."""
    widths: tuple[int, ...]
    """Columns per level: its labels and out of scope."""

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> "Decoder":
        """The decoder of a taxonomy's combinations, in their order."""
        widths = tuple(len(columns) for columns in taxonomy.columns)
        return cls(taxonomy.members + np.cumsum([0, *widths[:-1]]), widths)

    @property
    def columns(self) -> int:
        """Score columns in all."""
        return sum(self.widths)

    def joint(self, scores: Floats) -> Floats:
        """Probabilities of the combinations from scores (n, columns); shape (n, n_combinations), rows add up to 1."""
        first, *others = self._places
        total = scores.take(first, axis=1)
        for places in others:
            total += scores.take(places, axis=1)
        total -= total.max(axis=1, keepdims=True)
        np.exp(total, out=total)
        total /= total.sum(axis=1, keepdims=True)
        return total

    def marginals(self, joint: Floats) -> Floats:
        """Probabilities of every level's labels, shape (n, columns); each level's columns add up to 1."""
        if len(self.widths) == 1:
            return joint  # one level: its combinations are its columns
        result = np.zeros((len(joint), self.columns), dtype=joint.dtype)
        for level in range(self.members.shape[1]):
            order, starts = self._grouped[level]
            columns = self.members[order[starts], level]
            result[:, columns] = np.add.reduceat(joint[:, order], starts, axis=1)
        return result

    @cached_property
    def _places(self) -> Sequence[Places]:
        """Per level the column of each combination."""
        return [np.ascontiguousarray(column) for column in self.members.T]

    @cached_property
    def _grouped(self) -> Sequence[tuple[Places, Places]]:
        """Per level the combinations ordered by column, and where each column's run begins."""
        orders = [np.argsort(column, kind="stable") for column in self.members.T]
        return [
            (order, np.flatnonzero(np.diff(column[order], prepend=-1)))
            for order, column in zip(orders, self.members.T, strict=True)
        ]

    def split(self, columns: Floats) -> list[Floats]:
        """The columns of each level, as views."""
        return np.split(columns, np.cumsum(self.widths)[:-1], axis=1)
