"""Scores that mean what they say: rescaled by head, length and strangeness, as fitted on a share of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from model.decoding import Decoder, Floats, per_column
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

    powers: tuple[float, ...] = ()
    """Power of each level's marginals that the joint distribution is multiplied by: above 0 the level's answers are
    believed more, below 0 less. Empty: the joint distribution stays as it is."""

    def joint(self, scored: Scores, decoder: Decoder) -> Floats:
        """Calibrated probabilities of the combinations, (n, n_combinations); rows add up to 1."""
        joint = decoder.joint(self.apply(scored, decoder.head_widths))
        return decoder.weighed(joint, self.powers) if self.powers else joint

    def apply(self, scored: Scores, widths: tuple[int, ...]) -> Floats:
        """Calibrated scores, same shape as scored.scores (n, columns)."""
        kind = scored.scores.dtype
        strange = 1 - scored.known / np.maximum(scored.words, 1)
        belief = np.exp(-self.unseen * strange)
        belief *= _by_length(self.length).take(scored.words, mode="clip")
        scaled: Floats = scored.scores * per_column(self.scales, widths, kind)
        scaled *= belief.astype(kind)[:, None]
        scaled[:, widths[0] - 1] += kind.type(self.out_of_scope)
        return scaled


@lru_cache(maxsize=8)
def _by_length(power: float) -> Floats:
    """What the number of words does to the scale, for 0 … LONGEST words, (LONGEST + 1,)."""
    found: Floats = (np.maximum(np.arange(LONGEST + 1), SHORTEST) / TYPICAL) ** power
    found.flags.writeable = False  # one for all calibrations
    return found


def fit_calibration(scored: Scores, truth: Ints, decoder: Decoder) -> Calibration:
    """The calibration for n scored items whose true combinations are `truth`, (n,).

    First the one with the least joint log loss: a generalisation of temperature scaling (Guo et al., 2017) to several
    heads decoded together, with a temperature that depends on how much there was to read. Then, where there are several
    levels, their powers, with the least log loss of the levels and the combinations together: errors within a level
    and across levels are not equally likely, which no one temperature can say. A weak prior keeps both from moving
    where there are few items.
    """
    heads = len(decoder.head_widths)
    if len(truth) < FEWEST:
        return Calibration((1.0,) * heads)
    wide = replace(scored, scores=scored.scores.astype(np.float64))
    has_outside = bool((truth == len(decoder.members) - 1).any())

    def read(vector: Floats) -> Calibration:
        shift, length, unseen = vector[heads:].tolist()
        return Calibration(tuple(np.exp(vector[:heads]).tolist()), shift if has_outside else 0.0, length, unseen)

    bounds = [(-5.0, 3.0)] * heads + [(-6.0, 6.0), (-1.0, 2.0), (-3.0, 5.0)]
    found = read(_least(lambda vector: _log_loss(read(vector).joint(wide, decoder), truth), bounds, len(truth)))
    if len(decoder.widths) == 1:
        return found
    plain = found.joint(wide, decoder)

    def losses(vector: Floats) -> float:
        joint = decoder.weighed(plain, vector.tolist())
        labels = decoder.marginals(joint)
        return _log_loss(joint, truth) + sum(_log_loss(labels, column[truth]) for column in decoder.members.T)

    powers = _least(losses, [(-0.9, 3.0)] * len(decoder.widths), len(truth))
    return replace(found, powers=tuple(powers.tolist()))


def _least(loss: Callable[[Floats], float], bounds: Sequence[tuple[float, float]], items: int) -> Floats:
    """Where a loss over `items` items is least, starting at 0, with a prior of unit variance around 0."""
    from scipy.optimize import minimize  # a second of import that only fitting needs

    def regular(vector: Floats) -> float:
        return loss(vector) + float((vector**2).sum()) / items

    return np.asarray(minimize(regular, np.zeros(len(bounds)), method="L-BFGS-B", bounds=bounds).x)


def _log_loss(probability: Floats, truth: Ints) -> float:
    """The mean log loss of rows of probabilities, the true columns being `truth`."""
    return float(-np.log(np.maximum(probability[np.arange(len(truth)), truth], 1e-12)).mean())


def expected_calibration_error(probability: Floats, correct: Bools, bins: int = 15) -> float:
    """Expected calibration error of n answers, both of shape (n,); in [0, 1], 0 is perfect (Guo et al., 2017)."""
    if not len(probability):
        return 0.0
    place = np.minimum((probability * bins).astype(np.intp), bins - 1)
    gaps = np.bincount(place, weights=probability - correct, minlength=bins)
    return float(np.abs(gaps).sum() / len(probability))
