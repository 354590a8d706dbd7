"""Prediction sets: labels that together miss the right one no more often than promised. Pure.

Split conformal prediction (Vovk et al., 2005; Angelopoulos and Bates, 2021): a label is in the set if its probability
reaches the cutoff that all but a given share of the calibration items' right labels reached. The promise holds on
average over items that come from where the calibration items came from, for each level by itself and for whole
combinations. Out of scope is a label like any other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from model.decoding import Decoder, Floats, Places
from model.guarantee import Bools, conformal_threshold
from model.taxonomy import Taxonomy

T = TypeVar("T")
RATES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Error rates for which training computes cutoffs."""


@dataclass(frozen=True)
class Cutoffs:
    """What a label's probability must reach to be in a set at one error rate."""

    error_rate: float
    """Share of items whose set misses the right label, at most, in (0, 1)."""
    items: int
    """Calibration items that the cutoffs are from."""
    levels: tuple[float, ...]
    """One per level, in [0, 1]."""
    joint: float
    """For whole combinations, in [0, 1]."""

    @property
    def missing(self) -> int:
        """Calibration items that it takes before any set but the full one keeps the rate; 0 where there are enough."""
        return max(math.ceil(1 / self.error_rate) - 1 - self.items, 0)


@dataclass(frozen=True)
class LabelSets:
    """The labels that come into question for one item, likeliest first; never empty."""

    levels: tuple[tuple[str, ...], ...]
    """Per level."""
    combinations: tuple[tuple[str, ...], ...]


def cutoffs(joint: Floats, truth: Places, decoder: Decoder, rates: tuple[float, ...] = RATES) -> tuple[Cutoffs, ...]:
    """Cutoffs from calibration items: `joint` is (n, n_combinations), `truth` (n,) numbers the right combinations."""
    each = np.arange(len(truth))
    marginals = decoder.marginals(joint)
    per_level = [marginals[each, decoder.members[truth, level]] for level in range(len(decoder.widths))]
    return tuple(
        Cutoffs(
            rate,
            len(truth),
            tuple(conformal_threshold(own, rate) for own in per_level),
            conformal_threshold(joint[each, truth], rate),
        )
        for rate in sorted(rates)
    )


def inside(joint: Floats, decoder: Decoder, bar: Cutoffs) -> tuple[list[Bools], Bools]:
    """Which labels are in the sets: per level (n, labels), and (n, n_combinations). What is predicted always is."""
    each, best = np.arange(len(joint)), joint.argmax(axis=1)
    combinations = joint >= bar.joint
    combinations[each, best] = True
    levels, first = [], 0
    for level, own in enumerate(decoder.split(decoder.marginals(joint))):
        chosen = own >= bar.levels[level]
        chosen[each, decoder.members[best, level] - first] = True
        levels.append(chosen)
        first += own.shape[1]
    return levels, combinations


def label_sets(joint: Floats, taxonomy: Taxonomy, decoder: Decoder, bar: Cutoffs) -> list[LabelSets]:
    """The sets of n items."""
    marginals = decoder.split(decoder.marginals(joint))
    levels, combinations = inside(joint, decoder, bar)
    return [
        LabelSets(
            tuple(
                _named(names, own[k], chosen[k])
                for names, own, chosen in zip(taxonomy.columns, marginals, levels, strict=True)
            ),
            _named(taxonomy.combinations, joint[k], combinations[k]),
        )
        for k in range(len(joint))
    ]


def _named(names: Sequence[T], probability: Floats, chosen: Bools) -> tuple[T, ...]:
    """The chosen names, likeliest first."""
    return tuple(names[k] for k in np.argsort(-probability, kind="stable").tolist() if chosen[k])
