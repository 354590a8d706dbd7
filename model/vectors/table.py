"""A table of static vectors: words -> vectors, the mean of their pieces'. Knows no sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.errors import BundleError
from model.vectors.pieces import Pieces
from model.vectors.tensors import Array, tensors

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
NAMES = ("embeddings", "embedding.weight", "embeddings.weight")
"""What the table may be called in its file."""


@dataclass(frozen=True, eq=False)
class Table:
    """Static vectors of pieces."""

    pieces: Pieces
    rows: Floats
    """(pieces, d)."""

    @classmethod
    def read(cls, weights: bytes, tokenizer: bytes) -> "Table":
        """The table in a file of weights with its tokenizer. Raises BundleError where they do not fit each other."""
        found = tensors(weights)
        name = next((name for name in NAMES if name in found), None)
        if name is None:
            raise BundleError(f"the weights hold no table of vectors; it is called {' or '.join(NAMES)}")
        rows: Any = found[name]
        if rows.ndim != 2 or not min(rows.shape):
            raise BundleError(f"the table of vectors has shape {rows.shape}; (pieces, numbers) is right")
        rows = rows.astype(np.float32)
        pieces = Pieces.read(tokenizer)
        if "mapping" in found:
            rows = rows[_mapping(found["mapping"], len(rows))]
        if "weights" in found and found["weights"].shape == (len(rows),):
            rows = rows * found["weights"].astype(np.float32)[:, None]
        if max(pieces.vocabulary.values()) >= len(rows):
            raise BundleError(f"the tokenizer has pieces beyond the table's {len(rows):,} rows")
        if not np.isfinite(rows).all():
            raise BundleError("the table of vectors holds numbers that are not finite")
        return cls(pieces, rows)

    @property
    def dimension(self) -> int:
        """Numbers per vector."""
        return int(self.rows.shape[1])

    def words(self, words: Sequence[str]) -> Floats:
        """A vector per word, (n, d); zero where a word has no known piece."""
        split = [self.pieces.split(word) for word in words]
        sizes = np.array([len(numbers) for numbers in split], dtype=np.intp)
        flat = np.array([number for numbers in split for number in numbers], dtype=np.intp)
        vectors = np.zeros((len(words), self.dimension), dtype=np.float32)
        some = np.flatnonzero(sizes)
        if len(some):
            starts = np.concatenate([[0], np.cumsum(sizes[some])[:-1]])
            vectors[some] = np.add.reduceat(self.rows[flat], starts, axis=0) / sizes[some, None]
        return vectors


def _mapping(given: Array, size: int) -> Array:
    if given.ndim != 1 or given.dtype.kind != "i" or not len(given) or given.min() < 0 or given.max() >= size:
        raise BundleError(f"the table's mapping points beyond its {size:,} rows")
    return given
