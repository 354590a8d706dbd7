"""What the benchmark of vectors adds up, and a peer on vectors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from bench.semantic import public
from bench.semantic_doubt import NEAREST, in_deviations, measured, nearness
from bench.semantic_peers import encoder_lr
from bench.sets import OUTSIDE, Labelled
from model.document import Document

NUMBERS = np.random.default_rng(1)


class Counting:
    """Reads how often two words occur."""

    def embed(self, documents: Sequence[Document]) -> Any:
        """Counts, (n, 2)."""
        return np.array([[each.text.count("parcel"), each.text.count("invoice")] for each in documents], float)


def test_a_text_is_as_near_as_its_nearest_ones_on_average() -> None:
    known = np.eye(NEAREST + 5)
    assert nearness(known[:3], known) == pytest.approx(1 / NEAREST)
    assert nearness(known[:3], known[:2]) == pytest.approx([1 / 2, 1 / 2, 0])


def test_all_texts_are_compared_however_many_they_are() -> None:
    asked, known = NUMBERS.normal(size=(1203, 4)), NUMBERS.normal(size=(30, 4))
    whole = np.sort(asked @ known.T, axis=1)[:, -NEAREST:].mean(axis=1)
    assert nearness(asked, known) == pytest.approx(whole)


def test_deviations_do_not_depend_on_the_unit() -> None:
    values, reference = NUMBERS.normal(size=9), NUMBERS.normal(size=20)
    moved = in_deviations(100 * values + 3, 100 * reference + 3)
    assert moved == pytest.approx(in_deviations(values, reference))


def test_nearness_finds_what_the_score_misses() -> None:
    test = Labelled(("a",) * 100 + ("b",) * 100, ("x",) * 100 + (OUTSIDE,) * 100)
    held = test.inside
    near = (np.repeat([1.0, -9.0], 100), NUMBERS.normal(size=100))

    def score(texts: Sequence[str]) -> tuple[Any, Any]:
        return np.arange(len(texts)) % 100 / 1.0, np.array(["x"] * len(texts))

    alone, as_it_is, together, right = measured(score, [near], held, test)
    assert (together, right) == (100, 100)
    assert alone < as_it_is < together


def test_the_regression_answers_from_what_the_encoder_reads() -> None:
    reader: Any = Counting()
    answer = encoder_lr(reader).make(["parcel", "invoice", "my parcel", "one invoice"], ["p", "i", "p", "i"], 0)
    assert answer(["where is the parcel", "invoice and invoice"]) == ["p", "i"]


def test_what_was_not_measured_is_a_dash() -> None:
    told = public({"SetFit": {("hwu64", "train_10"): ("80.00", "9.0")}}, ["SetFit: defaults"])
    assert "| SetFit | – | – | – | – | – | 80.00 |" in told
    assert "HWU64 9.0" in told
