"""Labels as a whole: overlaps beyond chance, and the bar."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.corpus import Item
from training.quality.classes import Bar, f1_interval, overlapping, overlaps, weak
from training.quality.crossed import Crossed

COUNT = st.integers(0, 500)


@given(COUNT, COUNT, COUNT)
def test_f1_is_what_the_counts_say_and_inside_its_interval(hits: int, missed: int, false: int) -> None:
    f1, low, high = f1_interval(hits, missed, false)
    assert 0 <= low <= f1 + 1e-9 and f1 - 1e-9 <= high <= 1
    if hits + missed + false:
        assert abs(f1 - 2 * hits / (2 * hits + missed + false)) < 1e-9


def test_more_items_make_the_interval_narrower() -> None:
    few, many = f1_interval(6, 2, 2), f1_interval(60, 20, 20)
    assert many[2] - many[1] < few[2] - few[1]


def test_mistakes_without_a_preference_are_no_overlap() -> None:
    mixed = np.full((8, 8), 4)
    np.fill_diagonal(mixed, 100)
    assert overlapping(mixed) == []


def test_mistakes_between_two_labels_are_an_overlap() -> None:
    mixed = np.full((8, 8), 1)
    np.fill_diagonal(mixed, 100)
    mixed[2, 5], mixed[5, 2] = 15, 12
    ((a, b, count, expected),) = overlapping(mixed)
    assert (a, b, count) == (2, 5, 27)
    assert expected < count / 2


def test_a_label_is_weak_for_few_items_or_for_a_low_f1(answers: Crossed) -> None:
    assert {each.given for each in weak(answers, Bar(items=1, f1=0.0))} == set()
    few = weak(answers, Bar(items=1_000, f1=0.0))
    assert {each.given for each in few if each.level == "matter"} == {"refunds", "parcels", "repairs"}
    assert all("1000 are wanted" in each.note and "F1" in each.note for each in few)
    assert weak(answers, Bar(items=1, f1=1.0))


def test_labels_that_are_told_apart_do_not_overlap(desk: list[Item], answers: Crossed) -> None:
    assert [each for each in overlaps(desk, answers) if each.score > 0.2] == []
