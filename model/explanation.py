"""Which words carried a label: exact contributions that add up to its score. Pure; reads weights, changes nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from model.classifier import Classifier
from model.decoding import Floats
from model.document import Document
from model.features import Features, features, parts
from model.hashing import Places
from model.scoring import NOTHING, Scorer
from model.tokens import MAX_CHARACTERS, tokenise
from model.vocabulary import Rows

_CHUNK = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one stretch of text between blanks adds to a label's score."""

    field: str
    """subject or body; or meaning, for what an encoder's vector of the whole text adds."""
    start: int
    """Offset of the first character in that field."""
    end: int
    text: str
    weight: float
    """In logits, calibrated: above 0 it speaks for the label."""


@dataclass(frozen=True)
class Explanation:
    """Why a document got a score for one label; base and contributions add up to it."""

    level: str
    label: str
    score: float
    """The label's calibrated score in logits, before decoding weighs it against the others."""
    base: float
    """What the label has before anything is read."""
    contributions: tuple[Contribution, ...]
    """Every stretch of text with a word in it, in reading order."""

    def strongest(self, count: int) -> tuple[Contribution, ...]:
        """The `count` contributions of largest size, largest first."""
        return tuple(sorted(self.contributions, key=lambda each: -abs(each.weight))[:count])


def explain(classifier: Classifier, document: Document, labels: tuple[str, ...]) -> tuple[Explanation, ...]:
    """Explanations of one combination of labels, one per level; out of scope is explained like any other label."""
    taxonomy, decoder = classifier.taxonomy, classifier.decoder
    columns = decoder.members[taxonomy.index[labels]]
    chunks = list(_chunks(document))
    per_token = _token_scores(classifier.scorer, document, columns)
    place = tokenise([Document(body=text) for _, _, _, text in chunks]).document
    scored = classifier.scorer.score([document])

    def calibrated(scores: Floats) -> Floats:
        whole: Floats = classifier.calibration.apply(replace(scored, scores=scores), decoder.widths)[0, columns]
        return whole

    shift = calibrated(np.zeros_like(scored.scores))
    stretch = calibrated(np.ones_like(scored.scores)) - shift
    summed = np.zeros((len(chunks), len(columns)))
    np.add.at(summed, place, per_token)
    spoken = np.unique(place)
    bias = classifier.weights.bias[columns] * stretch + shift
    total = calibrated(scored.scores)
    meant = _meaning(classifier.scorer, document, columns)
    return tuple(
        Explanation(
            level,
            labels[k],
            float(total[k]),
            float(bias[k]),
            (
                *(Contribution(*(*chunks[c], float(summed[c, k] * stretch[k]))) for c in spoken),
                *(Contribution("meaning", 0, 0, "", float(part[k] * stretch[k])) for part in meant),
            ),
        )
        for k, level in enumerate(taxonomy.level_names)
    )


def _chunks(document: Document) -> Iterator[tuple[str, int, int, str]]:
    """The stretches between blanks: field, start, end, text."""
    for name, text in (("subject", document.subject), ("body", document.body[:MAX_CHARACTERS])):
        for found in _CHUNK.finditer(text):
            yield name, found.start(), found.end(), found[0]


def _token_scores(scorer: Scorer, document: Document, columns: Places) -> Floats:
    """What each word of a document adds to the raw scores of `columns`, (n_words, n_columns).

    A word that occurs several times counts once, so that each occurrence has its part of it; a pair is halved between
    its two words.
    """
    batch = features(tokenise([document]))
    return _words(scorer, batch, columns) + _pairs(scorer, batch, columns)


def _meaning(scorer: Scorer, document: Document, columns: Places) -> list[Floats]:
    """What an encoder's vector adds to the raw scores of `columns`; nothing where there is no encoder."""
    added = scorer.meaning([document])
    return [] if added is None else [added[0, columns].astype(np.float64)]


def _words(scorer: Scorer, batch: Features, columns: Places) -> Floats:
    distinct, first, inverse, counts = np.unique(
        batch.words, return_index=True, return_inverse=True, return_counts=True
    )
    sums = np.zeros((len(distinct), len(columns) + 1))
    rows = scorer.vocabulary.rows(distinct)
    known, fresh = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
    sums[known] = _cells(scorer, rows[known], columns)
    hashes, owner = parts(batch.tokens, first[fresh])
    part_rows = scorer.vocabulary.rows(hashes)
    hit = np.flatnonzero(part_rows >= 0)
    share = (1 / np.sqrt(np.bincount(owner, minlength=len(fresh))))[owner[hit]][:, None]
    powers = np.array([1.0] * len(columns) + [2.0])  # what goes into the length goes in squared
    np.add.at(sums, fresh[owner[hit]], _cells(scorer, part_rows[hit], columns) * share**powers)
    found: Floats = (sums[:, :-1] / counts[:, None])[inverse] / np.sqrt(max(sums[:, -1].sum(), NOTHING))
    return found


def _pairs(scorer: Scorer, batch: Features, columns: Places) -> Floats:
    tokens = batch.tokens
    left = np.flatnonzero(tokens.in_subject[1:] == tokens.in_subject[:-1])
    subject = np.flatnonzero(tokens.in_subject)
    rows = scorer.vocabulary.rows(np.concatenate([batch.subject, batch.pairs]))
    first, second = np.concatenate([subject, left]), np.concatenate([subject, left + 1])
    hit = np.flatnonzero(rows >= 0)
    distinct, inverse, counts = np.unique(rows[hit], return_inverse=True, return_counts=True)
    sums = _cells(scorer, distinct, columns)
    length = np.sqrt(max(sums[:, -1].sum(), NOTHING))
    values = sums[:, :-1] / counts[:, None] / (2 * length)
    found = np.zeros((len(batch.words), len(columns)))
    np.add.at(found, first[hit], values[inverse])
    np.add.at(found, second[hit], values[inverse])
    return found


def _cells(scorer: Scorer, rows: Rows, columns: Places) -> Floats:
    """Rows of the table of weights: the asked columns, and last what each adds to the square of the length."""
    taken: Floats = scorer.table[rows][:, [*columns, -1]].astype(np.float64)
    return taken
