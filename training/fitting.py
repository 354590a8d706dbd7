"""Shares -> a classifier: one head per level on shared features, fitted jointly, calibrated. Knows no files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from model.calibration import Calibration, fit_calibration
from model.classifier import Classifier
from model.decoding import Decoder, Floats
from model.guarantee import guarantee
from model.scoring import Weights
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.design import Design, Recipe, design
from training.solver import Effort, Progress, solve

Ints = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True)
class Settings:
    """What training can be told."""

    recipe: Recipe = field(default_factory=Recipe)
    strength: float | None = None
    """Inverse of the penalty on weights; None: by the number and the length of the items."""
    margin: float = 4.0
    """Taken off the true label's score on each level while training, in logits, for items of ten words; longer items
    have a margin in proportion, since their words weigh less each."""
    epochs: int | None = None
    """Passes over the items; None: by their number."""
    seed: int = 7
    """Of the split into shares and of the order of items."""
    promises: tuple[tuple[float, float], ...] = ((0.02, 0.95), (0.05, 0.95))
    """(error rate, confidence level) of the guarantees to compute, strictest first."""


def targets(items: Sequence[Item], taxonomy: Taxonomy) -> Ints:
    """The number of each item's combination, (n,)."""
    return np.array([taxonomy.index[item.labels] for item in items], dtype=np.intp)


def effort(made: Design, truth: Ints, taxonomy: Taxonomy, settings: Settings) -> Effort:
    """How to fit: the more items a class has the stronger the penalty, the longer the items the weaker."""
    per_class = len(truth) / len(taxonomy.columns[-1])
    length = float(np.clip(made.words_per_document / 10, 1, 10))
    strength = settings.strength or float(np.clip(100 / np.sqrt(per_class), 5, 40)) * length
    epochs = settings.epochs or (15 if len(truth) < 4000 else 8)
    return Effort(strength, settings.margin * length, epochs, seed=settings.seed)


def compiled(made: Design, solved: Floats) -> Weights:
    """The weights a server needs: each word's row with those of its parts added in, blocks scaled."""
    words, pieces = len(made.word_hashes), len(made.part_hashes)
    own, part, pair = np.split(solved[:-1], [words, words + pieces])
    block, pair_block = made.block_scales
    return Weights(
        made.word_hashes,
        ((own * made.word_scale[:, None] + made.spelling @ part) * block).astype(np.float16),
        made.word_squares,
        made.pair_hashes,
        (pair * (made.pair_scale * pair_block)[:, None]).astype(np.float16),
        made.pair_squares,
        made.part_hashes,
        (part * (made.part_scale * block)[:, None]).astype(np.float16),
        made.part_scale**2,
        solved[-1].astype(np.float32),
    )


def fit(
    items: Sequence[Item],
    calibration: Sequence[Item],
    taxonomy: Taxonomy,
    settings: Settings,
    progress: Progress | None = None,
) -> Classifier:
    """A calibrated classifier with its guarantees. The same items and settings give the same numbers."""
    decoder = Decoder.of(taxonomy)
    truth = targets(items, taxonomy)
    members = csr_matrix(
        (np.ones(len(items), np.float32), (np.arange(len(items)), decoder.members[truth, -1])),
        shape=(len(items), decoder.columns),
    )
    made = design([item.document for item in items], members, settings.recipe)
    weights = compiled(made, solve(made.matrix, truth, decoder, effort(made, truth, taxonomy, settings), progress))
    raw = Classifier(taxonomy, weights, Calibration((1.0,) * len(taxonomy.levels)))
    if not calibration:
        return raw
    scored = raw.scorer.score([item.document for item in calibration])
    truth = targets(calibration, taxonomy)
    calibrated = Classifier(
        taxonomy,
        weights,
        fit_calibration(scored, truth, decoder),
        novelty=float(np.quantile(scored.scores.max(axis=1), 0.01)),
    )
    answers = calibrated.answer([item.document for item in calibration])
    level = len(taxonomy.levels) - 1
    predicted = decoder.members[answers.best, level] - sum(decoder.widths[:level])
    probability = np.take_along_axis(answers.joint, answers.best[:, None], axis=1)[:, 0]
    guarantees = tuple(
        guarantee(list(taxonomy.columns[level]), predicted, probability, answers.best != truth, rates)
        for rates in settings.promises
    )
    return Classifier(taxonomy, weights, calibrated.calibration, guarantees, calibrated.novelty)
