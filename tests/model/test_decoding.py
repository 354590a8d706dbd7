"""Joint decoding: probabilities of combinations and of labels agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.decoding import LEAST, MOST_CELLS, Decoder, per_column
from model.taxonomy import Taxonomy, parse

TWO = parse(
    {
        "name": "t",
        "levels": ["a", "b"],
        "labels": {"a": {"x": "", "y": ""}, "b": {"p": {"a": ["x"]}, "q": {"a": ["y"]}, "r": ""}},
    }
)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 20))
def test_marginals_are_sums_of_the_joint_and_add_up_to_one(seed: int, scale: float) -> None:
    decoder = Decoder.of(TWO)
    scores = np.random.default_rng(seed).normal(0, scale, (5, decoder.columns)).astype(np.float32)
    joint = decoder.joint(scores)
    levels = decoder.split(decoder.marginals(joint))
    assert np.allclose(joint.sum(axis=1), 1, atol=1e-5)
    for level, columns in enumerate(levels):
        assert np.allclose(columns.sum(axis=1), 1, atol=1e-5)
        for k in range(columns.shape[1]):
            members = [j for j, names in enumerate(TWO.combinations) if names[level] == TWO.columns[level][k]]
            assert np.allclose(columns[:, k], joint[:, members].sum(axis=1), atol=1e-5)


def test_one_level_is_a_plain_softmax() -> None:
    flat = parse({"name": "t", "levels": ["a"], "labels": {"a": {"x": "", "y": ""}}})
    joint = Decoder.of(flat).joint(np.array([[1.0, 2.0, 3.0]], dtype=np.float32))
    expected = np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum()
    assert np.allclose(joint[0], expected, atol=1e-6)


def test_a_level_that_shouts_cannot_force_a_forbidden_combination(taxonomy: Taxonomy) -> None:
    decoder = Decoder.of(taxonomy)
    scores = np.zeros((1, decoder.columns), dtype=np.float32)
    stage, _, service = taxonomy.columns
    scores[0, stage.index("plan")] = 9
    scores[0, sum(decoder.widths[:2]) + service.index("refunds")] = 10
    best = taxonomy.combinations[int(decoder.joint(scores).argmax())]
    assert best == ("return", "returns_management", "refunds")


@given(st.integers(0, 2**32 - 1))
def test_weights_folded_into_combinations_give_the_same_joint(seed: int) -> None:
    both, folded = Decoder.of(TWO, "both"), Decoder.of(TWO, "combinations")
    random = np.random.default_rng(seed)
    features, weights = random.normal(size=(5, 3)), random.normal(size=(3, both.columns))
    assert np.allclose(both.joint(features @ weights), folded.joint(features @ both.folded(weights)))


@given(st.integers(0, 2**32 - 1), st.lists(st.floats(-0.9, 3), min_size=2, max_size=2))
def test_levels_weighed_leave_a_distribution_and_powers_of_zero_change_nothing(seed: int, powers: list[float]) -> None:
    decoder = Decoder.of(TWO)
    joint = decoder.joint(np.random.default_rng(seed).normal(0, 5, (4, decoder.columns)))
    assert np.allclose(decoder.weighed(joint, powers).sum(axis=1), 1)
    assert np.allclose(decoder.weighed(joint, (0, 0)), joint)


def test_large_taxonomies_are_decoded_without_a_dense_matrix_to_the_same_numbers() -> None:
    levels = {"a": {f"x{k}": "" for k in range(40)}, "b": {f"y{k}": "" for k in range(60)}}
    large = Decoder.of(parse({"name": "t", "levels": ["a", "b"], "labels": levels}))
    assert len(large.members) * sum(large.widths) > MOST_CELLS
    joint = large.joint(np.random.default_rng(3).normal(0, 4, (3, large.columns)))
    membership = np.zeros((len(large.members), sum(large.widths)))
    membership[np.arange(len(membership))[:, None], large.members] = 1
    marginals = joint @ membership
    assert np.allclose(large.marginals(joint), marginals)
    raised = joint * np.exp(np.log(np.maximum(marginals, LEAST)) * np.repeat([0.5, -0.3], large.widths) @ membership.T)
    assert np.allclose(large.weighed(joint, (0.5, -0.3)), raised / raised.sum(axis=1, keepdims=True))


def test_what_is_expected_of_each_head_adds_up_to_one() -> None:
    both = Decoder.of(TWO, "both")
    joint = both.joint(np.random.default_rng(5).normal(size=(4, both.columns)))
    heads = np.split(both.expected(joint), np.cumsum(both.head_widths)[:-1], axis=1)
    assert [head.shape[1] for head in heads] == [3, 4, len(TWO.combinations)]
    assert all(np.allclose(head.sum(axis=1), 1) for head in heads)
    assert np.allclose(heads[-1], joint)


@pytest.mark.parametrize("size", [0, 1, 7])
def test_any_number_of_rows_keeps_its_shape(size: int) -> None:
    decoder = Decoder.of(TWO)
    assert decoder.marginals(
        decoder.joint(np.zeros((size, decoder.columns), np.float32))
        if size
        else np.zeros((0, len(TWO.combinations)), np.float32)
    ).shape == (size, decoder.columns)


def test_what_is_said_of_a_group_holds_for_each_of_its_columns_and_cannot_be_changed() -> None:
    found = per_column((2.0, 0.5), (3, 1), np.dtype(np.float32))
    assert found.tolist() == [2, 2, 2, 0.5]
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1
