"""Shares: disjoint, stable, and nothing alike on two sides."""

import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from model.document import Document
from training.checks import leaks
from training.corpus import Item
from training.shares import Shares, near_duplicates, share_out

TEXT = "the crane lorry is booked for seven but the lane behind the school is closed until friday noon"


def item(number: int, body: str, **facts: str) -> Item:
    return Item(f"i{number:04}", Document(body=body), ("a" if number % 2 else "b",), "here", facts)


def ids(items: list[Item]) -> set[str]:
    return {each.id for each in items}


def test_shares_are_disjoint_and_complete(few: list[Item]) -> None:
    shares = share_out(few, seed=3)
    parts = [ids(shares.fit), ids(shares.calibration), ids(shares.test)]
    assert set.union(*parts) == ids(few)
    assert sum(map(len, parts)) == len(few)
    assert 0.1 < len(parts[2]) / len(few) < 0.2


def test_every_label_is_in_the_fit_share(few: list[Item]) -> None:
    assert {i.labels[-1] for i in share_out(few, seed=3).fit} == {i.labels[-1] for i in few}


def test_the_order_of_items_does_not_matter(few: list[Item]) -> None:
    mixed = random.Random(1).sample(few, len(few))  # noqa: S311 - not a secret
    assert share_out(mixed, seed=3) == share_out(few, seed=3)


def test_near_duplicates_are_found_whatever_surrounds_them() -> None:
    items = [item(1, TEXT), item(2, f"Hello, {TEXT.upper()}! Bye"), item(3, "something else altogether, nothing alike")]
    assert [(i, j) for i, j, _ in near_duplicates(items)] == [(0, 1)]


def test_two_short_texts_are_alike_only_if_all_their_words_are() -> None:
    items = [item(1, "still nothing"), item(2, "Still nothing!"), item(3, "still waiting")]
    assert [(i, j) for i, j, _ in near_duplicates(items)] == [(0, 1)]


def test_near_duplicates_and_threads_stay_together() -> None:
    others = [item(k, f"matter number {k} about thing {k * 7} and place {k * 13}") for k in range(100, 180)]
    pairs = [item(k, f"{TEXT} {k // 2}") for k in range(10)]
    thread = [item(k, f"answer {k} of many in one thread {k * 31}", thread="t1") for k in range(20, 30)]
    shares = share_out([*others, *pairs, *thread], seed=5)
    for together in (pairs, thread):
        assert sum(bool(ids(share) & ids(together)) for share in (shares.fit, shares.calibration, shares.test)) == 1


def test_dated_items_put_the_newest_into_the_test_share() -> None:
    items = [
        item(k, f"matter {k} thing {k * 7} place {k * 13}", date=f"2026-{1 + k // 28:02}-{1 + k % 28:02}")
        for k in range(100)
    ]
    shares = share_out(items, seed=5)
    newest = max(i.facts["date"] for i in shares.fit)
    assert min(i.facts["date"] for i in shares.test) > newest


def test_worlds_are_kept_apart_where_there_are_enough_of_them(corpus: list[Item]) -> None:
    shares = share_out(corpus, seed=7)
    worlds = [{i.facts["world"] for i in share} for share in (shares.fit, shares.calibration, shares.test)]
    assert not worlds[1] & worlds[2]
    guests = [i for i in shares.fit if i.facts["world"] in worlds[1] | worlds[2]]
    said = Counter(plain_words(i) for i in corpus)
    assert all(said[plain_words(i)] > 1 for i in guests)  # what others say too is for fitting
    assert sum(map(len, (shares.fit, shares.calibration, shares.test))) == len(corpus)
    assert 0.1 < len(shares.test) / len(corpus) < 0.2
    assert 0.1 < len(shares.calibration) / len(corpus) < 0.2


def test_a_handful_of_corrections_is_no_world_of_its_own(corpus: list[Item]) -> None:
    added = [replace(each, facts={"world": "corrections"}) for each in corpus[::200]]
    others = [each for each in corpus if each.id not in ids(added)]
    shares = share_out([*others, *added], seed=7)
    assert all(ids(share) & ids(added) for share in (shares.fit, shares.calibration, shares.test))


def plain_words(item: Item) -> str:
    return " ".join(re.findall(r"\w+", item.document.text.casefold()))


def test_a_text_that_is_repeated_more_often_than_boilerplate_stays_in_one_share() -> None:
    others = [item(k, f"matter number {k} about thing {k * 7} and place {k * 13}") for k in range(100, 180)]
    often = [item(k, f"{TEXT}{'!' * (k % 3)}") for k in range(60)]
    shares = share_out([*others, *often], seed=5)
    assert sum(bool(ids(share) & ids(often)) for share in (shares.fit, shares.calibration, shares.test)) == 1


@pytest.mark.parametrize("sign", ["...", "👍", "?!", "\u200b"])
def test_a_text_without_words_stays_in_one_share_as_others_do(sign: str) -> None:
    others = [item(k, f"matter number {k} about thing {k * 7} and place {k * 13}") for k in range(100, 180)]
    often = [item(k, f"{sign}{' ' * (k % 3)}") for k in range(60)]
    shares = share_out([*others, *often], seed=5)
    assert sum(bool(ids(share) & ids(often)) for share in (shares.fit, shares.calibration, shares.test)) == 1
    assert leaks(shares) == []


def test_a_thread_and_a_text_that_span_worlds_are_for_fitting() -> None:
    items = [
        item(k, f"matter {k} thing {k * 7} place {k * 13}", world=f"w{k % 10}", thread=f"t{k // 5}" if k < 30 else "")
        for k in range(600)
    ]
    items += [item(600 + k, TEXT, world=f"w{k}") for k in range(10)]
    shares = share_out(items, seed=5)
    assert ids(items[:30]) | ids(items[600:]) <= ids(shares.fit)
    assert shares.test and shares.calibration


def test_no_items_give_empty_shares() -> None:
    assert share_out([], seed=1) == Shares([], [], [])
