"""What to expect: honest intervals, counts that follow from the binomial, and cross-validation for few items."""

import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.classifier import Classifier
from model.document import Document
from model.guarantee import items_needed
from model.taxonomy import Level, Taxonomy
from training.corpus import Item
from training.curve import fit_curve
from training.expectation import CALIBRATION, Expectations, expected, likely_more, rows, told, wilson
from training.fitting import Settings, fit
from training.shares import Shares, share_out

WORDS = {
    "delivery": "parcel courier tracking doorstep shipment",
    "refund": "money refund bank returned voucher",
    "repair": "broken warranty crack screen fix",
    "invoice": "bill invoice amount vat accounting",
    "login": "password account locked email reset",
}
FIVE = Taxonomy("five", 1, (Level("topic", tuple(WORDS)),))
FILLER = "we wrote twice about this since monday and nobody answered please look into it soon our shop waits"
SETTINGS = Settings(epochs=4)


def items(per_label: int, seed: int = 1) -> list[Item]:
    draw = random.Random(seed)  # noqa: S311 - not a secret
    made = []
    for label, number in product(WORDS, range(per_label)):
        words = [*draw.sample(WORDS[label].split(), 3), *draw.sample(FILLER.split(), 9)]
        draw.shuffle(words)
        made.append(Item(f"{label}{number}", Document(body=" ".join(words)), (label,), f"f.csv:{number}"))
    return made


@pytest.fixture(scope="module")
def shares() -> Shares:
    return share_out(items(8), seed=1)


@pytest.fixture(scope="module")
def classifier(shares: Shares) -> Classifier:
    return fit(shares.fit, shares.calibration, FIVE, SETTINGS)


@pytest.fixture(scope="module")
def few(shares: Shares, classifier: Classifier) -> Expectations:
    return expected(classifier, shares, SETTINGS)


def test_with_eight_items_a_label_every_item_is_measured_by_cross_validation(few: Expectations) -> None:
    assert [each.label for each in few.labels] == list(WORDS)
    assert [(each.items, each.measured) for each in few.labels] == [(8, 8)] * 5
    assert "cross-validation" in few.how
    assert few.curve is not None
    assert few.curve.errors[-1] <= few.curve.errors[0]


def test_the_same_items_give_the_same_expectations(few: Expectations, shares: Shares, classifier: Classifier) -> None:
    assert expected(classifier, shares, SETTINGS) == few


def test_no_promise_is_made_from_eight_items_and_what_it_takes_is_exact(few: Expectations) -> None:
    for each in few.labels:
        for chance in each.chances:
            assert chance.threshold is None
            assert chance.likely is None
            need = items_needed(chance.error_rate, chance.confidence_level)
            assert (need - 8) / CALIBRATION <= chance.at_least


def test_with_many_items_the_test_share_is_measured(few: Expectations, classifier: Classifier) -> None:
    test = items(40, seed=2)
    found = expected(classifier, Shares(items(8), [], test), SETTINGS)
    assert found.how == "200 test items"
    assert [each.measured for each in found.labels] == [40] * 5
    assert found.curve is None
    assert all(each.more is None for each in found.labels)
    wide = {each.label: each.high - each.low for each in few.labels}
    assert all(each.high - each.low < wide[each.label] for each in found.labels)


def test_a_label_nobody_uses_is_not_expected_anything_of(classifier: Classifier) -> None:
    used = [each for each in items(8) if each.labels != ("login",)]
    found = expected(classifier, Shares(used, [], []), replace(SETTINGS, epochs=1))
    assert "login" not in [each.label for each in found.labels]


def test_without_calibration_items_it_is_said_what_a_promise_takes(shares: Shares) -> None:
    bare = fit(shares.fit, [], FIVE, replace(SETTINGS, epochs=1))
    found = expected(bare, Shares(shares.fit, [], []), replace(SETTINGS, epochs=1))
    five = found.labels[0].chances[1]
    assert (five.error_rate, five.threshold, five.at_least) == (0.05, None, 394)  # 59 of which calibrate


def test_rows_begin_with_the_worst_and_are_plain(few: Expectations) -> None:
    found = rows(few)
    assert [row["accuracy"] for row in found] == sorted(row["accuracy"] for row in found)
    assert {"label", "low", "high", "more_to_90%", "promise_0.05_at_least"} <= set(found[0])


def test_the_terminal_is_told_the_worst_labels_and_the_promises(few: Expectations) -> None:
    lines = told(few, shown=2)
    assert len(lines) == 5
    assert "0 of 5 labels; each other takes at least" in lines[-1]


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_within_bounds(counts: tuple[int, int]) -> None:
    right, measured = counts
    low, high = wilson(right, measured)
    assert 0 <= low <= right / measured <= high <= 1
    more_low, more_high = wilson(right * 4, measured * 4)
    assert more_high - more_low < high - low


def test_wilson_by_hand() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_many_right_answers_make_a_promise_likely_and_few_tell_nothing() -> None:
    right, sure = np.zeros(400, dtype=bool), np.full(400, 0.9)
    more = likely_more(right, sure, (0.05, 0.95), held=0)
    assert more == pytest.approx(items_needed(0.05, 0.95) / CALIBRATION, rel=0.01)
    assert likely_more(right[:8], sure[:8], (0.05, 0.95), held=0) is None
    assert likely_more(~right, sure, (0.05, 0.95), held=0) is None


def test_errors_among_the_unsure_only_cost_coverage() -> None:
    sure = np.repeat([0.97, 0.6], 200)
    wrong = sure < 0.9
    half, whole = likely_more(wrong, sure, (0.05, 0.95), 0), likely_more(wrong[:200], sure[:200], (0.05, 0.95), 0)
    assert half is not None and whole is not None
    assert half == pytest.approx(2 * whole, rel=0.02)


def test_a_power_law_is_found_and_foretold() -> None:
    random = np.random.Generator(np.random.PCG64(5))
    sizes = np.array([250.0, 500.0, 1000.0])
    wrong = random.random((3, 4000)) < (8 * sizes**-0.5)[:, None]
    curve = fit_curve(sizes, wrong, seed=1)
    assert curve.low < 0.5 < curve.high
    found = curve.more(100, 0.2, 0.1, 5000)  # half the error takes four times the items: 300 more
    assert found is not None
    assert found[0] < 300 < found[1]
    assert curve.more(100, 0.05, 0.1, 5000) == (0, 0)


def test_of_a_flat_line_nothing_is_foretold() -> None:
    wrong = np.tile(np.arange(200) % 3 == 0, (3, 1))
    assert fit_curve(np.array([1.0, 2.0, 4.0]), wrong, seed=1).more(8, 0.3, 0.1, 5000) is None
