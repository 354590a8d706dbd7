"""Features -> scores: the trained weights, and the one vectorised pass that applies them. Knows no labels' names.

Words make up one block and pairs (with the words of subjects) another. The score of a document is

    bias + sum of its words' rows / their length + sum of its pairs' rows / their length

over distinct features, linear throughout. A known word's row already holds the weights of its parts; parts are looked
up one by one only for words never seen in training. Where static vectors were used, the rows of known words hold what
their vectors say as well, and some words never seen have rows of their own that were made from their vectors: scoring
itself needs no vectors. Where an encoder was used, its vector of the document is a third block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from model.decoding import Floats
from model.document import Document
from model.features import Features, features, parts
from model.hashing import U64, Places
from model.tokens import Tokens, tokenise
from model.vectors import Embedder
from model.vocabulary import Rows, Vocabulary

BATCH_CHARACTERS = 400_000
"""Characters that are scored in one pass, at most (unless one document is longer): bounds memory to about 60 MB."""
BATCH_DOCUMENTS = 512
ROW_BITS = np.int64(32)


@dataclass(frozen=True, eq=False)
class Weights:
    """A trained model's numbers. Rows follow their hashes; columns follow the taxonomy's levels and labels."""

    word_hashes: U64
    """Known words, ascending, (n,)."""
    word_rows: Floats
    """What a word adds to the scores, its parts included, before division by the length; (n, columns)."""
    word_squares: Floats
    """What a word adds to the square of the length of its block, (n,)."""
    pair_hashes: U64
    """Known pairs and words of subjects, ascending, (m,)."""
    pair_rows: Floats
    pair_squares: Floats
    part_hashes: U64
    """Known parts of words, ascending, (k,)."""
    part_rows: Floats
    """What a part adds to the scores of an unknown word, before division by the root of its parts' number."""
    part_squares: Floats
    bias: Floats
    """(columns,)."""
    near_hashes: U64
    """Words never seen in training whose static vectors are known, ascending, (l,); often none."""
    near_rows: Floats
    near_squares: Floats
    vector_centre: Floats
    """Taken off an encoder's vectors before they are brought to unit length, (d,); d is 0 without an encoder."""
    vector_rows: Floats
    """What each number of an encoder's vector adds to the scores, (d, columns)."""


def no_vectors(columns: int) -> dict[str, Any]:
    """The arrays of weights without static vectors and without an encoder."""
    none = np.zeros(0, dtype=np.float32)
    return {
        "near_hashes": np.zeros(0, dtype=np.uint64),
        "near_rows": np.zeros((0, columns), dtype=np.float16),
        "near_squares": none,
        "vector_centre": none,
        "vector_rows": np.zeros((0, columns), dtype=np.float32),
    }


@dataclass(frozen=True, eq=False)
class Scores:
    """What one pass finds out about n documents."""

    scores: Floats
    """(n, columns), uncalibrated."""
    words: np.ndarray[Any, np.dtype[np.int32]]
    """Distinct words per document, (n,)."""
    known: np.ndarray[Any, np.dtype[np.int32]]
    """Distinct words per document that occurred in training, (n,)."""


class Scorer:
    """Applies weights to documents."""

    def __init__(self, weights: Weights, embedder: Embedder | None = None) -> None:
        self.weights = weights
        self._embedder = embedder
        self._near = Vocabulary(weights.near_hashes)
        self._words = Vocabulary(weights.word_hashes)
        self._pairs = Vocabulary(weights.pair_hashes)
        self._parts = Vocabulary(weights.part_hashes)

    @cached_property
    def _tables(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Rows of words, pairs, parts and near words, each with its square behind it: one product sums both."""
        w = self.weights
        return tuple(  # type: ignore[return-value]
            np.ascontiguousarray(np.column_stack([rows, squares]), dtype=np.float32)
            for rows, squares in (
                (w.word_rows, w.word_squares),
                (w.pair_rows, w.pair_squares),
                (w.part_rows, w.part_squares),
                (w.near_rows, w.near_squares),
            )
        )

    def score(self, documents: Sequence[Document]) -> Scores:
        """Scores of n documents; any n, in passes of bounded size."""
        if not documents:
            none = np.zeros(0, dtype=np.int32)
            return Scores(np.zeros((0, len(self.weights.bias)), dtype=np.float32), none, none)
        done = [self._pass(features(tokenise(batch))) for batch in batches(documents)]
        whole = done[0]
        if len(done) > 1:
            whole = Scores(
                *(np.concatenate([getattr(part, name) for part in done]) for name in ("scores", "words", "known"))
            )
        if self._embedder is None:
            return whole
        vectors = centred(self._embedder.embed(documents), self.weights.vector_centre)
        return replace(whole, scores=whole.scores + vectors @ self.weights.vector_rows.astype(np.float32))

    def _pass(self, batch: Features) -> Scores:
        count = batch.tokens.count
        word_table, pair_table = self._tables[:2]
        rows = self._words.rows(batch.words)
        words, known = _summed(rows, batch.tokens.document, count, word_table)
        fresh = np.flatnonzero(rows < 0)
        unknown = np.zeros(count, dtype=np.int32)
        if len(fresh) and len(self.weights.near_hashes):
            near = self._near.rows(batch.words[fresh])
            added, unknown = _summed(near, batch.tokens.document[fresh], count, self._tables[3])
            words += added
            fresh = fresh[near < 0]
        if len(fresh):
            unknown = unknown + self._add_unknown(words, batch.tokens, fresh)
        pairs, _ = _summed(
            np.concatenate([self._pairs.rows(batch.subject), self._pairs.rows(batch.pairs)]),
            np.concatenate([batch.subject_document, batch.pair_document]),
            count,
            pair_table,
        )
        scores = self.weights.bias + _scaled(words) + _scaled(pairs)
        return Scores(scores.astype(np.float32, copy=False), known + unknown, known)

    def _add_unknown(self, total: Floats, tokens: Tokens, fresh: Places) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Adds the parts of distinct unknown words to their documents' rows; returns how many such words each has."""
        order = np.lexsort((tokens.words[fresh], tokens.document[fresh]))
        ranked = fresh[order]
        differs = np.ones(len(ranked), dtype=bool)
        differs[1:] = (tokens.words[ranked[1:]] != tokens.words[ranked[:-1]]) | (
            tokens.document[ranked[1:]] != tokens.document[ranked[:-1]]
        )
        distinct = ranked[differs]
        hashes, owner = parts(tokens, distinct)
        rows = self._parts.rows(hashes)
        hit = np.flatnonzero(rows >= 0)
        share = (1 / np.sqrt(np.bincount(owner, minlength=len(distinct)))).astype(np.float32)
        values = share[owner[hit]]
        document = tokens.document[distinct][owner[hit]]
        table = self._tables[2]
        shape = (tokens.count, len(table))
        added = csr_matrix((values, (document, rows[hit])), shape=shape) @ table[:, :-1]
        squares = csr_matrix((values**2, (document, rows[hit])), shape=shape) @ table[:, -1]
        total[:, :-1] += added
        total[:, -1] += squares
        return np.bincount(tokens.document[distinct], minlength=tokens.count).astype(np.int32)


def _summed(
    rows: Rows, document: Places, count: int, table: Floats
) -> tuple[Floats, np.ndarray[Any, np.dtype[np.int32]]]:
    """Sum of `table` over each document's distinct known rows, (count, table's columns), and how many those are."""
    found = rows >= 0
    keys = np.unique(document[found].astype(np.int64) << ROW_BITS | rows[found])
    columns = (keys & 0xFFFFFFFF).astype(np.int32)
    number = np.bincount(keys >> ROW_BITS, minlength=count).astype(np.int32)
    if count == 1:
        return table[columns].sum(axis=0, keepdims=True), number
    ends = np.concatenate([[0], np.cumsum(number)]).astype(np.int32)
    ones = np.ones(len(columns), dtype=np.float32)
    return np.asarray(csr_matrix((ones, columns, ends), shape=(count, len(table))) @ table), number


def centred(vectors: Floats, centre: Floats) -> Floats:
    """Sentence vectors (n, d) without what all have in common, of unit length."""
    moved = vectors - centre
    scaled: Floats = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    return scaled


def _scaled(total: Floats) -> Floats:
    """Sums divided by the length of their block; a block without known features adds nothing."""
    scaled: Floats = total[:, :-1] / np.sqrt(np.maximum(total[:, -1:], 1e-6))
    return scaled


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
