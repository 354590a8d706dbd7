"""How errors fall with the number of items: a power law, and how far it can be believed. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.decoding import Floats

Bools = np.ndarray[Any, np.dtype[np.bool_]]
DRAWS = 400
"""Samples of the bootstrap."""
FLATTEST = 0.1
"""Exponent below which nothing is foretold: ten times the items would not even take a quarter of the errors away."""


@dataclass(frozen=True)
class Curve:
    """Errors at several sizes, and the exponent b of error = a · items^-b with its 90 % interval."""

    sizes: tuple[float, ...]
    """Items that were learned from."""
    errors: tuple[float, ...]
    """In [0, 1], over all labels."""
    exponent: float
    low: float
    high: float

    def more(self, items: int, error: float, wanted: float, farthest: int) -> tuple[int, int] | None:
        """From how many to how many more items take a label's error to what is wanted; None where nobody can tell.

        Labels are taken to learn alike: the exponent is that of all labels together.
        """
        if error <= wanted:
            return 0, 0
        if self.low < FLATTEST:
            return None
        few, many = (items * ((error / wanted) ** (1 / b) - 1) for b in (self.high, self.low))
        return None if many > farthest else (round(few), max(round(many), 1))


def fit_curve(sizes: Floats, wrong: Bools, seed: int) -> Curve:
    """The curve through errors at s sizes, (s,), from whether each of n items was answered wrongly, (s, n).

    The interval is a bootstrap over items: the same items are asked at each size.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    n = wrong.shape[1]
    draws = random.integers(0, n, (DRAWS, n))
    drawn = np.stack([row[draws].mean(axis=1) for row in wrong.astype(np.float64)])  # (s, DRAWS)
    errors = wrong.mean(axis=1)
    floor = 0.5 / n
    slopes = _exponents(sizes, np.maximum(drawn, floor))
    low, high = np.quantile(slopes, [0.05, 0.95])
    exponent = float(_exponents(sizes, np.maximum(errors, floor)[:, None])[0])
    return Curve(tuple(sizes.tolist()), tuple(errors.tolist()), exponent, float(low), float(high))


def _exponents(sizes: Floats, errors: Floats) -> Floats:
    """Least squares of log error on log size, for each column of errors (s, draws)."""
    x = np.log(np.maximum(sizes, 1))
    x = x - x.mean()
    slopes: Floats = -(x @ np.log(errors)) / np.maximum((x * x).sum(), 1e-9)
    return slopes
