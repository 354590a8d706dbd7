"""Scores of heads -> probabilities of allowed combinations. Pure arithmetic; knows no text.

The joint distribution is a log-linear model over the allowed combinations: each adds up the scores of the columns it is
made of, one a head, and the softmax runs over combinations. Its marginals therefore agree with each other and never
contradict the taxonomy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, get_args

import numpy as np

from model.taxonomy import Taxonomy

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
"""Single precision on the hot path, double where a fit needs it."""
Places = np.ndarray[Any, np.dtype[np.intp]]
Heads = Literal["levels", "combinations", "both"]
"""What has score columns: the labels of each level, each whole combination, or, while training, both."""
LEAST = 1e-9
"""Probability below which a label's is not told apart from none."""
MOST_CELLS = 100_000
"""Combinations times labels up to which a dense matrix of them is quicker than a sum for each label."""
HEADS: tuple[Heads, ...] = get_args(Heads)


@dataclass(frozen=True, eq=False)
class Decoder:
    """Which labels and which score columns make up which combination."""

    members: Places
    """For each combination the column of its label on each level, over all levels; (n_combinations, n_levels)."""
    widths: tuple[int, ...]
    """Columns per level: its labels and out of scope."""
    heads: Places
    """For each combination its score column in each head, over all heads; (n_combinations, n_heads)."""
    head_widths: tuple[int, ...]
    """Score columns per head."""

    @classmethod
    def of(cls, taxonomy: Taxonomy, heads: Heads = "levels") -> "Decoder":
        """The decoder of a taxonomy's combinations, in their order."""
        widths = tuple(len(columns) for columns in taxonomy.columns)
        members = taxonomy.members + np.cumsum([0, *widths[:-1]])
        each, count = np.arange(len(members))[:, None], len(members)
        if heads == "levels":
            return cls(members, widths, members, widths)
        if heads == "combinations":
            return cls(members, widths, each, (count,))
        return cls(members, widths, np.hstack([members, sum(widths) + each]), (*widths, count))

    @property
    def columns(self) -> int:
        """Score columns in all."""
        return sum(self.head_widths)

    def joint(self, scores: Floats) -> Floats:
        """Probabilities of the combinations from scores (n, columns); shape (n, n_combinations), rows add up to 1."""
        if self._plain:
            total = scores - np.maximum.reduce(scores, axis=1, keepdims=True)
        else:
            first, *others = self._places
            total = scores.take(first, axis=1)
            for places in others:
                total += scores.take(places, axis=1)
            total -= np.maximum.reduce(total, axis=1, keepdims=True)
        np.exp(total, out=total)
        total /= np.add.reduce(total, axis=1, keepdims=True)
        return total

    def marginals(self, joint: Floats) -> Floats:
        """Probabilities of every level's labels, shape (n, labels); each level's columns add up to 1."""
        if len(self.widths) == 1:
            return joint  # one level: its combinations are its labels
        if self._membership is not None:
            found: Floats = joint.dot(self._membership.astype(joint.dtype, copy=False))
            return found
        return _gathered(joint, self._by_label, sum(self.widths))

    def expected(self, joint: Floats) -> Floats:
        """How probable each score column's part of the truth is, (n, columns); each head's columns add up to 1."""
        if len(self.head_widths) == 1:
            return joint
        return _gathered(joint, self._by_head, self.columns)

    def weighed(self, joint: Floats, powers: Sequence[float]) -> Floats:
        """The joint distribution times each level's marginals to a power, one a level; rows add up to 1 again."""
        labels = np.maximum(self.marginals(joint), LEAST)
        np.log(labels, out=labels)
        labels *= per_column(tuple(powers), self.widths, joint.dtype)
        if self._membership is not None:
            total: Floats = labels.dot(self._membership.T.astype(joint.dtype, copy=False))
        else:
            total = labels.take(self.members, axis=1).sum(axis=2)
        total -= np.maximum.reduce(total, axis=1, keepdims=True)
        np.exp(total, out=total)
        total *= joint
        total /= np.add.reduce(total, axis=1, keepdims=True)
        return total

    def split(self, labels: Floats) -> list[Floats]:
        """The columns of each level, as views."""
        return np.split(labels, np.cumsum(self.widths)[:-1], axis=1)

    def folded(self, weights: Floats) -> Floats:
        """Weights (features, columns) added up to one column a combination, (features, n_combinations)."""
        total: Floats = sum(weights.take(places, axis=1) for places in self._places)  # type: ignore[assignment]
        return total

    @cached_property
    def _plain(self) -> bool:
        """Whether score columns are combinations, in their order."""
        return len(self.head_widths) == 1 and bool((self.heads[:, 0] == np.arange(len(self.heads))).all())

    @cached_property
    def _membership(self) -> Floats | None:
        """Which label is in which combination, 0 or 1, (n_combinations, labels): one product instead of many sums.

        None where it would be large.
        """
        count, labels = len(self.members), sum(self.widths)
        if count * labels > MOST_CELLS:
            return None
        made = np.zeros((count, labels), dtype=np.float32)
        made[np.arange(count)[:, None], self.members] = 1
        return made

    @cached_property
    def _places(self) -> Sequence[Places]:
        """Per head the column of each combination."""
        return [np.ascontiguousarray(column) for column in self.heads.T]

    @cached_property
    def _by_label(self) -> Sequence[tuple[Places, Places, Places]]:
        return _groups(self.members)

    @cached_property
    def _by_head(self) -> Sequence[tuple[Places, Places, Places]]:
        return _groups(self.heads)


@lru_cache(maxsize=64)
def per_column(values: tuple[float, ...], widths: tuple[int, ...], kind: np.dtype[Any]) -> Floats:
    """Each value as often as its group is wide, (sum of widths,); remembered, and so read-only."""
    found = np.array(values, dtype=kind).repeat(widths)
    found.flags.writeable = False
    return found


def _groups(members: Places) -> Sequence[tuple[Places, Places, Places]]:
    """Of each column of `members`: the combinations in its order, where each value's run begins, and the values."""
    found = []
    for column in members.T:
        order = np.argsort(column, kind="stable")
        starts = np.flatnonzero(np.diff(column[order], prepend=-1))
        found.append((order, starts, column[order[starts]]))
    return found


def _gathered(joint: Floats, groups: Sequence[tuple[Places, Places, Places]], width: int) -> Floats:
    """Sums of the joint distribution over the combinations that share a column, (n, width)."""
    result = np.zeros((len(joint), width), dtype=joint.dtype)
    for order, starts, columns in groups:
        result[:, columns] = np.add.reduceat(joint[:, order], starts, axis=1)
    return result
