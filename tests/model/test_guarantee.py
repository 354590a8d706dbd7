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


def test_labels_without_enough_items_share_the_pooled_promise() -> None:
    predicted = np.array([0] * 100 + [1] * 40 + [2] * 40)
    labels = ["often", "seldom", "seldom too"]
    made = guarantee(labels, predicted, np.full(180, 0.999), np.zeros(180, dtype=bool), (0.05, 0.95))
    assert made.promises["seldom"].threshold is None
    assert made.promises["seldom"].missing == 19
    assert made.promises[ANY].items == 80  # the right answers of "often" say nothing of the others
    assert made.threshold("seldom") == made.promises[ANY].threshold is not None
    assert made.coverage == 1.0


def test_a_label_that_its_own_items_refute_is_never_acted_on_alone() -> None:
    predicted = np.array([0] * 40 + [1] * 1000)
    wrong = np.arange(1040) < 20
    labels = ["often wrong", *(f"right {k}" for k in range(1, 26))]
    predicted[40:] = 1 + np.arange(1000) % 25
    made = guarantee(labels, predicted, np.full(1040, 0.9), wrong, (0.05, 0.95))
    assert made.promises["often wrong"].refuted
    assert made.threshold("often wrong") is None
    assert made.threshold("right 3") is not None
    assert made.coverage == pytest.approx(1000 / 1040)


def test_a_label_that_errs_hides_behind_no_other() -> None:
    rng = np.random.default_rng(3)
    broken = 0
    for _ in range(100):
        often = rng.random(3000) > 0.03
        probability = np.where(often, rng.uniform(0.05, 1, 3000), rng.uniform(0.72, 0.95, 3000))
        wrong = rng.random(3000) < np.where(often, np.where(probability > 0.7, 0.005, 0.3), 0.6)
        made = guarantee(["often", "erring"], np.where(often, 0, 1), probability, wrong, (0.05, 0.95))
        broken += made.threshold("erring") is not None
    assert broken <= 5


def test_what_is_missing_is_what_it_takes() -> None:
    probability = np.array([0.97] * 40 + [0.4] * 10)
    wrong = np.arange(50) >= 40
    found = promise(probability, wrong, 0.05, 0.95)
    assert (found.threshold, found.missing) == (None, 19)
    for more, holds in ((18, False), (19, True)):
        sure = np.full(more, 0.9999)
        again = promise(np.concatenate([probability, sure]), np.concatenate([wrong, sure < 0]), 0.05, 0.95)
        assert (again.threshold is not None) is holds


def test_prediction_sets_miss_the_truth_as_seldom_as_promised() -> None:
    rng = np.random.default_rng(5)
    missed = [float((rng.random(2000) < conformal_threshold(rng.random(200), 0.1)).mean()) for _ in range(200)]
    assert np.mean(missed) <= 0.105


def test_a_miss_rate_that_the_items_cannot_give_takes_every_label() -> None:
    assert conformal_threshold(np.linspace(0, 1, 5), 0.1) == 0.0
