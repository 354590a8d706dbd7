"""Items -> the two sparse factors of the feature matrix. Knows no labels.

X = D @ P: D says which features each document has (scaled to unit length), P which weights make up a feature: its own
and those of its parts. Multiplying by the factors in turn costs a fraction of multiplying by X.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack

from model.decoding import Floats
from model.document import Document
from model.features import features, parts
from model.hashing import U64, Places
from model.scoring import batches
from model.tokens import tokenise


@dataclass(frozen=True)
class Recipe:
    """How much each kind of feature weighs. Chosen on public validation splits; see bench/."""

    subject: float = 0.5
    """Weight of a subject's words once more."""
    pairs: float = 0.7
    """Weight of pairs of neighbouring words."""
    parts: float = 0.6
    """Weight of a word's parts, all of them together."""
    fewest_pairs: int = 2
    """Documents a pair must occur in to be kept, where there are many documents."""
    most: int = 250_000
    """Features that are kept, the most frequent ones: bounds the model folder."""


@dataclass(frozen=True, eq=False)
class Design:
    """The training documents as matrices."""

    documents: csr_matrix
    """D, (n_documents, n_features): 1 / length where a feature occurs."""
    pieces: csr_matrix
    """P, (n_features, n_features + n_parts): a feature's weight and those of its parts."""
    hashes: U64
    """Of the features, ascending, (n_features,)."""
    part_hashes: U64
    """Of the parts, ascending, (n_parts,)."""
    part_scale: Floats
    """What one part of an unknown word counts, (n_parts,)."""
    squares: Floats
    """What a feature adds to the square of a document's length, (n_features,)."""


def design(documents: Sequence[Document], recipe: Recipe) -> Design:
    """The factors for n documents. Deterministic."""
    counts, hashes, kinds, part_lists = _counted(documents, recipe)
    n = counts.shape[0]
    scale = _idf(np.asarray(counts.sum(axis=0)).ravel(), n)
    weight = scale * np.array([1.0, recipe.subject, recipe.pairs], dtype=np.float32)[kinds]
    owner, hash_of_part = part_lists
    part_hashes, column = np.unique(hash_of_part, return_inverse=True)
    membership = csr_matrix(
        (np.ones(len(owner), dtype=np.float32), (owner, column)), shape=(len(hashes), len(part_hashes))
    )
    membership.data[:] = 1
    in_documents = counts @ membership
    in_documents.data[:] = 1
    part_scale = (_idf(np.asarray(in_documents.sum(axis=0)).ravel(), n) * recipe.parts / 3).astype(np.float32)
    pieces = membership.multiply(part_scale[None, :]).tocsr()
    squares = weight**2 + np.asarray(pieces.multiply(pieces).sum(axis=1)).ravel()
    length = np.sqrt(np.maximum(counts @ squares, 1e-6))
    own = csr_matrix((weight, (np.arange(len(hashes)), np.arange(len(hashes)))))
    return Design(
        counts.multiply(1 / length[:, None]).tocsr().astype(np.float32),
        hstack([own, pieces]).tocsr().astype(np.float32),
        hashes,
        part_hashes,
        part_scale,
        squares.astype(np.float32),
    )


def _idf(documents_with: Floats, documents: int) -> Floats:
    return (np.log((1 + documents) / (1 + documents_with)) + 1).astype(np.float32)


def _counted(documents: Sequence[Document], recipe: Recipe) -> tuple[csr_matrix, U64, Places, tuple[Places, U64]]:
    """Which features occur in which document (0/1), their hashes and kinds, and each word's parts."""
    rows, found, kinds, owners, pieces, start = [], [], [], [], [], 0
    seen: U64 = np.zeros(0, dtype=np.uint64)
    for batch in batches(documents):
        tokens = tokenise(batch)
        f = features(tokens)
        rows.append(f.document + start)
        found.append(f.hashes)
        pairs = len(f.tokens.pairs[0])
        kinds.append(np.repeat(np.array([0, 1, 2], dtype=np.int8), [f.words, len(f.hashes) - f.words - pairs, pairs]))
        fresh, first = np.unique(tokens.words, return_index=True)
        new = ~np.isin(fresh, seen, assume_unique=True)
        hashes, owner = parts(tokens, first[new])
        pieces.append(hashes)
        owners.append(fresh[new][owner])
        seen = np.union1d(seen, fresh)
        start += f.count
    row, hashed, kind = np.concatenate(rows), np.concatenate(found), np.concatenate(kinds)
    hashes, first, column = np.unique(hashed, return_index=True, return_inverse=True)
    counts = csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=(len(documents), len(hashes)))
    counts.sum_duplicates()
    counts.data[:] = 1
    keep = _kept(np.asarray(counts.sum(axis=0)).ravel(), kind[first], len(documents), recipe)
    owner_hash = np.concatenate(owners)
    place = np.searchsorted(hashes[keep], owner_hash)
    place = np.minimum(place, len(keep) - 1)
    alive = hashes[keep][place] == owner_hash
    return (
        counts[:, keep],
        hashes[keep],
        kind[first][keep].astype(np.intp),
        (place[alive], np.concatenate(pieces)[alive]),
    )


def _kept(frequency: Floats, kinds: np.ndarray[Any, Any], documents: int, recipe: Recipe) -> Places:
    """Features that are kept: words always, pairs where frequent enough, the most frequent ones if too many."""
    fewest = recipe.fewest_pairs if documents > 2_000 else 1
    keep = np.flatnonzero((kinds < 2) | (frequency >= fewest))
    if len(keep) > recipe.most:
        order = np.argsort(-frequency[keep], kind="stable")[: recipe.most]
        keep = np.sort(keep[order])
    return keep
