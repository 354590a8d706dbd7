"""Prediction sets: as wide as promised on average, never empty, refused where too few items speak."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import bundle
from model.classifier import Classifier
from model.decoding import Decoder
from model.sets import Cutoffs, cutoffs, inside, label_sets
from model.taxonomy import Taxonomy
from training.evaluation import evaluate
from training.shares import Shares


def drawn(decoder: Decoder, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Joint probabilities of an imperfect classifier and the truth, both from one source."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, len(decoder.members), count)
    scores = random.normal(0, 1, (count, decoder.columns))
    for level in range(decoder.members.shape[1]):
        scores[np.arange(count), decoder.members[truth, level]] += 2
    return decoder.joint(scores), truth


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2])
def test_over_many_draws_sets_miss_the_truth_as_often_as_promised_and_not_much_less(
    taxonomy: Taxonomy, rate: float
) -> None:
    decoder = Decoder.of(taxonomy)
    first = np.cumsum([0, *decoder.widths[:-1]])
    missed = []
    for seed in range(60):
        joint, truth = drawn(decoder, 600, seed)
        (bar,) = cutoffs(joint[:200], truth[:200], decoder, (rate,))
        levels, combinations = inside(joint[200:], decoder, bar)
        each, true = np.arange(400), truth[200:]
        held = [own[each, decoder.members[true, k] - first[k]] for k, own in enumerate(levels)]
        missed.append([1 - found.mean() for found in (*held, combinations[each, true])])
    average, error = np.mean(missed, axis=0), np.std(missed, axis=0) / np.sqrt(60)
    assert (average <= rate + 3 * error).all()
    assert average[-1] >= rate / 2  # on levels that are easier the likeliest label alone misses less


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), bar=st.floats(0, 1), joint_bar=st.floats(0, 1))
def test_sets_are_never_empty_and_begin_with_the_likeliest(
    taxonomy: Taxonomy, seed: int, bar: float, joint_bar: float
) -> None:
    decoder = Decoder.of(taxonomy)
    joint, _ = drawn(decoder, 5, seed)
    chosen = Cutoffs(0.1, 100, (bar,) * len(decoder.widths), joint_bar)
    for found, best in zip(label_sets(joint, taxonomy, decoder, chosen), joint.argmax(axis=1), strict=True):
        assert found.combinations[0] == taxonomy.combinations[best]
        for level, names in enumerate(found.levels):
            assert taxonomy.combinations[best][level] in names
            assert len(set(names)) == len(names)


@pytest.mark.parametrize(("items", "missing"), [(18, 1), (19, 0), (20, 0), (0, 19)])
def test_a_set_needs_enough_calibration_items(items: int, missing: int) -> None:
    assert Cutoffs(0.05, items, (0.5,), 0.5).missing == missing


def test_with_too_few_items_the_cutoff_lets_everything_in(taxonomy: Taxonomy) -> None:
    decoder = Decoder.of(taxonomy)
    joint, truth = drawn(decoder, 18, 1)
    (bar,) = cutoffs(joint, truth, decoder, (0.05,))
    levels, combinations = inside(joint, decoder, bar)
    assert all(own.all() for own in levels)
    assert combinations.all()


def test_training_leaves_cutoffs_that_a_saved_model_keeps(classifier: Classifier, tmp_path: Path) -> None:
    assert [each.error_rate for each in classifier.cutoffs] == [0.01, 0.02, 0.05, 0.1, 0.2]
    bundle.save(classifier, tmp_path / "kept")
    assert bundle.load(tmp_path / "kept").cutoffs == classifier.cutoffs


def test_a_model_folder_from_before_has_none() -> None:
    old = bundle.load(Path(__file__).parent / "bundles" / "1")
    assert (old.cutoffs, old.reference) == ((), None)


def test_the_report_says_how_often_sets_held_the_truth_and_how_large_they_were(
    classifier: Classifier, shares: Shares
) -> None:
    report = evaluate(classifier, shares.test)
    sizes = [each.size["service"] for each in report.sets]
    assert sizes == sorted(sizes, reverse=True)
    for each in report.sets:
        assert set(each.coverage) == set(each.size) == {*classifier.taxonomy.level_names, "joint"}
    assert report.metrics()["sets.0.1.coverage.service"] == report.sets[3].coverage["service"]
