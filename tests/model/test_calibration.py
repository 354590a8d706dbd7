"""Calibration: scores that shout are calmed, scores that whisper are raised, few items change nothing."""

from dataclasses import replace

import numpy as np
import pytest

from model.calibration import LONGEST, SHORTEST, TYPICAL, Calibration, expected_calibration_error, fit_calibration
from model.decoding import Decoder
from model.scoring import Counts, Scores
from model.taxonomy import parse

TWO = parse(
    {"name": "t", "levels": ["a", "b"], "labels": {"a": {"x": "", "y": ""}, "b": {f"l{k}": "" for k in range(4)}}}
)
FLAT = parse({"name": "t", "levels": ["a"], "labels": {"a": {f"l{k}": "" for k in range(6)}}})


def drawn(
    scale: float | np.ndarray, size: int = 4000, words: np.ndarray | None = None
) -> tuple[Scores, np.ndarray, Decoder]:
    """Scores whose softmax at scale 1 is the truth's distribution, multiplied by `scale`."""
    decoder = Decoder.of(FLAT)
    rng = np.random.default_rng(2)
    scores = rng.normal(0, 2, (size, decoder.columns)).astype(np.float32)
    joint = decoder.joint(scores)
    truth = (joint.cumsum(axis=1) > rng.random((size, 1))).argmax(axis=1)
    words = np.full(size, TYPICAL, dtype=np.int32) if words is None else words
    return Scores((scores * scale).astype(np.float32), words, words), truth, decoder


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_the_scale_that_distorted_scores_is_found(scale: float) -> None:
    scores, truth, decoder = drawn(scale)
    assert fit_calibration(scores, truth, decoder).scales[0] * scale == pytest.approx(1, rel=0.1)


def test_calibration_lowers_the_calibration_error() -> None:
    scores, truth, decoder = drawn(4.0)

    def error(calibration: Calibration) -> float:
        joint = decoder.joint(calibration.apply(scores, decoder.head_widths))
        return expected_calibration_error(joint.max(axis=1), joint.argmax(axis=1) == truth)

    assert error(fit_calibration(scores, truth, decoder)) < 0.03 < error(Calibration((1.0,)))


def test_short_texts_that_shout_are_believed_less() -> None:
    words = np.tile(np.array([4, 40, 160], dtype=np.int32), 2000)
    distortion = ((words / TYPICAL) ** -0.5)[:, None]
    scores, truth, decoder = drawn(distortion, len(words), words)
    assert fit_calibration(scores, truth, decoder).length == pytest.approx(0.5, abs=0.1)


def test_a_level_that_is_believed_too_much_is_calmed_on_its_own() -> None:
    decoder, random = Decoder.of(TWO, "combinations"), np.random.default_rng(4)
    scores = random.normal(0, 2, (6000, decoder.columns)).astype(np.float32)
    joint = decoder.weighed(decoder.joint(scores), (-0.7, 0.5))
    truth = (joint.cumsum(axis=1) > random.random((len(scores), 1))).argmax(axis=1)
    words: Counts = np.full(len(scores), TYPICAL, dtype=np.int32)
    found = fit_calibration(Scores(scores, words, words), truth, decoder)

    def error(calibration: Calibration, level: int) -> float:
        labels = decoder.split(decoder.marginals(calibration.joint(Scores(scores, words, words), decoder)))[level]
        true = decoder.members[truth, level] - sum(decoder.widths[:level])
        return expected_calibration_error(labels.max(axis=1), labels.argmax(axis=1) == true)

    assert found.powers[0] < found.powers[1]
    for level in range(2):
        assert error(found, level) < 0.02 < error(replace(found, powers=()), level)


def test_few_items_leave_scores_as_they_are() -> None:
    scores, truth, decoder = drawn(4.0, 10)
    assert np.array_equal(fit_calibration(scores, truth, decoder).apply(scores, decoder.head_widths), scores.scores)


@pytest.mark.parametrize(
    ("probability", "correct", "error"),
    [([1.0, 1.0], [True, True], 0.0), ([1.0, 1.0], [False, False], 1.0), ([0.75] * 4, [True, True, True, False], 0.0)],
)
def test_the_calibration_error_is_the_gap_between_said_and_true(
    probability: list[float], correct: list[bool], error: float
) -> None:
    assert expected_calibration_error(np.array(probability), np.array(correct)) == pytest.approx(error)


@pytest.mark.parametrize(("words", "same"), [(0, SHORTEST), (1, SHORTEST), (LONGEST + 1, LONGEST), (20_000, LONGEST)])
def test_beyond_the_shortest_and_the_longest_text_the_scale_changes_no_more(words: int, same: int) -> None:
    decoder, scores = Decoder.of(FLAT), np.ones((2, 7), dtype=np.float32)
    counts = np.array([words, same])
    first, second = Calibration((1.0,), length=0.5).apply(Scores(scores, counts, counts), decoder.head_widths)
    assert first.tolist() == pytest.approx(second.tolist())
    assert second[0] == pytest.approx((same / TYPICAL) ** 0.5)
