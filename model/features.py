"""Words -> features: which pieces of a text carry weight, as hashes. Knows no weights and no labels.

A document's features are its distinct words, its distinct words once more where they stand in the subject, and pairs
of neighbouring stems. Words also have parts. All are functions of one or two tokens, so that whole scores can be looked
up at once.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from model.hashing import U64, Places, pair, salted
from model.tokens import MAX_WORD, Tokens

SUBJECT, PART, STEM = 1, 2, 3
"""Salts that tell a word in the subject, a part of a word, and a pair of stems from a word."""
STEM_LENGTH = np.array(4)
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
    hashes: U64
    """Words of subjects and bodies, then the words of subjects in that role, then pairs of neighbouring stems, (n,)."""
    document: Places
    """Which document each is in, (n,)."""
    split: int
    """Where the pairs begin."""

    @property
    def words(self) -> U64:
        """Words of subjects and bodies, (n_words,); their documents are the tokens'."""
        return self.hashes[: len(self.tokens.starts)]

    @property
    def subject(self) -> U64:
        """Words of subjects, (n_subject,)."""
        return self.hashes[len(self.tokens.starts) : self.split]

    @property
    def subject_document(self) -> Places:
        """Which document each word of a subject is in, (n_subject,)."""
        return self.document[len(self.tokens.starts) : self.split]

    @property
    def pairs(self) -> U64:
        """Pairs of neighbouring stems, (n_pairs,)."""
        return self.hashes[self.split :]

    @property
    def pair_document(self) -> Places:
        """Which document each pair is in, (n_pairs,)."""
        return self.document[self.split :]


def features(tokens: Tokens) -> Features:
    """All features of a batch but the parts of words."""
    subject = tokens.in_subject.nonzero()[0]
    first = (tokens.segment[1:] == tokens.segment[:-1]).nonzero()[0]
    ends = np.empty((2, len(tokens.ends)), dtype=np.intp)
    ends[0] = tokens.ends
    np.minimum(tokens.ends, tokens.starts + STEM_LENGTH, out=ends[1])
    words, stems = tokens.hasher.pieces(tokens.starts, ends)
    pairs = pair(stems[:-1], stems[1:]).take(first)
    document = tokens.document
    hashes, documents = [words], [document]
    if len(subject):
        hashes.append(salted(words.take(subject), SUBJECT))
        documents.append(document.take(subject))
    hashes.append(salted(pairs, STEM))
    documents.append(document.take(first))
    return Features(tokens, np.concatenate(hashes), np.concatenate(documents), len(words) + len(subject))


def parts(tokens: Tokens, which: Places, cut: Cut = CUT) -> tuple[U64, Places]:
    """Hashes of the parts of the words `which`, and for each part the place in `which` of its word.

    A part that takes in the start or the end of its word differs from the same letters inside it.
    """
    pattern = _pattern(cut)
    starts = tokens.starts.take(which)
    letters = tokens.ends.take(which) - starts
    counts = pattern.counts.take(letters)
    owner = np.arange(len(counts)).repeat(counts)
    ahead = pattern.begins.take(letters)
    ahead += counts
    ahead -= counts.cumsum()
    place = ahead.take(owner)
    place += np.arange(len(owner))
    starts = starts.take(owner)
    pieces = tokens.hasher.pieces(starts + pattern.first.take(place), starts + pattern.last.take(place))
    pieces += pattern.marks.take(place)
    return salted(pieces, PART), owner


@dataclass(frozen=True, eq=False)
class _Pattern:
    """The parts of words of 0 … MAX_WORD bytes, one length after the other: they depend on the length alone."""

    counts: Places
    """Parts of a word of each length."""
    begins: Places
    """Where in the arrays below they begin."""
    first: Places
    """Where in its word each part begins."""
    last: Places
    """Where in its word each part has ended."""
    marks: U64
    """1 for a part that takes in the start of its word, 2 for one that takes in the end, 3 for both."""


@cache
def _pattern(cut: Cut) -> _Pattern:
    letters = np.arange(MAX_WORD + 1)
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
    marks = (offset == 0) + 2 * (end == lengths[owner])
    first, last = np.maximum(offset - cut.mark, 0), np.minimum(end - cut.mark, letters[owner])
    each = np.bincount(owner)
    return _Pattern(each, each.cumsum() - each, first, last, marks.astype(np.uint64))
