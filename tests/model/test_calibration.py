"""Calibration: scores that shout are calmed, scores that whisper are raised, few items change nothing."""

import numpy as np
import pytest

from model.calibration import TYPICAL, Calibration, expected_calibration_error, fit_calibration
from model.decoding import Decoder
from model.scoring import Scores
from model.taxonomy import parse

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
