"""Words of a batch, as hashes."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.document import Document
from model.tokens import MAX_CHARACTERS, tokenise


def words(*bodies: str) -> list[list[int]]:
    tokens = tokenise([Document(body=body) for body in bodies])
    return [tokens.words[tokens.document == k].tolist() for k in range(len(bodies))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Where is ORDER", "where is order", id="case"),
        pytest.param("réclamation über naïve", "reclamation uber naive", id="accents"),
        pytest.param("don't", "don’t", id="apostrophes"),
        pytest.param("order 4471", "order 9920", id="numbers of the same length"),
        pytest.param("PO 4500018832", "PO 450001883299", id="long numbers"),
        pytest.param("one,two;three", "one two three", id="punctuation"),
        pytest.param("ＡＢＣ", "abc", id="full width"),
        pytest.param("Straße", "STRASSE", id="sharp s"),
    ],
)
def test_spellings_of_one_text_have_the_same_words(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(("one", "other"), [("return", "retour"), ("12", "123"), ("why?", "why")])
def test_different_words_differ(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_scripts_without_spaces_give_a_word_a_sign() -> None:
    assert len(words("請問訂單在哪裡")[0]) == 7


@given(st.lists(st.text(max_size=80), min_size=1, max_size=8))
def test_a_text_has_the_same_words_alone_and_in_a_batch(texts: list[str]) -> None:
    assert words(*texts) == [words(text)[0] for text in texts]


@given(st.text(max_size=60), st.text(max_size=60))
def test_words_of_two_parts_are_the_words_of_both(left: str, right: str) -> None:
    assert words(f"{left} {right}")[0] == words(left)[0] + words(right)[0]


def test_every_kind_of_blank_parts_words() -> None:
    blanks = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
    assert [blank for blank in blanks if words(f"one{blank}two") != words("one two")] == []


def test_a_subject_is_read_as_far_as_a_body_is() -> None:
    text = "one " * MAX_CHARACTERS
    tokens = tokenise([Document(text, text)])
    assert tokens.in_subject.sum() == (~tokens.in_subject).sum() == MAX_CHARACTERS // 4


def test_words_of_the_subject_are_marked() -> None:
    tokens = tokenise([Document("one two", "three"), Document("", "four")])
    assert tokens.in_subject.tolist() == [True, True, False, False]


@pytest.mark.parametrize("body", ["", " ", "\x00\x01\x00", "\ud800", "..."])
def test_text_without_words_has_none_and_separators_in_it_do_no_harm(body: str) -> None:
    tokens = tokenise([Document("", body), Document("", "after")])
    assert tokens.document[tokens.words == words("after")[0][0]].tolist() == [1]


def test_hashes_of_many_words_do_not_collide() -> None:
    rng = np.random.default_rng(3)
    texts = {"".join(rng.choice(list("abcdefghij"), 6)) for _ in range(20_000)}
    (found,) = words(" ".join(sorted(texts))[:20_000])
    assert len(set(found)) >= len(found) - 1
