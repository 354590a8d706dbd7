"""Words -> features: which pieces of a text carry weight, as hashes. Knows no weights and no labels.

A document's features are its words, its words once more where they stand in the subject, pairs of neighbours, and
the parts of its words. All are functions of one token, so that a token's whole score can be looked up at once.
"""

from dataclasses import dataclass

import numpy as np

from model.hashing import U64, Places, salted
from model.tokens import Tokens

SUBJECT, PART = 1, 2
"""Salts that tell a word in the subject, and a part of a word, from a word."""
PART_LENGTHS = (3, 4, 5)
"""Bytes of the parts of a word."""


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a batch, as hashes with the document each is in; kinds stand one after the other."""

    count: int
    """Documents in the batch."""
    hashes: U64
    """Words, then words of subjects, then pairs; within a kind in reading order. Shape (n,)."""
    document: Places
    words: int
    """How many of the features are words; word k is token k."""
    tokens: Tokens


def features(tokens: Tokens) -> Features:
    """All features of a batch but the parts of words."""
    subject = np.flatnonzero(tokens.in_subject)
    pairs, first = tokens.pairs
    return Features(
        tokens.count,
        np.concatenate([tokens.words, salted(tokens.words[subject], SUBJECT), pairs]),
        np.concatenate([tokens.document, tokens.document[subject], tokens.document[first]]),
        len(tokens.words),
        tokens,
    )


def parts(tokens: Tokens, which: Places) -> tuple[U64, Places]:
    """Hashes of the parts of the words `which`, and for each part the place in `which` of its word.

    A part at the start or the end of its word differs from the same letters inside it.
    """
    starts, lengths = tokens.starts[which], (tokens.ends - tokens.starts)[which]
    hashes, owners = [], []
    for size in PART_LENGTHS:
        counts = np.maximum(lengths - size + 1, 0)
        owner = np.repeat(np.arange(len(which)), counts)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        at = starts[owner] + offset
        mark = (offset == 0) + 2 * (offset == lengths[owner] - size)
        hashes.append(salted(tokens.hasher.pieces(at, at + size) + mark.astype(np.uint64), PART))
        owners.append(owner)
    return np.concatenate(hashes), np.concatenate(owners)
