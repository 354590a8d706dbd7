"""Work that is done together: one faulty piece does not take the others along."""

from collections.abc import Sequence

import pytest

from model.entities import EntityError
from serving.keeping import each


@pytest.mark.parametrize("fault", [ValueError("no"), EntityError("no")], ids=["Python's", "our own"])
def test_neighbours_of_a_faulty_piece_are_done(fault: Exception) -> None:
    def done(batch: Sequence[int]) -> list[int]:
        if 2 in batch:
            raise fault
        return [-piece for piece in batch]

    assert each([1, 2, 3], done) == [-1, fault, -3]


def test_what_is_everybodys_fault_is_not_tried_piece_by_piece() -> None:
    tried = []

    def done(batch: Sequence[int]) -> list[int]:
        tried.append(len(batch))
        raise OSError("the disk is full")

    assert [type(found) for found in each([1, 2], done)] == [OSError, OSError]
    assert tried == [2]
