"""Out-of-fold answers: what belongs together is never on both sides, and nobody judges what he learned."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.taxonomy import Taxonomy
from training.corpus import Item
from training.fitting import Settings
from training.quality.crossed import Crossed, crossed, dealt, tied
from training.shares import SMALL, WORLDS


@given(st.lists(st.integers(0, 30), min_size=1, max_size=200), st.integers(0, 5))
def test_a_group_is_in_one_fold(together: list[int], seed: int) -> None:
    fold = dealt(np.array(together), 5, seed)
    assert all(len(set(fold[np.array(together) == group])) == 1 for group in together)


@given(st.integers(10, 300), st.integers(0, 5))
def test_folds_of_single_items_are_even(items: int, seed: int) -> None:
    sizes = np.bincount(dealt(np.arange(items), 5, seed), minlength=5)
    assert sizes.max() - sizes.min() <= 1


def test_items_of_a_thread_are_tied(desk: list[Item]) -> None:
    threaded = [replace(item, facts={"thread": "t"}) if k in (3, 50) else item for k, item in enumerate(desk)]
    numbers = tied(threaded)
    assert numbers[3] == numbers[50]
    assert numbers[3] != numbers[4]


def test_items_of_a_world_are_tied_where_there_are_enough_worlds(desk: list[Item]) -> None:
    many = [replace(desk[k % len(desk)], id=f"i{k}") for k in range(SMALL * WORLDS)]
    worlds = [replace(item, facts={"world": f"w{k // SMALL}"}) for k, item in enumerate(many)]
    assert len(set(tied(worlds).tolist())) == WORLDS


def test_answers_are_distributions_and_the_same_each_time(
    spoilt: list[Item], desk_taxonomy: Taxonomy, answers: Crossed
) -> None:
    for probabilities in answers.levels:
        assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(crossed(spoilt, desk_taxonomy, Settings()).scores, answers.scores)
