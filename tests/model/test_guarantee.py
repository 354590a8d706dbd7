"""Promised error rates: exact bounds, refusals with the number of missing items, and promises that are kept."""

import numpy as np
import pytest

from model.guarantee import ANY, conformal_threshold, guarantee, items_needed, promise


@pytest.mark.parametrize(
    ("rate", "errors", "items"),
    [(0.05, 0, 59), (0.02, 0, 149), (0.01, 0, 299), (0.05, 1, 93), (0.02, 1, 236), (0.01, 1, 473)],
)
def test_the_items_that_a_promise_needs_are_the_exact_binomial_ones(rate: float, errors: int, items: int) -> None:
    assert items_needed(rate, 0.95, errors) == items


@pytest.mark.parametrize(("items", "holds"), [(58, False), (59, True)])
def test_a_promise_is_refused_one_item_below_what_it_needs(items: int, holds: bool) -> None:
    made = promise(np.full(items, 0.999), np.zeros(items, dtype=bool), 0.05, 0.95)
    assert (made.threshold is not None) == holds
    assert made.missing == (0 if holds else 1)


def test_a_promise_broken_by_broken_draws_is_no_more_frequent_than_promised() -> None:
    rng = np.random.default_rng(11)
    broken = draws = 0
    for _ in range(1000):
        probability = rng.beta(5, 1, 400)
        wrong = rng.random(400) > probability**0.5  # overconfident below, fine above
        made = promise(probability, wrong, 0.05, 0.95)
        if made.threshold is None:
            continue
        fresh = rng.beta(5, 1, 20_000)
        above = fresh >= made.threshold
        broken += float((1 - fresh[above] ** 0.5).mean()) > 0.05
        draws += 1
    assert draws > 100
    assert broken / 1000 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)


def test_a_label_without_enough_items_falls_back_to_the_pooled_promise() -> None:
    predicted = np.array([0] * 100 + [1] * 10)
    made = guarantee(["often", "seldom"], predicted, np.full(110, 0.999), np.zeros(110, dtype=bool), (0.05, 0.95))
    assert made.promises["seldom"].threshold is None
    assert made.promises["seldom"].missing == 49
    assert made.threshold("seldom") == made.promises[ANY].threshold is not None


def test_prediction_sets_miss_the_truth_as_seldom_as_promised() -> None:
    rng = np.random.default_rng(5)
    missed = [float((rng.random(2000) < conformal_threshold(rng.random(200), 0.1)).mean()) for _ in range(200)]
    assert np.mean(missed) <= 0.105


def test_a_miss_rate_that_the_items_cannot_give_takes_every_label() -> None:
    assert conformal_threshold(np.linspace(0, 1, 5), 0.1) == 0.0
