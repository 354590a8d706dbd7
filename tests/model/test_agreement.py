"""Two classifiers side by side: counts that add up, and McNemar's exact test."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.agreement import Judged, Pair, agreement, mcnemar

LABELS = st.fixed_dictionaries(
    {"stage": st.sampled_from(["make", "plan", None]), "service": st.sampled_from(["a", "b"])}
)


@pytest.mark.parametrize(
    ("only_one", "only_other", "p"),
    [
        pytest.param(0, 0, 1.0, id="nothing to tell them apart"),
        pytest.param(5, 5, 1.0, id="even"),
        pytest.param(1, 0, 1.0, id="one item"),
        pytest.param(0, 6, 2 / 64, id="six to none"),
        pytest.param(8, 2, 2 * sum(comb(10, k) for k in range(3)) / 1024, id="eight to two"),
    ],
)
def test_mcnemars_test_is_the_exact_binomial_one(only_one: int, only_other: int, p: float) -> None:
    assert mcnemar(only_one, only_other) == pytest.approx(p)
    assert mcnemar(only_other, only_one) == pytest.approx(p)


@given(pairs=st.lists(st.builds(Pair, LABELS, LABELS, st.none() | LABELS), min_size=1, max_size=30))
def test_every_item_is_counted_once_on_every_level(pairs: list[Pair]) -> None:
    found = agreement(pairs)
    assert set(found) == {"stage", "service", "joint"}
    for name, level in found.items():
        assert level.items == sum(level.counts.values()) == len(pairs)
        assert level.judged.items == sum(pair.truth is not None for pair in pairs)
        assert sum(one for one, _, _ in level.labels.values()) == len(pairs)
        assert sum(both for _, _, both in level.labels.values()) == level.agreed
        assert level.agreed + sum(items for _, _, items in level.differences(100)) == len(pairs), name
    assert found["joint"].agreed == sum(pair.champion == pair.challenger for pair in pairs)


def test_who_is_right_is_counted_where_people_said() -> None:
    def pair(champion: str, challenger: str, truth: str | None) -> Pair:
        return Pair({"s": champion}, {"s": challenger}, None if truth is None else {"s": truth})

    pairs = [
        pair("a", "a", "a"),
        pair("a", "b", "a"),
        pair("a", "b", "b"),
        pair("a", "b", "b"),
        pair("a", "b", "c"),
        pair("a", "b", None),
    ]
    assert agreement(pairs)["s"].judged == Judged(1, 1, 2, 1)


def test_levels_that_only_one_knows_are_left_out() -> None:
    found = agreement([Pair({"stage": "make", "old": "x"}, {"stage": None, "new": "y"})])
    assert set(found) == {"stage", "joint"}
    assert found["joint"].differences(1) == [("make", "out_of_scope", 1)]


def test_nothing_to_compare_is_no_level() -> None:
    assert agreement([]) == {}
