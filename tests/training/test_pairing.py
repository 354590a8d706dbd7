"""McNemar's test and the bootstrap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from training.pairing import Paired, resamples


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemars_test_is_the_binomial_of_the_differing_items(won: int, lost: int) -> None:
    """By hand: the one-sided p-value is the chance of at least `lost` heads in won + lost tosses."""
    paired = Paired(won, lost)
    assert paired.p_worse == pytest.approx(float(binom.sf(lost - 1, won + lost, 0.5)), abs=1e-12)
    assert paired.p == pytest.approx(Paired(lost, won).p)
    assert paired.p == pytest.approx(min(1.0, 2 * min(paired.p_worse, Paired(lost, won).p_worse)), abs=1e-9)


def test_each_resample_draws_as_many_items_as_there_are() -> None:
    drawn = np.concatenate(list(resamples(40, 300, seed=1)))
    assert drawn.shape == (300, 40)
    assert (drawn.sum(axis=1) == 40).all()
    assert np.abs(drawn.mean(axis=0) - 1).max() < 0.3


def test_intervals_hold_what_they_promise() -> None:
    """Of 200 intervals for a mean difference of known value about 95 % hold it."""
    rng = np.random.default_rng(5)
    held = 0
    for seed in range(200):
        gaps = rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=150).astype(np.float32)
        drawn = np.concatenate([weights @ gaps for weights in resamples(150, 300, seed)]) / 150
        low, high = np.quantile(drawn, (0.025, 0.975))
        held += low <= 0.2 <= high
    assert 178 <= held <= 199
