"""Drift: quiet on more of the same, loud on a changed mix, silent where too few items speak."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.document import Document, Label, Prediction
from model.drift import FEWEST, Observation, Profile, compare, jensen_shannon, observed, profile, worst

MIX = {
    "labels.service": {f"s{k}": 1 / 12 for k in range(12)},
    "confidence": {"low": 0.2, "middle": 0.3, "high": 0.5},
    "length": {"short": 0.4, "long": 0.55, "endless": 0.05},
    "language": {"en": 0.97, "de": 0.03},
}
Mix = Mapping[str, Mapping[str, float]]


def drawn(items: int, seed: int, mix: Mix = MIX) -> Profile:
    random = np.random.default_rng(seed)
    counts = {
        signal: dict(zip(shares, random.multinomial(items, list(shares.values())).tolist(), strict=True))
        for signal, shares in mix.items()
    }
    return Profile(items, counts)


@pytest.mark.parametrize("items", [120, 1_000])
def test_samples_of_one_source_raise_no_alarm_in_95_of_100_draws(items: int) -> None:
    verdicts = [worst(compare(drawn(900, 2 * k), drawn(items, 2 * k + 1))) for k in range(100)]
    assert verdicts.count("steady") >= 95


def test_a_changed_mix_raises_an_alarm_that_names_it() -> None:
    grown = {"s0": 1 / 12 + 0.15} | {f"s{k}": 1 / 12 - 0.15 / 11 for k in range(1, 12)}
    for seed in range(20):
        signals = {
            each.name: each
            for each in compare(drawn(900, seed), drawn(600, 99 + seed, MIX | {"labels.service": grown}))
        }
        assert signals["labels.service"].verdict == "drifted"
        assert signals["labels.service"].changes[0].category == "s0"
        assert signals["confidence"].verdict != "drifted"


def test_a_tiny_change_is_steady_however_many_items_show_it() -> None:
    slight = MIX | {"language": {"en": 0.965, "de": 0.035}}
    signals = {each.name: each for each in compare(drawn(500_000, 1), drawn(500_000, 2, slight))}
    assert signals["language"].p_value < 0.01
    assert signals["language"].verdict == "steady"


@pytest.mark.parametrize(
    ("reference", "window", "few"),
    [(FEWEST, FEWEST, False), (FEWEST, FEWEST - 1, True), (FEWEST - 1, FEWEST, True), (FEWEST, 0, True)],
)
def test_below_the_least_number_of_items_nothing_is_said(reference: int, window: int, few: bool) -> None:
    signals = compare(drawn(reference, 1), drawn(window, 2) if window else Profile(0, {}))
    assert [each.verdict == "too few" for each in signals] == [few] * len(MIX)


def test_a_label_never_seen_before_counts() -> None:
    window = Profile(300, {**drawn(300, 1).counts, "language": {"fr": 300}})
    found = {each.name: each for each in compare(drawn(300, 2), window)}["language"]
    assert (found.verdict, found.changes[0].before, found.changes[0].now) == ("drifted", found.changes[0].before, 1.0)
    assert found.changes[0].category == "fr"


def test_the_same_question_gets_the_same_answer() -> None:
    assert compare(drawn(300, 1), drawn(300, 2)) == compare(drawn(300, 1), drawn(300, 2))


shares = st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(any).map(lambda each: np.array(each) / sum(each))


@settings(max_examples=80, deadline=None)
@given(one=shares, other=shares)
def test_the_divergence_is_symmetric_bounded_and_nothing_only_for_the_same(one: np.ndarray, other: np.ndarray) -> None:
    found = float(jensen_shannon(one, other))
    assert found == pytest.approx(float(jensen_shannon(other, one)))
    assert -1e-12 <= found <= 1 + 1e-12
    assert (found < 1e-9) == bool(np.allclose(one, other, atol=1e-4))


def test_an_item_is_seen_without_its_text() -> None:
    prediction = Prediction(
        (Label("stage", "make", 0.9), Label("service", "repair", 0.8)), 0.75, (), ("unseen_vocabulary",)
    )
    seen = observed(prediction, Document("ab", "xyzzy"), "de")
    assert seen == Observation({"stage": "make", "service": "repair"}, 0.75, 7, True, "de")
    assert profile([seen, seen]) == Profile(
        2,
        {
            "labels.stage": {"make": 2},
            "labels.service": {"repair": 2},
            "confidence": {"0.7 to 0.8": 2},
            "length": {"under 32": 2},
            "unseen": {"mostly unseen": 2},
            "language": {"de": 2},
        },
    )


@pytest.mark.parametrize(
    ("confidence", "band"),
    [
        (0.0, "under 0.1"),
        (0.1, "0.1 to 0.2"),
        (0.98999, "0.99 or more"),
        (0.9899, "0.95 to 0.99"),
        (1.0, "0.99 or more"),
    ],
)
def test_an_item_on_a_bound_falls_into_the_band_above(confidence: float, band: str) -> None:
    assert Observation({}, confidence, 1, False, "en").cells["confidence"] == band
