"""Vectors as features: static ones as what words have in common, an encoder's as a block of their own. Fits nothing.

A word's static vector acts through the word: its weights are its own plus a linear function of its vector, so that a
word seldom seen borrows from words like it, and a word never seen has weights at all. After training the function is
worked into the words' rows, so that a server needs no vectors. An encoder's vector cannot be split into words and is
needed for every document.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from model.decoding import Floats
from model.document import Document
from model.features import parts
from model.hashing import U64
from model.scoring import batches, centred
from model.tokens import tokenise
from model.vectors import Embedder, Table, Vectors, open_embedder, open_table
from training.design import Design

MOST_NEAR = 30_000
"""Words never seen in training that get rows of their own."""


@dataclass(frozen=True)
class Weight:
    """How much vectors weigh where words and pairs weigh 1, for documents of ten words or fewer.

    In longer documents they weigh less in proportion: a mean over many words says more about who writes than about
    what is asked. Chosen on validation splits and on worlds left out; see docs/decisions.
    """

    static: float = 1.2
    encoder: float = 1.5
    caution: float = 3.0
    """How many times stronger the penalty on all weights is with an encoder: words need not be learned by heart."""


@dataclass(frozen=True, eq=False)
class Meaning:
    """Dense rows of the training documents, and what is needed to read their weights back."""

    rows: Floats | None = None
    """(n, d), or none."""
    words: Floats | None = None
    """Static vectors of the design's words, (words, d)."""
    near: Floats | None = None
    """Static vectors of the words in `near_hashes`, (l, d)."""
    near_hashes: U64 | None = None
    near_spelling: csr_matrix | None = None
    """(l, parts): what each of the design's parts is multiplied by in a near word."""
    embedder: Embedder | None = None
    centre: Floats | None = None
    """(d,)."""
    scale: float = 1.0
    """What an encoder's vectors were multiplied by."""


def meaning(
    documents: Sequence[Document],
    made: Design,
    vectors: Vectors | None,
    weight: Weight,
    embedder: Embedder | None = None,
) -> Meaning:
    """What the vectors say of n documents with this design. Raises BundleError where they cannot be had."""
    if vectors is None:
        return Meaning()
    if vectors.kind == "static":
        return _static(documents, made, open_table(vectors), weight.static / made.length)
    embedder = embedder or open_embedder(vectors)
    raw = embedder.embed(documents)
    centre = raw.mean(axis=0)
    scale = weight.encoder / made.length
    return Meaning(rows=centred(raw, centre) * np.float32(scale), embedder=embedder, centre=centre, scale=scale)


def _static(documents: Sequence[Document], made: Design, table: Table, weight: float) -> Meaning:
    spelled = _spelled(documents)
    raw = table.words([spelled[number] for number in made.word_hashes.tolist()])
    spoken = np.flatnonzero(np.einsum("ij,ij->i", raw, raw))
    centre = raw[spoken].mean(axis=0) if len(spoken) else raw.mean(axis=0)
    rows = _unit(raw, centre) * np.float32(weight)
    near = table.pieces.whole_words()
    hashes, places, spelling = _near(near, made)
    near_rows = _unit(table.words([near[k] for k in places]), centre) * np.float32(weight)
    words = made.matrix[:, : len(made.word_hashes)]
    return Meaning(np.asarray(words @ rows), rows, near_rows, hashes, spelling)


def _unit(vectors: Floats, centre: Floats) -> Floats:
    """Centred vectors of unit length; a word without a vector keeps none."""
    known = np.einsum("ij,ij->i", vectors, vectors) > 0
    return np.asarray(centred(vectors, centre) * known[:, None])


def _spelled(documents: Sequence[Document]) -> dict[int, str]:
    """Each word under its hash."""
    found: dict[int, str] = {}
    for batch in batches(documents):
        tokens = tokenise(batch)
        hashes, first = np.unique(tokens.words, return_index=True)
        found |= {number: tokens.spelling(k) for number, k in zip(hashes.tolist(), first, strict=True)}
    return found


def _near(words: Sequence[str], made: Design) -> tuple[U64, list[int], csr_matrix]:
    """Of words those that are new and one token each: their hashes, ascending, their places, and their parts."""
    tokens = tokenise([Document(body=word) for word in words])
    single = np.flatnonzero(np.bincount(tokens.document, minlength=len(words))[tokens.document] == 1)
    hashes, first = np.unique(tokens.words[single], return_index=True)
    new = np.flatnonzero(~np.isin(hashes, made.word_hashes))[:MOST_NEAR]
    which = single[first[new]]
    pieces, owner = parts(tokens, which)
    place = np.minimum(np.searchsorted(made.part_hashes, pieces), max(len(made.part_hashes) - 1, 0))
    hit = np.flatnonzero(made.part_hashes[place] == pieces) if len(made.part_hashes) else np.zeros(0, np.intp)
    root = np.sqrt(np.maximum(np.bincount(owner, minlength=len(which)), 1))
    values = made.part_scale[place[hit]] / root[owner[hit]]
    spelling = csr_matrix((values, (owner[hit], place[hit])), shape=(len(which), len(made.part_hashes)))
    return hashes[new], [int(k) for k in tokens.document[which]], spelling.astype(np.float32)
