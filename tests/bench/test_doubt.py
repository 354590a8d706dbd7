"""Recall of out-of-scope text at a price."""

import numpy as np

from bench.doubt import LOST, recall


def test_text_that_scores_below_all_others_is_found_without_loss() -> None:
    assert recall(np.arange(100.0), np.ones(100, dtype=bool), np.full(50, -1.0)) == 1


def test_text_that_scores_like_the_rest_is_found_as_often_as_the_price_allows() -> None:
    score = np.arange(1000.0)
    assert recall(score, np.ones(1000, dtype=bool), score) == LOST


def test_wrong_answers_cost_nothing_when_they_are_turned_away() -> None:
    score = np.arange(1000.0)
    assert recall(score, score >= 500, np.full(10, 499.0)) == 1
