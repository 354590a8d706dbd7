"""Two classifiers side by side."""

from dataclasses import replace

import pytest

from model.classifier import Classifier
from tests.registered import without
from training.comparison import Comparison, chance_error, compare, same_questions
from training.evaluation import evaluate
from training.shares import Shares


@pytest.fixture(scope="module")
def worse(classifier: Classifier, shares: Shares) -> Comparison:
    return compare(classifier, without(classifier, "order_tracking"), shares.fit)


def test_a_classifier_against_itself_differs_in_nothing(classifier: Classifier, shares: Shares) -> None:
    seen = compare(classifier, classifier, shares.test)
    assert seen.won == seen.lost == []
    rates = [seen.accuracy, *(r.accuracy for r in seen.levels), *(r.f1 for r in seen.classes)]
    assert {(rate.low, rate.high, rate.second - rate.first) for rate in rates} == {(0.0, 0.0, 0.0)}
    assert seen.paired.p == seen.paired.p_worse == 1.0


def test_the_rates_are_those_of_the_report(classifier: Classifier, shares: Shares) -> None:
    seen, report = compare(classifier, classifier, shares.test), evaluate(classifier, shares.test)
    assert seen.accuracy.first == pytest.approx(report.joint_accuracy)
    for row in seen.levels:
        level = report.levels[row.level]
        assert row.accuracy.first == pytest.approx(level.accuracy)
        assert row.macro_f1.first == pytest.approx(level.macro_f1)
        assert row.calibration_error[0] == pytest.approx(level.calibration_error)
    for each in seen.classes:
        mine = report.levels[each.level].classes[each.label]
        assert (each.support, each.f1.first, each.recall.first) == pytest.approx((mine.support, mine.f1, mine.recall))


def test_a_class_that_is_never_given_is_lost_and_the_intervals_say_so(worse: Comparison) -> None:
    (row,) = [row for row in worse.classes if row.label == "order_tracking"]
    assert row.f1.second == 0
    assert row.f1.high < 0
    assert row.paired.lost > row.paired.won == 0
    assert worse.accuracy.high < 0
    assert len(worse.lost) == worse.paired.lost > 0


def test_the_same_seed_gives_the_same_intervals(classifier: Classifier, shares: Shares, worse: Comparison) -> None:
    again = compare(classifier, without(classifier, "order_tracking"), shares.fit)
    assert replace(again, speed=worse.speed) == worse


def test_speed_is_measured(worse: Comparison) -> None:
    assert min(worse.speed) > 0


def test_a_promise_that_only_one_makes_is_seen(classifier: Classifier, shares: Shares) -> None:
    sure = [replace(each, promises={"*": replace(each.promises["*"], threshold=0.0)}) for each in classifier.guarantees]
    promising = replace(classifier, guarantees=tuple(sure))
    seen = compare(promising, replace(classifier, guarantees=()), shares.test)
    assert [row.possible for row in seen.promises] == [(True, False)] * len(sure)
    assert all((row.coverage.first, row.coverage.second) == (1.0, 0.0) for row in seen.promises)


def test_other_labels_are_other_questions(classifier: Classifier) -> None:
    taxonomy = classifier.taxonomy
    first, *levels = taxonomy.levels
    fewer = replace(taxonomy, levels=(replace(first, labels=first.labels[:-1]), *levels))
    assert same_questions(taxonomy, replace(taxonomy, out_of_scope="told otherwise"))
    assert not same_questions(taxonomy, fewer)


def test_fewer_items_make_a_larger_error_of_calibration_by_chance(classifier: Classifier, shares: Shares) -> None:
    few, many = chance_error(classifier, shares.test), chance_error(classifier, shares.test * 9)
    assert all(few[level] > many[level] > 0 for level in few)
    assert set(chance_error(classifier, [])) == set(few)
