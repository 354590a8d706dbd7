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
from typing import Any

import numpy as np

from model.combined import Combined, combined
from model.decoding import Floats
from model.document import Document
from model.features import CUT, Cut, Features, features, parts
from model.hashing import U64, Places
from model.tokens import tokenise
from model.vectors import Embedder
from model.vocabulary import Rows

Counts = np.ndarray[Any, np.dtype[np.intp]]
BATCH_CHARACTERS = 100_000
"""Characters that are scored in one pass, at most (unless one document is longer): bounds memory to about 4 MB, and is
3 % slower than four times as many."""
BATCH_DOCUMENTS = 512
CELL = 1 << 32
"""What one cell is ahead of another in a key: a key is a cell and, in its lower bits, a row."""
DOCUMENT = np.array(33, dtype=np.int64)
"""Bits behind which a document's number stands in a key: each document has two cells."""
SECOND = np.array(CELL, dtype=np.int64)
"""What tells the second cell of a document from the first."""
KNOWN = np.array(0, dtype=np.int32)
"""The first of rows that are known."""
FEW = 8
"""Cells up to which each is summed by itself: less work than to set up a sparse matrix."""
NOTHING = np.float32(1e-6)
"""Squared length below which a block counts as empty and adds nothing."""


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
    cut: Cut = CUT
    """How words were cut into the known parts."""


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
    words: Counts
    """Distinct words per document, (n,)."""
    known: Counts
    """Distinct words per document that occurred in training, (n,)."""


class Scorer:
    """Applies weights to documents.

    Each document has two cells, one a block: 2k for its words and 2k + 1 for its pairs. All kinds of features share one
    vocabulary and one table, so that one look-up and one product serve them all.
    """

    def __init__(self, weights: Weights, embedder: Embedder | None = None, arrays: Combined | None = None) -> None:
        """`arrays`: the weights' own, combined before; None: they are combined in memory."""
        self.weights = weights
        self._embedder = embedder
        self._bias = weights.bias.astype(np.float32)
        self._near = len(weights.word_hashes) + len(weights.pair_hashes) + len(weights.part_hashes)
        arrays = combined(weights) if arrays is None else arrays
        self.vocabulary, self.table = arrays.vocabulary, arrays.table

    def score(self, documents: Sequence[Document]) -> Scores:
        """Scores of n documents; any n, in passes of bounded size."""
        if not documents:
            none = np.zeros(0, dtype=np.intp)
            return Scores(np.zeros((0, len(self.weights.bias)), dtype=np.float32), none, none)
        done = [self._pass(features(tokenise(batch))) for batch in batches(documents)]
        whole = done[0]
        if len(done) > 1:
            whole = Scores(
                *(np.concatenate([getattr(part, name) for part in done]) for name in ("scores", "words", "known"))
            )
        added = self.meaning(documents)
        return whole if added is None else replace(whole, scores=whole.scores + added)

    def meaning(self, documents: Sequence[Document]) -> Floats | None:
        """What an encoder's vectors add to the scores of n documents, (n, columns); None without an encoder."""
        if self._embedder is None:
            return None
        vectors = centred(self._embedder.embed(documents), self.weights.vector_centre)
        added: Floats = vectors @ self.weights.vector_rows.astype(np.float32)
        return added

    def _pass(self, batch: Features) -> Scores:
        tokens = batch.tokens
        rows = self.vocabulary.rows(batch.hashes)
        found = rows >= KNOWN
        keys = batch.document << DOCUMENT
        keys[len(tokens.starts) :] |= SECOND
        keys |= rows
        columns, ends = _distinct(keys[found], 2 * tokens.count)
        ones = np.ones(len(columns), dtype=np.float32)
        total = _summed(columns, ends, ones, self.table).reshape(tokens.count, 2, -1)
        words = ends[1::2] - ends[:-1:2]
        known = words - self._near_words(columns, ends) if len(self.weights.near_hashes) else words
        fresh = (rows[: len(tokens.starts)] < KNOWN).nonzero()[0]
        if len(fresh):
            words = words + self._add_unknown(total[:, 0], batch, fresh)
        total /= np.sqrt(np.maximum(total[:, :, -1:], NOTHING))
        scores = total[:, 0, :-1] + total[:, 1, :-1]
        scores += self._bias
        return Scores(scores, words, known)

    def _near_words(self, columns: Rows, ends: Places) -> Counts:
        """How many of each document's words were never seen in training, but have a vector."""
        before = np.concatenate([[0], np.cumsum(columns >= self._near)])
        counts: Counts = before[ends[1::2]] - before[ends[:-1:2]]
        return counts

    def _add_unknown(self, total: Floats, batch: Features, fresh: Places) -> Counts:
        """Adds the parts of distinct unknown words to their documents' sums; returns how many such words each has."""
        tokens = batch.tokens
        words, document = batch.words.take(fresh), batch.document.take(fresh)
        order = np.lexsort((words, document))
        words, document = words.take(order), document.take(order)
        differs = _changes(words)
        differs |= _changes(document)
        document = document[differs]
        hashes, owner = parts(tokens, fresh.take(order[differs]), self.weights.cut)
        share = np.float32(1) / np.sqrt(np.bincount(owner), dtype=np.float32)
        rows = self.vocabulary.rows(hashes)
        hit = rows >= KNOWN
        rows, owner = rows[hit], owner[hit]
        values, place = share.take(owner), document.take(owner)
        ends = place.searchsorted(np.arange(tokens.count + 1))
        total[:, :-1] += _summed(rows, ends, values, self.table)[:, :-1]
        total[:, -1] += np.bincount(place, values * values * self.table[rows, -1], tokens.count)
        return np.bincount(document, minlength=tokens.count)


def _distinct(keys: Places, count: int) -> tuple[Rows, Places]:
    """The distinct rows of each cell, cell after cell, and where in them each cell begins and the last one ends.

    `keys`: of each feature its cell above its row; they are put in order.
    """
    keys.sort(kind="stable")  # twice as fast as the default on keys that come nearly in order
    keys = keys[_changes(keys)]
    return keys.astype(np.int32), keys.searchsorted(np.arange(0, (count + 1) * CELL, CELL))  # int32: the lower bits


def _changes(ordered: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each number differs from the one before it, (n,)."""
    differs = np.empty(len(ordered), dtype=bool)
    differs[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=differs[1:])
    return differs


def _summed(columns: Rows, ends: Places, values: Floats, table: Floats) -> Floats:
    """Sums of the rows `columns` of `table` times `values`, one for each cell, (cells, table's columns)."""
    cells = len(ends) - 1
    if cells > FEW:
        from scipy.sparse import csr_matrix  # slow to load, and the first single texts can do without

        return np.asarray(csr_matrix((values, columns, ends), shape=(cells, len(table))) @ table)
    total = np.empty((cells, table.shape[1]), dtype=np.float32)
    taken = table.take(columns, axis=0)
    for cell in range(cells):
        run = slice(ends[cell], ends[cell + 1])
        values[run].dot(taken[run], out=total[cell])
    return total


def centred(vectors: Floats, centre: Floats) -> Floats:
    """Sentence vectors (n, d) without what all have in common, of unit length."""
    moved = vectors - centre
    scaled: Floats = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
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


def load_sparse() -> None:
    """Loads what only batches need, for those who can do it before the first one comes."""
    import scipy.sparse  # noqa: F401
