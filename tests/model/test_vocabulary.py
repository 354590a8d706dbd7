"""Look-ups of many hashes at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.vocabulary import Vocabulary


@given(st.sets(st.integers(0, 2**64 - 1), max_size=300), st.lists(st.integers(0, 2**64 - 1), max_size=50))
def test_every_known_hash_has_its_row_and_every_other_has_none(known: set[int], asked: list[int]) -> None:
    hashes = np.array(sorted(known), dtype=np.uint64)
    vocabulary = Vocabulary(hashes)
    rows = {hash_: row for row, hash_ in enumerate(sorted(known))}
    query = np.array([*sorted(known), *asked], dtype=np.uint64)
    assert vocabulary.rows(query).tolist() == [rows.get(int(hash_), -1) for hash_ in query]


def test_hashes_that_fall_on_one_slot_are_all_found() -> None:
    hashes = np.arange(1, 200, dtype=np.uint64)  # all have the same upper bits
    assert Vocabulary(hashes).rows(hashes).tolist() == list(range(199))


@given(st.integers(1, 200))
def test_hashes_have_the_same_rows_however_many_are_asked_at_once(size: int) -> None:
    hashes = np.concatenate([np.arange(1, 150), np.arange(1, 50) << 56]).astype(np.uint64)  # many fall on one slot
    vocabulary = Vocabulary(hashes)
    asked = np.concatenate([hashes, hashes + np.uint64(500)])
    parts = [vocabulary.rows(asked[k : k + size]) for k in range(0, len(asked), size)]
    assert np.concatenate(parts).tolist() == [*range(len(hashes)), *[-1] * len(hashes)]
