"""Whether probabilities mean what they say: how often answers given with about the same probability are right."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.decoding import Floats

Bools = np.ndarray[Any, np.dtype[np.bool_]]
BINS = 10
"""Bands of probability in a reliability diagram, of equal width."""


@dataclass(frozen=True)
class Bin:
    """The answers whose probability is in one band of a reliability diagram."""

    items: int
    probability: float
    """Mean probability they were given with, in [0, 1]."""
    share: float
    """Share of them that is right, in [0, 1]."""


def reliability(probability: Floats, correct: Bools) -> list[Bin]:
    """The bands that hold some of n answers, from doubtful to sure; both arguments of shape (n,)."""
    place = np.minimum((probability * BINS).astype(np.intp), BINS - 1)
    return [
        Bin(int(mine.sum()), float(probability[mine].mean()), float(correct[mine].mean()))
        for mine in (place == k for k in np.unique(place))
    ]
