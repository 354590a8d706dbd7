"""Features -> scores: the trained weights, and the one vectorised pass that applies them. Knows no labels' names.

The score of a document is bias + sum of its features' rows / length, linear throughout. A known word's row already
holds the weights of its parts; parts are looked up one by one only for words never seen in training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from model.decoding import Floats
from model.document import Document
from model.features import Features, features, parts
from model.hashing import U64, Places
from model.tokens import tokenise
from model.vocabulary import Rows, Vocabulary

BATCH_CHARACTERS = 400_000
"""Characters that are scored in one pass, at most (unless one document is longer): bounds memory to about 60 MB."""
BATCH_DOCUMENTS = 512


@dataclass(frozen=True, eq=False)
class Weights:
    """A trained model's numbers. Rows follow their hashes; columns follow the taxonomy's levels and labels."""

    hashes: U64
    """Known features: words, words of subjects, pairs; ascending. Shape (n,)."""
    rows: Floats
    """What one occurrence of a feature adds to the scores, (n, columns)."""
    squares: Floats
    """What one occurrence adds to the square of the document's length, (n,)."""
    part_hashes: U64
    """Known parts of words, ascending. Shape (m,)."""
    part_rows: Floats
    """(m, columns)."""
    part_squares: Floats
    bias: Floats
    """(columns,)."""


@dataclass(frozen=True, eq=False)
class Scores:
    """What one pass finds out about n documents."""

    scores: Floats
    """(n, columns), uncalibrated."""
    words: np.ndarray[Any, np.dtype[np.int32]]
    """Words per document, (n,)."""
    known: np.ndarray[Any, np.dtype[np.int32]]
    """Words per document that occurred in training, (n,)."""


class Scorer:
    """Applies weights to documents."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._known = Vocabulary(weights.hashes)
        self._parts = Vocabulary(weights.part_hashes)

    @cached_property
    def _rows(self) -> Floats:
        """Feature rows with the square as one more column, so that one product sums both."""
        return np.ascontiguousarray(np.column_stack([self.weights.rows, self.weights.squares]), dtype=np.float32)

    @cached_property
    def _part_rows(self) -> Floats:
        return np.ascontiguousarray(
            np.column_stack([self.weights.part_rows, self.weights.part_squares]), dtype=np.float32
        )

    def score(self, documents: Sequence[Document]) -> Scores:
        """Scores of n documents; any n, in passes of bounded size."""
        if not documents:
            none = np.zeros(0, dtype=np.int32)
            return Scores(np.zeros((0, len(self.weights.bias)), dtype=np.float32), none, none)
        done = [self._pass(features(tokenise(batch))) for batch in batches(documents)]
        if len(done) == 1:
            return done[0]
        return Scores(
            *(np.concatenate([getattr(part, name) for part in done]) for name in ("scores", "words", "known"))
        )

    def _pass(self, batch: Features) -> Scores:
        rows = self._known.rows(batch.hashes)
        found = np.flatnonzero(rows >= 0)
        total = _summed(rows[found], batch.document[found], batch.count, self._rows)
        fresh = np.flatnonzero(rows[: batch.words] < 0)
        if len(fresh):
            hashes, owner = parts(batch.tokens, fresh)
            rows_of_parts = self._parts.rows(hashes)
            hit = np.flatnonzero(rows_of_parts >= 0)
            where = batch.document[fresh][owner[hit]]
            total += _summed(rows_of_parts[hit], where, batch.count, self._part_rows)
        words = np.bincount(batch.document[: batch.words], minlength=batch.count).astype(np.int32)
        unknown = np.bincount(batch.document[fresh], minlength=batch.count).astype(np.int32)
        length = np.sqrt(np.maximum(total[:, -1:], 1e-6))
        return Scores(total[:, :-1] / length + self.weights.bias, words, words - unknown)


def _summed(rows: Rows, document: Places, count: int, table: Floats) -> Floats:
    """Sum over each document's rows of `table`, shape (count, table's columns)."""
    if count == 1:
        alone: Floats = table[rows].sum(axis=0, keepdims=True)
        return alone
    ones = np.ones(len(rows), dtype=np.float32)
    return np.asarray(csr_matrix((ones, (document, rows)), shape=(count, len(table))) @ table)


def batches(documents: Sequence[Document]) -> list[Sequence[Document]]:
    """Runs of documents that fit one pass, in order."""
    found: list[Sequence[Document]] = []
    start = size = 0
    for k, document in enumerate(documents):
        length = len(document.subject) + len(document.body)
        if k > start and (size + length > BATCH_CHARACTERS or k - start >= BATCH_DOCUMENTS):
            found.append(documents[start:k])
            start, size = k, 0
        size += length
    return [*found, documents[start:]]
