"""Suggestions: near ties first, twins once, junk late, the same each time, and a reason for each."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.classifier import Classifier
from model.decoding import Floats
from model.document import Document
from model.errors import SortationError
from training.corpus import Item
from training.fitting import FEW
from training.resemblance import nearest, vectors
from training.suggestion import LIKE, MOST, ROWS, WORDS, choose, doubt, representatives, resemblances, suggest


def alike(rows: Floats) -> Floats:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    found: Floats = np.maximum(unit @ unit.T, 0)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_a_choice_is_as_good_as_the_plain_greedy_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, count = int(rng.integers(2, 30)), int(rng.integers(1, 8))
    table, weights = alike(rng.normal(size=(size, 3))), rng.uniform(0.1, 1, size)
    covered, chosen = np.zeros(size), list[int]()
    for _ in range(min(count, size)):
        gains = np.maximum(table - covered, 0) @ weights
        gains[chosen] = -1
        chosen.append(int(gains.argmax()))
        covered = np.maximum(covered, table[chosen[-1]])
    found = representatives(table, weights, count)
    assert len(set(found.tolist())) == min(count, size)
    reached = [float(np.max(table[places], axis=0) @ weights) for places in (found, chosen)]
    assert abs(reached[0] - reached[1]) < 1e-6


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=9))
def test_doubt_is_greatest_for_a_tie_and_within_its_range(shares: list[float]) -> None:
    joint = np.array([shares]) / sum(shares)
    assert 0 <= float(doubt(joint)[0]) <= 1
    assert float(doubt(np.array([[0.5, 0.5]]))[0]) == 1


def test_twins_are_asked_once_before_anything_is_asked_twice() -> None:
    texts = ["where is my parcel please", "the pump leaks oil again", "you charged my card twice"]
    documents = [Document(body=text) for text in texts for _ in range(4)]
    joint = np.full((12, 2), 0.5)
    chosen, stands_for = choose(joint, documents, 3)
    assert {int(k) // 4 for k in chosen} == {0, 1, 2}
    assert stands_for.tolist() == [4, 4, 4]


def test_what_resembles_nothing_is_asked_after_what_stands_for_others() -> None:
    documents = [Document(body="qqwx zzrt vvbp")]
    documents += [Document(body=f"where is parcel {word} of my order") for word in ("one", "two", "red", "big")]
    joint = np.tile([[0.5, 0.5, 0.0]], (5, 1))
    joint[0] = [0.0, 0.5, 0.5]
    chosen, _ = choose(joint, documents, 2)
    assert chosen[0] != 0


def pool_of(size: int) -> tuple[Floats, list[Document]]:
    """Probabilities of three answers, and texts of a few words out of 40."""
    rng = np.random.default_rng(4)
    documents = [Document(body=" ".join(f"word{k}" for k in rng.integers(0, 40, 5))) for _ in range(size)]
    return rng.dirichlet(np.ones(3), size), documents


def test_the_table_of_resemblances_is_the_same_in_parts_as_in_one_go() -> None:
    joint, documents = pool_of(2 * ROWS + 9)
    rows, root = vectors(documents), np.sqrt(joint.astype(np.float32))
    whole = (1 - WORDS) * (root @ root.T) + WORDS * (rows @ rows.T).toarray()
    np.fill_diagonal(whole, 1)
    assert np.allclose(resemblances(joint, documents), whole, rtol=0, atol=1e-6)


def test_each_candidate_is_spoken_for_by_the_choice_that_it_resembles_most() -> None:
    joint, documents = pool_of(2 * ROWS + 9)
    chosen, speaks_for = choose(joint, documents, 20)
    table = resemblances(joint, documents)[chosen]
    close = table.max(axis=0) >= LIKE
    assert speaks_for.tolist() == np.bincount(table.argmax(axis=0)[close], minlength=20).tolist()


def test_there_is_one_table_of_resemblances_in_memory_however_many_are_chosen() -> None:
    joint, documents = pool_of(2_000)
    tracemalloc.start()
    try:
        choose(joint, documents, 2_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 4 * len(documents) ** 2


def test_suggestions_are_doubtful_have_reasons_and_are_the_same_each_time(
    classifier: Classifier, corpus: list[Item], few: list[Item]
) -> None:
    taken = {item.id for item in few}
    pool = [item.document for item in corpus if item.id not in taken][:400]
    found = suggest(classifier, pool, 12, dict.fromkeys(classifier.taxonomy.levels[-1].labels, 3))
    assert found == suggest(classifier, pool, 12, dict.fromkeys(classifier.taxonomy.levels[-1].labels, 3))
    assert len({each.place for each in found}) == 12
    everywhere = np.median(doubt(classifier.answer(pool).joint))
    assert np.mean([each.doubt for each in found]) > everywhere
    assert all(each.reasons for each in found)
    short = [each for each in found if each.answers[0][0][-1] in classifier.taxonomy.levels[-1].labels]
    assert all(any("3 labels only" in reason for reason in each.reasons) for each in short)
    assert FEW > 3


def test_strange_words_are_a_reason(classifier: Classifier) -> None:
    (found,) = suggest(classifier, [Document(body="zorble quimf vextrop about the blarn")], 1)
    assert any("words never seen" in reason for reason in found.reasons)


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_a_count_out_of_range_is_refused(classifier: Classifier, count: int) -> None:
    with pytest.raises(SortationError, match="between 1 and"):
        suggest(classifier, [Document(body="hello")], count)


def test_no_texts_give_no_suggestions(classifier: Classifier) -> None:
    assert suggest(classifier, [], 5) == []


def test_the_nearest_text_is_the_one_with_most_rare_words_in_common() -> None:
    texts = ["the grey pump leaks oil", "our grey pump leaks", "the parcel is late", "a late parcel again", "xyzzy"]
    cosine, neighbour = nearest(vectors([Document(body=text) for text in texts]))
    assert neighbour[:4].tolist() == [1, 0, 3, 2]
    assert cosine[4] == 0
    assert np.all(cosine <= 1 + 1e-5)
