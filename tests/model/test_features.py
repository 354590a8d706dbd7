"""Features: pairs within a field, words of subjects, parts of words with their place."""

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.document import Document
from model.features import CUT, EARLIER_CUT, Cut, features, parts
from model.tokens import MAX_WORD, tokenise


def hashes_of_parts(word: str) -> set[int]:
    return set(parts(tokenise([Document(body=word)]), np.array([0]))[0].tolist())


def test_pairs_do_not_cross_documents_or_fields() -> None:
    found = features(tokenise([Document("one two", "three"), Document("", "four five")]))
    assert found.pair_document.tolist() == [0, 1]


def test_inflected_words_share_their_pairs() -> None:
    found = features(tokenise([Document(body="invoices wrongly"), Document(body="invoice wrong")]))
    assert found.pairs[0] == found.pairs[1]


def test_pairs_have_an_order() -> None:
    found = features(tokenise([Document(body="late order"), Document(body="order late")]))
    assert found.pairs[0] != found.pairs[1]


def test_a_word_in_the_subject_is_another_feature_than_in_the_body() -> None:
    found = features(tokenise([Document("invoice", "invoice")]))
    assert found.words[0] == found.words[1]
    assert found.subject[0] not in found.words


@pytest.mark.parametrize(("word", "number"), [("a", 1), ("ab", 3), ("abc", 5), ("abcd", 7), ("abcdef", 11)])
def test_a_word_and_its_marks_have_all_their_pieces_of_three_and_four(word: str, number: int) -> None:
    assert len(hashes_of_parts(word)) == number


@pytest.mark.parametrize(("word", "number"), [("a", 1), ("abc", 1), ("abcd", 3), ("abcde", 6), ("abcdef", 9)])
def test_earlier_models_cut_words_into_three_to_five(word: str, number: int) -> None:
    assert len(parts(tokenise([Document(body=word)]), np.array([0]), EARLIER_CUT)[0]) == number


@pytest.mark.parametrize("word", ["a", "abc", "abcd", "delivery"])
def test_no_part_of_a_word_is_counted_twice(word: str) -> None:
    assert len(parts(tokenise([Document(body=word)]), np.array([0]))[0]) == len(hashes_of_parts(word))


def test_words_with_a_common_stem_share_parts_and_others_do_not() -> None:
    assert hashes_of_parts("delivery") & hashes_of_parts("delivered")
    assert not hashes_of_parts("delivery") & hashes_of_parts("banknote")


def test_letters_at_an_end_of_a_word_are_the_letters_inside_another_and_something_besides() -> None:
    inside, whole = hashes_of_parts("xshipx"), hashes_of_parts("ship")
    assert len(inside & whole) == 3  # shi, hip, ship
    assert len(whole - inside) == 4  # with a mark: sh, shi, ip, hip


@given(
    st.lists(st.text("abcdefghij", min_size=1, max_size=40), min_size=1, max_size=20),
    st.sampled_from([CUT, EARLIER_CUT]),
)
def test_words_have_the_same_parts_together_as_alone(words: list[str], cut: Cut) -> None:
    together = tokenise([Document(body=" ".join(words))])
    hashes, owner = parts(together, np.arange(len(words)), cut)
    for k, word in enumerate(words):
        alone, _ = parts(tokenise([Document(body=word)]), np.array([0]), cut)
        assert hashes[owner == k].tolist() == alone.tolist()


def test_the_longest_word_that_counts_has_all_its_parts() -> None:
    word = string.ascii_lowercase + string.ascii_lowercase[::-1]
    assert len(hashes_of_parts(word)) == MAX_WORD + MAX_WORD - 1  # of three and of four, marks included


def test_features_know_their_documents() -> None:
    found = features(tokenise([Document("one two", "three four"), Document("five", "six")]))
    assert found.subject_document.tolist() == [0, 0, 1]
    assert len(found.words) == 6
    assert found.document.tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0]
