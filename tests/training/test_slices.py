"""Slices: every item once a facet, intervals that mean something, small ones said to be small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.document import Document
from training.corpus import Item
from training.slices import MOST, SMALL, length_band, rate, slices


def item(number: int, words: int = 3, channel: str | None = "email", **facts: str) -> Item:
    return Item(f"i{number}", Document(body="word " * words, channel=channel), ("a",), "here", facts)


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_interval_holds_its_share_and_stays_a_share(right: int, wrong: int) -> None:
    found = rate(right, right + wrong)
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_an_interval_is_wilsons() -> None:
    assert (rate(8, 10).low, rate(8, 10).high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert (rate(0, 0).low, rate(0, 0).high) == (0, 1)


def test_more_items_make_a_narrower_interval() -> None:
    few, many = rate(8, 10), rate(800, 1000)
    assert many.high - many.low < (few.high - few.low) / 5


def test_every_item_is_in_one_slice_of_each_facet() -> None:
    items = [item(k, words=4**k, channel=None if k % 2 else "chat", world=f"w{k % 3}") for k in range(6)]
    right = np.array([[k % 2 == 0, k > 2] for k in range(6)])
    found = slices(items, right, ["one", "two"])
    for facet in ("channel", "language", "world", "length"):
        mine = [each for each in found if each.facet == facet]
        assert sum(each.joint.items for each in mine) == 6
        assert sum(round(each.levels["one"].share * each.joint.items) for each in mine) == 3
        assert sum(round(each.joint.share * each.joint.items) for each in mine) == 1


def test_a_facet_that_is_known_of_no_item_has_no_slice() -> None:
    found = slices([item(1)], np.array([[True]]), ["one"])
    assert {each.facet for each in found} == {"channel", "language", "length"}


@pytest.mark.parametrize(("items", "small"), [(SMALL - 1, True), (SMALL, False)])
def test_a_slice_says_that_it_is_small(items: int, small: bool) -> None:
    found = slices([item(k) for k in range(items)], np.ones((items, 1), bool), ["one"])
    assert {each.small for each in found} == {small}


def test_rare_values_of_a_facet_are_one_slice_together() -> None:
    items = [item(k, world=f"w{k % (MOST + 10)}") for k in range(3 * MOST)]
    found = [each for each in slices(items, np.ones((len(items), 1), bool), ["one"]) if each.facet == "world"]
    assert len(found) == MOST + 1
    assert found[-1].value == "others"


@pytest.mark.parametrize(
    ("words", "band"),
    [
        (0, "up to 10 words"),
        (10, "up to 10 words"),
        (11, "11 to 40 words"),
        (150, "41 to 150 words"),
        (151, "over 150 words"),
    ],
)
def test_bands_of_length_meet(words: int, band: str) -> None:
    assert length_band(words) == band


def test_a_slice_with_odd_signs_has_a_plain_key() -> None:
    (found,) = [
        each for each in slices([item(1, world="a/b <c>")], np.array([[True]]), ["one"]) if each.facet == "world"
    ]
    assert found.key == "a_b _c_"
