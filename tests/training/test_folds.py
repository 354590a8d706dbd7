"""Folds and learning curves: what belongs together stays together."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tests import small_desk
from training.corpus import Item
from training.folds import folds, units
from training.learning_curve import parts, sizes


def of_worlds(count: int, each: int) -> list[Item]:
    made = small_desk.items(count * each)
    return [replace(item, facts={"world": f"w{k % count}"}) for k, item in enumerate(made)]


def test_every_item_is_measured_once_and_never_learned_from_in_the_same_fold() -> None:
    items = small_desk.items(90)
    found = folds(items, 5, seed=1)
    assert sorted(int(k) for _, measured in found for k in measured) == list(range(90))
    assert all(set(learn).isdisjoint(measured) and len(learn) + len(measured) == 90 for learn, measured in found)


def test_a_thread_is_never_on_both_sides() -> None:
    items = [replace(item, facts={"thread": f"t{k // 3}"}) for k, item in enumerate(small_desk.items(90))]
    for learn, measured in folds(items, 5, seed=1):
        assert {items[k].thread for k in learn}.isdisjoint(items[k].thread for k in measured)


def test_worlds_are_kept_whole_where_there_are_enough() -> None:
    items = of_worlds(6, 60)
    for learn, measured in folds(items, 3, seed=1):
        assert {items[k].facts["world"] for k in learn}.isdisjoint(items[k].facts["world"] for k in measured)


def test_a_thread_across_worlds_is_learned_from_and_never_measured() -> None:
    items = of_worlds(6, 60)
    tied = [replace(i, facts=dict(i.facts) | {"thread": "t"}) if k < 6 else i for k, i in enumerate(items)]
    for learn, measured in folds(tied, 3, seed=1):
        assert set(range(6)) <= set(learn.tolist())
        assert set(range(6)).isdisjoint(measured.tolist())


def test_labels_are_spread_evenly() -> None:
    items = small_desk.items(90)
    for _, measured in folds(items, 5, seed=1):
        assert {label: sum(items[k].labels == (label,) for k in measured) for label in small_desk.WORDS} == {
            "cats": 6,
            "boats": 6,
            "bread": 6,
        }


def test_the_order_of_items_does_not_matter() -> None:
    items = small_desk.items(60)
    named = [{items[k].id for k in unit} for unit in units(items, seed=2)]
    turned = items[::-1]
    assert [{turned[k].id for k in unit} for unit in units(turned, seed=2)] == named


def test_parts_grow_and_hold_the_smaller_ones() -> None:
    found = parts(of_worlds(8, 100), seed=3, full=False)
    assert [len(part) for part in found] == [100, 200, 400]
    for smaller, larger in pairwise(found):
        assert {item.id for item in smaller} < {item.id for item in larger}
    assert all(len({item.facts["world"] for item in part}) == len(part) // 100 for part in found)


@pytest.mark.parametrize(
    ("items", "full", "expected"),
    [
        (90, False, []),
        (1000, False, [125, 250, 500]),
        (100_000, False, [1562, 3125]),
        (100_000, True, [12_500, 25_000, 50_000]),
    ],
    ids=["too few", "halves", "only what is cheap", "all"],
)
def test_a_curve_costs_no_more_than_it_may(items: int, full: bool, expected: list[int]) -> None:
    assert sizes(items, full)[-len(expected) or len(sizes(items, full)) :] == expected
