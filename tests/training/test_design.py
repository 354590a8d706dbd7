"""The design: how much spelling weighs depends on how long documents are."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from model.document import Document
from training.design import Design, Recipe, design


def designed(words: int) -> Design:
    """Two classes of one document each, of so many words, with half their words in common."""
    texts = [
        " ".join(f"{name if k % 2 else 'w'}{chr(97 + k // 26)}{chr(97 + k % 26)}" for k in range(words))
        for name in "xy"
    ]
    return design([Document(body=text) for text in texts], csr_matrix(np.eye(2, dtype=np.float32)), Recipe())


@pytest.mark.parametrize(("words", "length"), [(2, 1), (10, 1), (40, 4), (100, 10), (120, 10)])
def test_length_is_in_tens_of_words_and_has_bounds(words: int, length: float) -> None:
    assert designed(words).length == pytest.approx(length)


def test_in_documents_four_times_as_long_spelling_weighs_half() -> None:
    short, long = (np.sqrt(made.word_squares / made.word_scale**2 - 1).mean() for made in (designed(10), designed(40)))
    assert short == pytest.approx(Recipe().parts, rel=0.05)
    assert long == pytest.approx(short / 2, rel=0.05)
