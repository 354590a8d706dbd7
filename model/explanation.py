"""Which words carried a label: exact contributions that add up to its lead. Pure; reads weights, changes nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from model.classifier import Classifier
from model.decoding import Decoder, Floats
from model.document import Document
from model.features import Features, features, parts
from model.hashing import Places
from model.scoring import NOTHING, Scorer
from model.tokens import MAX_CHARACTERS, tokenise
from model.vocabulary import Rows

_CHUNK = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one stretch of text between blanks adds to a label's lead over another."""

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
    """Why a document got one label and not the likeliest other one; base and contributions add up to the score."""

    level: str
    label: str
    against: str
    """The label of the likeliest combination that has another one on this level."""
    score: float
    """By how much the label's combination is ahead of that other one, in calibrated logits, before levels are weighed;
    below 0: behind."""
    base: float
    """By how much it is ahead before anything is read."""
    contributions: tuple[Contribution, ...]
    """Every stretch of text with a word in it, in reading order."""

    def strongest(self, count: int) -> tuple[Contribution, ...]:
        """The `count` contributions of largest size, largest first."""
        return tuple(sorted(self.contributions, key=lambda each: -abs(each.weight))[:count])


def explain(classifier: Classifier, document: Document, labels: tuple[str, ...]) -> tuple[Explanation, ...]:
    """Explanations of one combination of labels, one per level; out of scope is explained like any other label.

    The odds of two combinations are a linear function of the text's words, so that nothing is approximated.
    """
    taxonomy, decoder = classifier.taxonomy, classifier.decoder
    chunks = list(_chunks(document))
    place = tokenise([Document(body=text) for _, _, _, text in chunks]).document
    scored = classifier.scorer.score([document])

    def calibrated(scores: Floats) -> Floats:
        whole: Floats = classifier.calibration.apply(replace(scored, scores=scores), decoder.head_widths)[0]
        return whole

    chosen = taxonomy.index[labels]
    total = calibrated(scored.scores)
    rivals = _rivals(decoder, total[decoder.heads].sum(axis=1), chosen)
    columns, signs = _differences(decoder, chosen, rivals)
    shift = calibrated(np.zeros_like(scored.scores))
    stretch = (calibrated(np.ones_like(scored.scores)) - shift)[columns, None] * signs
    summed = np.zeros((len(chunks), len(rivals)))
    np.add.at(summed, place, _token_scores(classifier.scorer, document, columns) @ stretch)
    base = classifier.weights.bias[columns] @ stretch + shift[columns] @ signs
    meant = _meaning(classifier.scorer, document, columns)
    return tuple(
        Explanation(
            level,
            labels[k],
            taxonomy.combinations[rivals[k]][k],
            float(total[columns] @ signs[:, k]),
            float(base[k]),
            (
                *(Contribution(*(*chunks[c], float(summed[c, k]))) for c in np.unique(place)),
                *(Contribution("meaning", 0, 0, "", float(part @ stretch[:, k])) for part in meant),
            ),
        )
        for k, level in enumerate(taxonomy.level_names)
    )


def _rivals(decoder: Decoder, totals: Floats, chosen: int) -> list[int]:
    """For each level the combination with the largest of `totals` whose label there differs; there always is one."""
    return [int(np.where(level == level[chosen], -np.inf, totals).argmax()) for level in decoder.members.T]


def _differences(decoder: Decoder, chosen: int, rivals: list[int]) -> tuple[Places, Floats]:
    """The score columns that tell `chosen` from its rivals, and how often each counts, (n_columns, n_rivals)."""
    columns = np.unique(decoder.heads[[chosen, *rivals]])
    signs = np.zeros((len(columns), len(rivals)))
    for k, rival in enumerate(rivals):
        np.add.at(signs[:, k], columns.searchsorted(decoder.heads[chosen]), 1)
        np.add.at(signs[:, k], columns.searchsorted(decoder.heads[rival]), -1)
    return columns, signs


def _chunks(document: Document) -> Iterator[tuple[str, int, int, str]]:
    """The stretches between blanks: field, start, end, text."""
    for name, text in (("subject", document.subject), ("body", document.body)):
        for found in _CHUNK.finditer(text[:MAX_CHARACTERS]):
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
    hashes, owner = parts(batch.tokens, first[fresh], scorer.weights.cut)
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
