"""Doubtful labels: the wrong ones come first, with what would be right."""

import numpy as np

from training.corpus import Item
from training.quality.crossed import Crossed
from training.quality.doubtful import doubtful, quality, wrong


def test_labels_that_were_changed_are_found_with_the_right_ones(
    desk: list[Item], spoilt: list[Item], answers: Crossed
) -> None:
    right = {item.id: item.labels for item in desk}
    changed = {item.id for item in spoilt if item.labels != right[item.id]}
    fits = quality(answers.column(1, answers.truth), answers.levels[1])
    assert {spoilt[k].id for k in np.argsort(fits)[: len(changed)]} == changed
    found = doubtful(spoilt, answers)
    # How many are told is an estimate: it counts answers that are surer than their class usually is.
    assert {each.id for each in found} <= changed
    assert len(found) >= len(changed) - 1
    for each in found:
        assert each.level == "area + matter"
        assert each.proposed == " + ".join(right[each.id])
        assert each.given_probability is not None and each.proposed_probability is not None
        assert each.given_probability < 0.2 < each.proposed_probability
        assert each.where.startswith("desk.jsonl:")


def test_the_worst_come_first(spoilt: list[Item], answers: Crossed) -> None:
    scores = [each.score for each in doubtful(spoilt, answers)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_label_is_measured_by_what_its_class_usually_gets() -> None:
    given = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.7, 0.3], [0.7, 0.3]])
    assert np.allclose(quality(given, probabilities), 1)


def test_nothing_is_wrong_where_every_answer_agrees() -> None:
    given = np.arange(20) % 2
    assert not wrong(given, np.eye(2)[given] * 0.8 + 0.1).any()


def test_one_label_alone_cannot_be_wrong() -> None:
    assert not wrong(np.zeros(5, dtype=np.intp), np.full((5, 2), 0.5)).any()
