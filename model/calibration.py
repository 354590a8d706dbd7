"""Scores that mean what they say: rescaled by head, length and strangeness, as fitted on a share of its own."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from model.decoding import Decoder, Floats
from model.scoring import Scores

Ints = np.ndarray[Any, np.dtype[np.intp]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

FEWEST = 20
"""Items below which scores are left as they are: a few numbers fitted on fewer would be noise."""
TYPICAL = 40
"""Distinct words of a text whose scale is exactly its head's."""
SHORTEST, LONGEST = 2, 200
"""Distinct words beyond which the scale changes no more."""


@dataclass(frozen=True)
class Calibration:
    """How scores are rescaled before decoding; the default for its heads leaves them as they are."""

    scales: tuple[float, ...]
    """Inverse temperature per head, positive, for a text of TYPICAL words all of which are known."""
    out_of_scope: float = 0.0
    """Added to the out-of-scope score of the first head, in logits."""
    length: float = 0.0
    """Power of the number of words in the scale: above 0, short texts are believed less than long ones."""
    unseen: float = 0.0
    """Fall of the scale's logarithm where no word is known; above 0, strange texts are believed less."""

    def apply(self, scored: Scores, widths: tuple[int, ...]) -> Floats:
        """Calibrated scores, same shape as scored.scores (n, columns)."""
        scores = scored.scores
        words = np.clip(scored.words, SHORTEST, LONGEST)
        strange = 1 - scored.known / np.maximum(scored.words, 1)
        belief = (words / TYPICAL) ** self.length * np.exp(-self.unseen * strange)
        scaled: Floats = scores * np.repeat(np.array(self.scales, dtype=scores.dtype), widths)
        scaled *= belief[:, None].astype(scores.dtype)
        scaled[:, widths[0] - 1] += np.asarray(self.out_of_scope, dtype=scores.dtype)
        return scaled


def fit_calibration(scored: Scores, truth: Ints, decoder: Decoder) -> Calibration:
    """The calibration with the least joint log loss on n scored items whose true combinations are `truth`, (n,).

    A generalisation of temperature scaling (Guo et al., 2017) to several heads decoded together, with a temperature
    that depends on how much there was to read; a weak prior keeps it from moving where there are few items.
    """
    from scipy.optimize import minimize  # a second of import that only fitting needs

    heads = len(decoder.head_widths)
    if len(truth) < FEWEST:
        return Calibration((1.0,) * heads)
    wide = replace(scored, scores=scored.scores.astype(np.float64))
    has_outside = bool((truth == len(decoder.members) - 1).any())

    def read(vector: Floats) -> Calibration:
        shift, length, unseen = vector[heads:].tolist()
        return Calibration(tuple(np.exp(vector[:heads]).tolist()), shift if has_outside else 0.0, length, unseen)

    def loss(vector: Floats) -> float:
        joint = decoder.joint(read(vector).apply(wide, decoder.head_widths))
        likelihood = np.log(np.maximum(joint[np.arange(len(truth)), truth], 1e-12)).mean()
        return float(-likelihood + (vector**2).sum() / len(truth))

    bounds = [(-5.0, 3.0)] * heads + [(-6.0, 6.0), (-1.0, 2.0), (-3.0, 5.0)]
    found = minimize(loss, np.zeros(heads + 3), method="L-BFGS-B", bounds=bounds)
    return read(np.asarray(found.x))


def expected_calibration_error(probability: Floats, correct: Bools, bins: int = 15) -> float:
    """Expected calibration error of n answers, both of shape (n,); in [0, 1], 0 is perfect (Guo et al., 2017)."""
    if not len(probability):
        return 0.0
    place = np.minimum((probability * bins).astype(np.intp), bins - 1)
    gaps = np.bincount(place, weights=probability - correct, minlength=bins)
    return float(np.abs(gaps).sum() / len(probability))
