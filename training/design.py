"""Items -> the sparse feature matrix and what each feature weighs. Knows labels only as counts.

A feature weighs the more the fewer documents and the fewer classes it occurs in: the geometric mean of the inverse
document frequency and of an inverse class frequency, with classes counted by their effective number (inverse Simpson).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, diags_array, hstack

from model.decoding import Floats
from model.document import Document
from model.features import features, parts
from model.hashing import U64, Places
from model.scoring import batches
from model.tokens import tokenise


@dataclass(frozen=True)
class Recipe:
    """How much each kind of feature weighs. Chosen on validation splits and on worlds left out; see docs/decisions."""

    parts: float = 2.0
    """Weight of a word's parts together, where the word itself weighs 1, for documents of ten words or fewer."""
    pairs: float = 1.0
    """Weight of the block of pairs, where the block of words weighs sqrt(1 + parts²)."""
    subject: float = 1.0
    """Weight of a subject's words among the pairs."""
    unknown: float = 1.2
    """Weight of a word never seen before, by its parts, where the rarest known word weighs 1, for such documents."""
    classes: float = 0.8
    """Share of the class frequency in a feature's weight; the rest is the document frequency's."""
    floor: float = 3.0
    """Added to the inverse class frequency: the larger, the less it tells features apart."""
    flatness: float = 0.7
    """Power of a pair's weight; below 1 rare and frequent pairs differ less."""
    most_pairs: int = 60_000
    """Pairs that are kept, the most frequent ones: bounds the model folder."""

    def stretched(self, length: float) -> "Recipe":
        """The recipe for documents of `length` times ten words.

        The fewer words there are, the more is asked of each, and the more often none of them was seen before: then
        spelling must tell. In long documents words suffice, and spelling says more about who writes. Both weights
        therefore fall with the root of the length.
        """
        return replace(self, parts=self.parts / length**0.5, unknown=self.unknown / length**0.5)


@dataclass(frozen=True, eq=False)
class Design:
    """The training documents as one matrix, and what is needed to read its weights back."""

    matrix: csr_matrix
    """(n_documents, words + parts + pairs + 1), scaled per block; the last column is 1, for the bias."""
    word_hashes: U64
    part_hashes: U64
    pair_hashes: U64
    word_scale: Floats
    """What a word's own weight is multiplied by, (words,)."""
    spelling: csr_matrix
    """(words, parts): what each part's weight is multiplied by in a word."""
    part_scale: Floats
    """The same for one part of an unknown word, before division by the root of its parts' number; (parts,)."""
    pair_scale: Floats
    word_squares: Floats
    pair_squares: Floats
    block_scales: tuple[float, float]
    """What the blocks of words and of pairs are multiplied by."""

    length: float
    """Distinct words of a document, on average and in tens; from 1 to 10."""


def design(documents: Sequence[Document], classes: csr_matrix, recipe: Recipe) -> Design:
    """The design of n documents whose classes are rows of `classes`, 0/1, (n, n_classes). Deterministic."""
    words, word_hashes, spelled, part_hashes, pairs, pair_hashes, is_subject = _counted(documents, recipe)
    length = float(np.clip(words.nnz / max(len(documents), 1) / 10, 1, 10))
    recipe = recipe.stretched(length)
    own = _weights(words, classes, recipe)
    inside = words @ spelled
    inside.data[:] = 1
    part_weight = _weights(inside, classes, recipe)
    root = np.sqrt(np.maximum(np.asarray(spelled.sum(axis=1)).ravel(), 1))
    raw = (diags_array(own / root) @ spelled @ diags_array(part_weight)).tocsr()
    balance = float(own.mean() / max(np.sqrt(_squares(raw)).mean(), 1e-9))
    spelling = (raw * (recipe.parts * balance)).tocsr().astype(np.float32)
    part_scale = recipe.parts * balance * float(own.max()) * recipe.unknown * part_weight
    pair_weight = _weights(pairs, classes, recipe) ** recipe.flatness * np.where(is_subject, recipe.subject, 1)
    word_squares, pair_squares = own**2 + _squares(spelling), pair_weight**2
    whole = 1 + recipe.parts**2 + recipe.pairs**2
    scales = (float(np.sqrt((whole - recipe.pairs**2) / whole)), float(np.sqrt(recipe.pairs**2 / whole)))
    left = diags_array(_inverse_length(words, word_squares) * scales[0]) @ words
    right = diags_array(_inverse_length(pairs, pair_squares) * scales[1]) @ pairs
    one = csr_matrix(np.ones((len(documents), 1), dtype=np.float32))
    matrix = hstack([left @ diags_array(own), left @ spelling, right @ diags_array(pair_weight), one])
    return Design(
        matrix.tocsr().astype(np.float32), word_hashes, part_hashes, pair_hashes, own.astype(np.float32), spelling,
        part_scale.astype(np.float32), pair_weight.astype(np.float32), word_squares.astype(np.float32),
        pair_squares.astype(np.float32), scales, length,
    )  # fmt: skip


def _weights(counts: csr_matrix, classes: csr_matrix, recipe: Recipe) -> Floats:
    """What each feature (column of the 0/1 matrix `counts`) weighs, (n_features,)."""
    n, c = counts.shape[0], classes.shape[1]
    frequency = np.asarray(counts.sum(axis=0)).ravel()
    per_class = (counts.T @ classes).tocsr()
    effective = frequency**2 / np.maximum(_squares(per_class), 1e-9)
    by_document = np.log((1 + n) / (1 + frequency)) + 1
    by_class = np.log((1 + c) / (1 + effective)) + recipe.floor
    weights: Floats = by_document ** (1 - recipe.classes) * by_class**recipe.classes
    return weights


def _squares(matrix: csr_matrix) -> Floats:
    """The squared length of each row."""
    return np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()


def _inverse_length(counts: csr_matrix, squares: Floats) -> Floats:
    inverse: Floats = 1 / np.sqrt(np.maximum(counts @ squares, 1e-6))
    return inverse


def _counted(documents: Sequence[Document], recipe: Recipe) -> tuple[Any, ...]:
    """Which words and pairs occur in which document (0/1), and which parts in which word."""
    words: list[tuple[Places, U64]] = []
    pairs: list[tuple[Places, U64]] = []
    spelled: list[tuple[U64, U64]] = []
    subjects: list[U64] = []
    seen: U64 = np.zeros(0, dtype=np.uint64)
    start = 0
    for batch in batches(documents):
        found = features(tokenise(batch))
        words.append((found.tokens.document + start, found.words))
        pairs.append((found.subject_document + start, found.subject))
        pairs.append((found.pair_document + start, found.pairs))
        subjects.append(found.subject)
        fresh, first = np.unique(found.words, return_index=True)
        new = ~np.isin(fresh, seen, assume_unique=True)
        hashes, owner = parts(found.tokens, first[new])
        spelled.append((fresh[new][owner], hashes))
        seen = np.union1d(seen, fresh)
        start += len(batch)
    word_matrix, word_hashes = _matrix(words, start)
    pair_matrix, pair_hashes = _matrix(pairs, start)
    kept = _frequent(np.asarray(pair_matrix.sum(axis=0)).ravel(), recipe.most_pairs)
    pair_matrix, pair_hashes = pair_matrix[:, kept], pair_hashes[kept]
    owners = np.searchsorted(word_hashes, np.concatenate([word for word, _ in spelled]))
    part_matrix, part_hashes = _matrix([(owners, np.concatenate([part for _, part in spelled]))], len(word_hashes))
    is_subject = np.isin(pair_hashes, np.concatenate(subjects))
    return word_matrix, word_hashes, part_matrix, part_hashes, pair_matrix, pair_hashes, is_subject


def _matrix(entries: Sequence[tuple[Places, U64]], rows: int) -> tuple[csr_matrix, U64]:
    """A 0/1 matrix of (row, hash) entries and the hashes of its columns, ascending."""
    hashes, column = np.unique(np.concatenate([hash_ for _, hash_ in entries]), return_inverse=True)
    row = np.concatenate([row for row, _ in entries])
    made = csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=(rows, len(hashes)))
    made.sum_duplicates()
    made.data[:] = 1
    return made, hashes


def _frequent(frequency: Floats, most: int) -> Places:
    """Places of the `most` most frequent features, ascending."""
    if len(frequency) <= most:
        return np.arange(len(frequency))
    return np.sort(np.argsort(-frequency, kind="stable")[:most])
