"""A model's arrays in the one table that scoring uses: in memory, or in a folder that several processes map.

The folder holds nothing that the weights do not say: it is compared with them before it is used, so that it needs no
signature of its own, and made anew where it differs. Knows no documents.
"""

import fcntl
import mmap
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model.hashing import U64
from model.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.decoding import Floats
    from model.scoring import Weights

NAMES = ("hashes", "slots", "table")
STEP = 8_192
"""Rows that are compared at a time, so that comparing needs little memory."""


@dataclass(frozen=True, eq=False)
class Combined:
    """All kinds of features in one vocabulary and one table: words, pairs, parts, and words known by their vectors."""

    vocabulary: Vocabulary
    table: "Floats"
    """Their rows in the same order, each with its square as one more column; (n, columns + 1), single precision."""


def combined(weights: "Weights") -> Combined:
    """The arrays in this process's own memory."""
    table = np.empty((sum(map(len, _squares(weights))), len(weights.bias) + 1), dtype=np.float32)
    np.concatenate(_rows(weights), out=table[:, :-1])
    np.concatenate(_squares(weights), out=table[:, -1])
    return Combined(Vocabulary(np.concatenate(_hashes(weights))), table)


def shared(weights: "Weights", folder: Path) -> Combined:
    """The arrays mapped from `folder`, of which one copy serves every process. The first one makes it, whole or not
    at all. Raises OSError where it can neither be read nor be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        found = _mapped(folder)
        if found is None or not _same(found, weights):
            _make(weights, folder)
            found = _mapped(folder)
    if found is None:
        raise OSError(f"{folder} cannot be read back")
    for array in (*_hashes(weights), *_rows(weights), *_squares(weights), found.table):
        _release(array)
    return found


def _release(array: Any) -> None:
    """Gives back the memory of a mapped file that was read through once; what is needed again comes by itself."""
    file = getattr(array if isinstance(array, np.memmap) else array.base, "_mmap", None)
    if file is not None and hasattr(mmap, "MADV_DONTNEED"):
        file.madvise(mmap.MADV_DONTNEED)


def _make(weights: "Weights", folder: Path) -> None:
    made = combined(weights)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        arrays = (made.vocabulary.hashes, made.vocabulary.slots, made.table)
        for name, array in zip(NAMES, arrays, strict=True):
            np.save(draft / f"{name}.npy", array, allow_pickle=False)
        shutil.rmtree(folder, ignore_errors=True)  # who has it mapped keeps it
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _mapped(folder: Path) -> Combined | None:
    """What the folder holds; None where that is nothing usable."""
    try:
        hashes, slots, table = (
            np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)) for name in NAMES
        )
    except (OSError, ValueError, EOFError):
        return None
    right = hashes.dtype == np.uint64 and slots.dtype == np.int32 and table.dtype == np.float32
    if not right or table.ndim != 2 or len(table) != len(hashes) or len(slots) != Vocabulary.room(len(hashes)):
        return None
    return Combined(Vocabulary(hashes, slots), table)


def _same(found: Combined, weights: "Weights") -> bool:
    """Whether the arrays say what the weights say."""
    hashes, table, start = found.vocabulary.hashes, found.table, 0
    if table.shape != (sum(map(len, _squares(weights))), len(weights.bias) + 1):
        return False
    for theirs, rows, squares in zip(_hashes(weights), _rows(weights), _squares(weights), strict=True):
        for k in range(0, len(rows), STEP):
            part = slice(k, k + STEP)
            mine = slice(start + k, start + min(k + STEP, len(rows)))
            if not (
                np.array_equal(hashes[mine], theirs[part])
                and np.array_equal(table[mine, :-1], rows[part].astype(np.float32))
                and np.array_equal(table[mine, -1], squares[part].astype(np.float32))
            ):
                return False
        start += len(rows)
    return found.vocabulary.sound()


def _hashes(w: "Weights") -> list[U64]:
    return [w.word_hashes, w.pair_hashes, w.part_hashes, w.near_hashes]


def _rows(w: "Weights") -> list[Any]:
    return [w.word_rows, w.pair_rows, w.part_rows, w.near_rows]


def _squares(w: "Weights") -> list[Any]:
    return [w.word_squares, w.pair_squares, w.part_squares, w.near_squares]


@contextmanager
def _alone(folder: Path) -> "Iterator[None]":
    """One process at a time makes a folder; the others wait and then find it."""
    with folder.with_suffix(".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
