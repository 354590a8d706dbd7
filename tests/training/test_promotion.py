"""What speaks against a challenger."""

from training.evaluation import LevelReport, Report
from training.promotion import objections


def report(correct: list[bool], ece: float = 0.02, majority: float = 0.2) -> Report:
    level = LevelReport(0.9, 0.9, ece, ece, {}, [])
    return Report(
        len(correct),
        sum(correct) / len(correct),
        majority,
        {"topic": level},
        [],
        correct,
        [str(k) for k in range(len(correct))],
    )


GOOD = report([True] * 180 + [False] * 20)


def test_a_first_model_that_beats_the_commonest_answer_may_go_out() -> None:
    assert objections(GOOD, None) == []


def test_a_model_no_better_than_the_commonest_answer_may_not() -> None:
    assert "commonest" in objections(report([True] * 84 + [False] * 116, majority=0.4), None)[0]


def test_an_uncalibrated_model_may_not() -> None:
    assert "calibration error of topic" in objections(report([True] * 200, ece=0.2), None)[0]


def test_a_loss_beyond_chance_is_an_objection() -> None:
    assert "right on 20 items" in objections(report([True] * 160 + [False] * 40), GOOD)[0]


def test_a_loss_within_chance_is_not() -> None:
    assert objections(report([True] * 178 + [False] * 22), GOOD) == []


def test_a_champion_on_other_items_is_no_yardstick() -> None:
    other = Report(GOOD.items, 1.0, 0.2, GOOD.levels, [], [True] * 200, [f"x{k}" for k in range(200)])
    assert objections(GOOD, other) == []
