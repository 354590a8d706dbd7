"""What speaks against a challenger."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import taxonomy as taxonomies
from training.comparison import ClassRow, Comparison, LevelRow, PromiseRow
from training.evaluation import LevelReport, Report
from training.pairing import Difference, Paired
from training.promotion import DOUBT, Evidence, foreign_labels, objections, worse_classes


def report(correct: list[bool], ece: float = 0.02, majority: float = 0.2) -> Report:
    level = LevelReport(0.9, 0.9, ece, ece, {}, [])
    return Report(
        len(correct),
        sum(correct) / max(len(correct), 1),
        majority,
        {"topic": level},
        [],
        correct,
        [str(k) for k in range(len(correct))],
    )


def rate(first: float, second: float) -> Difference:
    return Difference(first, second, second - first - 0.02, second - first + 0.02)


SAME = Paired(0, 0)
GOOD = report([True] * 180 + [False] * 20)
CLASS = ClassRow("topic", "billing", 40, rate(0.9, 0.9), rate(0.9, 0.9), SAME)
PROMISE = PromiseRow(0.05, 0.95, (True, True), rate(0.6, 0.6), (0.03, 0.03), SAME)
EVEN = Comparison(
    200,
    rate(0.9, 0.9),
    SAME,
    [LevelRow("topic", rate(0.9, 0.9), rate(0.9, 0.9), (0.02, 0.02), SAME)],
    [CLASS],
    [PROMISE],
    (1000.0, 1000.0),
    [],
    [],
)


def against(**changes: object) -> list[str]:
    return objections(GOOD, Evidence(replace(EVEN, **changes)))  # type: ignore[arg-type]


def test_a_first_model_that_beats_the_commonest_answer_may_go_out() -> None:
    assert objections(GOOD, Evidence()) == []


def test_a_model_as_good_as_the_champion_may_go_out() -> None:
    assert against() == []


def test_a_model_no_better_than_the_commonest_answer_may_not() -> None:
    assert "commonest" in objections(report([True] * 84 + [False] * 116, majority=0.4), Evidence())[0]


def test_a_model_that_nothing_was_measured_on_may_not() -> None:
    assert "no labelled items" in objections(report([]), Evidence())[0]


def test_an_uncalibrated_model_may_not() -> None:
    assert "calibration error of topic" in objections(report([True] * 200, ece=0.2), Evidence())[0]


def test_an_error_of_calibration_that_chance_makes_of_few_items_is_none() -> None:
    assert objections(report([True] * 60, ece=0.2), Evidence(chance={"topic": 0.21})) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"paired": Paired(won=5, lost=20)}, "right on 20 items"),
        ({"items": 29}, "at least 30"),
        ({"speed": (1000.0, 499.0)}, "499 texts a second"),
        ({"promises": [replace(PROMISE, possible=(True, False))]}, "promise of at most 5% errors is lost"),
        (
            {"promises": [replace(PROMISE, coverage=rate(0.6, 0.2), paired=Paired(won=0, lost=80))]},
            "covers 20.0% of the items",
        ),
        ({"classes": [replace(CLASS, paired=Paired(won=0, lost=12))]}, "topic billing is told worse"),
    ],
    ids=["worse", "too few", "slower", "promise lost", "coverage collapsed", "class worse"],
)
def test_what_the_champion_does_better_is_an_objection(changes: dict[str, object], said: str) -> None:
    (found,) = against(**changes)
    assert said in found


@pytest.mark.parametrize(
    "changes",
    [
        {"paired": Paired(won=10, lost=12)},
        {"items": 30},
        {"speed": (1000.0, 500.0)},
        {"promises": [replace(PROMISE, possible=(False, False))]},
        {"promises": [replace(PROMISE, coverage=rate(0.6, 0.3), paired=Paired(won=0, lost=60))]},
        {"promises": [replace(PROMISE, coverage=rate(0.03, 0.01), paired=Paired(won=1, lost=3))]},
        {"classes": [replace(CLASS, paired=Paired(won=2, lost=4))]},
    ],
    ids=[
        "within chance",
        "just enough",
        "just fast enough",
        "never promised",
        "half",
        "chance coverage",
        "chance class",
    ],
)
def test_what_chance_explains_is_none(changes: dict[str, object]) -> None:
    assert against(**changes) == []


def test_a_loss_that_one_class_would_show_among_fifty_by_chance_is_none() -> None:
    """Six losses to none have p = 1.6 %: an objection for one class, and nothing among fifty (Holm)."""
    suspect = replace(CLASS, paired=Paired(won=0, lost=6))
    assert worse_classes([suspect]) == [suspect]
    assert worse_classes([suspect] + [CLASS] * 49) == []


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12))
def test_correcting_for_many_classes_never_adds_one(counts: list[tuple[int, int]]) -> None:
    rows = [replace(CLASS, label=str(k), paired=Paired(*each)) for k, each in enumerate(counts)]
    found = worse_classes(rows)
    assert all(row.paired.p_worse < DOUBT for row in found)
    assert all(row in found for row in rows if row.paired.p_worse < DOUBT / len(rows))


def test_labels_outside_the_taxonomy_served_are_named() -> None:
    plain = {"name": "t", "levels": ["topic"], "labels": {"topic": {"billing": "", "returns": ""}}}
    served = taxonomies.parse(plain)
    wider = taxonomies.parse(plain | {"labels": {"topic": {"billing": "", "returns": "", "fraud": ""}}})
    assert foreign_labels(served, served) == []
    assert foreign_labels(served, wider) == []
    assert "may answer topic fraud" in foreign_labels(wider, served)[0]
    other = taxonomies.parse({"name": "t", "levels": ["team"], "labels": {"team": {"billing": "", "returns": ""}}})
    assert "its levels are team" in foreign_labels(other, served)[0]


def test_combinations_that_the_taxonomy_served_forbids_are_named() -> None:
    labels = {"a": {"x": "", "y": ""}, "b": {"u": {"a": ["x"]}, "v": {"a": ["y"]}}}
    served = taxonomies.parse({"name": "t", "levels": ["a", "b"], "labels": labels})
    wider = taxonomies.parse(
        {"name": "t", "levels": ["a", "b"], "labels": labels | {"b": {"u": {"a": ["x", "y"]}, "v": {"a": ["y"]}}}}
    )
    assert "1 combinations" in foreign_labels(wider, served)[0]


def test_what_does_not_fit_is_an_objection_though_the_figures_are_good() -> None:
    assert objections(GOOD, Evidence(EVEN, misfits=("it may answer x",))) == ["it may answer x"]
