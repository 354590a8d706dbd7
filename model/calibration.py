"""Scores that mean what they say: a scale per level and a shift for out of scope, fitted on a share of its own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from model.decoding import Decoder, Floats

Ints = np.ndarray[Any, np.dtype[np.intp]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

FEWEST = 20
"""Items below which scores are left as they are: three numbers fitted on fewer would be noise."""


@dataclass(frozen=True)
class Calibration:
    """How scores are rescaled before decoding; all ones and zero leave them as they are."""

    scales: tuple[float, ...]
    """Inverse temperature per level, positive."""
    out_of_scope: float = 0.0
    """Added to the out-of-scope score of the first level, in logits."""

    def apply(self, scores: Floats, widths: tuple[int, ...]) -> Floats:
        """Calibrated scores, same shape (n, columns)."""
        scaled = scores * np.repeat(np.array(self.scales, dtype=scores.dtype), widths)
        scaled[:, widths[0] - 1] += np.asarray(self.out_of_scope, dtype=scores.dtype)
        return scaled


def fit_calibration(scores: Floats, truth: Ints, decoder: Decoder) -> Calibration:
    """The calibration with the least joint log loss on scores (n, columns) whose true combinations are `truth` (n,).

    A generalisation of temperature scaling (Guo et al., 2017) to several levels decoded together: the scales are one
    per level, and a weak prior keeps them near 1 where there are few items.
    """
    levels = len(decoder.widths)
    if len(truth) < FEWEST:
        return Calibration((1.0,) * levels)
    wide = scores.astype(np.float64)
    has_outside = bool((truth == len(decoder.members) - 1).any())

    def read(vector: Floats) -> Calibration:
        return Calibration(tuple(np.exp(vector[:levels]).tolist()), float(vector[levels]) if has_outside else 0.0)

    def loss(vector: Floats) -> float:
        joint = decoder.joint(read(vector).apply(wide, decoder.widths))
        likelihood = np.log(np.maximum(joint[np.arange(len(truth)), truth], 1e-12)).mean()
        return float(-likelihood + (vector**2).sum() / len(truth))

    found = minimize(loss, np.zeros(levels + 1), method="L-BFGS-B", bounds=[(-3, 3)] * levels + [(-6, 6)])
    return read(np.asarray(found.x))


def expected_calibration_error(probability: Floats, correct: Bools, bins: int = 15) -> float:
    """Expected calibration error of n answers, both of shape (n,); in [0, 1], 0 is perfect (Guo et al., 2017)."""
    if not len(probability):
        return 0.0
    place = np.minimum((probability * bins).astype(np.intp), bins - 1)
    gaps = np.bincount(place, weights=probability - correct, minlength=bins)
    return float(np.abs(gaps).sum() / len(probability))
