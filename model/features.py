"""Words -> features: which pieces of a text carry weight, as hashes. Knows no weights and no labels.

A document's features are its distinct words, its distinct words once more where they stand in the subject, and pairs
of neighbouring stems. Words also have parts. All are functions of one or two tokens, so that whole scores can be looked
up at once.
"""

from dataclasses import dataclass

import numpy as np

from model.hashing import U64, Places, pair, salted
from model.tokens import Tokens

SUBJECT, PART, STEM = 1, 2, 3
"""Salts that tell a word in the subject, a part of a word, and a pair of stems from a word."""
STEM_LENGTH = 4
"""Bytes of a word that count in a pair: inflected forms share their pairs."""


@dataclass(frozen=True)
class Cut:
    """How words are cut into parts."""

    lengths: tuple[int, ...]
    """Bytes of a part, marks included, ascending."""
    mark: int
    """Bytes that the mark at either end of a word takes up in a part. With 0 the letters at an end of a word are never
    the letters inside one; with 1 they are, and parts with a mark, shorter by a letter, stand beside them."""


CUT = Cut((3, 4), 1)
EARLIER_CUT = Cut((3, 4, 5), 0)
"""How model folders up to format 3 cut words."""


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a batch, as hashes with the document each is in; repetitions included, in reading order."""

    tokens: Tokens
    subject: U64
    """Words of subjects, (n_subject,)."""
    subject_document: Places
    pairs: U64
    """Pairs of neighbouring stems, (n_pairs,)."""
    pair_document: Places

    @property
    def words(self) -> U64:
        """Words of subjects and bodies, (n_words,); their documents are the tokens'."""
        return self.tokens.words


def features(tokens: Tokens) -> Features:
    """All features of a batch but the parts of words."""
    subject = tokens.in_subject.nonzero()[0]
    first = (tokens.segment[1:] == tokens.segment[:-1]).nonzero()[0]
    stems = tokens.hasher.pieces(tokens.starts, np.minimum(tokens.ends, tokens.starts + STEM_LENGTH))
    return Features(
        tokens,
        salted(tokens.words[subject], SUBJECT),
        tokens.document[subject],
        salted(pair(stems[first], stems[first + 1]), STEM),
        tokens.document[first],
    )


def parts(tokens: Tokens, which: Places, cut: Cut = CUT) -> tuple[U64, Places]:
    """Hashes of the parts of the words `which`, and for each part the place in `which` of its word.

    A part that takes in the start or the end of its word differs from the same letters inside it.
    """
    starts = tokens.starts[which]
    letters = tokens.ends[which] - starts
    lengths = letters + 2 * cut.mark
    size = np.minimum(lengths[:, None], cut.lengths)
    counts = lengths[:, None] - size + 1
    # A word shorter than any part is one part itself, with both marks, and not one for each size.
    counts[:, 1:] *= size[:, 1:] > size[:, :-1]
    size, counts = size.ravel(), counts.ravel()
    run = np.arange(len(counts)).repeat(counts)  # parts of one size in one word make up a run
    offset = np.arange(len(run)) - (counts.cumsum() - counts)[run]
    owner, size = run // len(cut.lengths), size[run]
    end = offset + size
    mark = (offset == 0) + 2 * (end == lengths[owner])
    first, last = np.maximum(offset - cut.mark, 0), np.minimum(end - cut.mark, letters[owner])
    pieces = tokens.hasher.pieces(starts[owner] + first, starts[owner] + last)
    return salted(pieces + mark.view(np.uint64), PART), owner
