"""Shares -> a classifier: one head per level on shared features, fitted jointly, calibrated. Knows no files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.calibration import fit_calibration
from model.classifier import Classifier
from model.decoding import Decoder, Floats
from model.guarantee import guarantee
from model.scoring import Weights
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.design import Design, Recipe, design
from training.lbfgs import minimise

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Settings:
    """What training can be told."""

    recipe: Recipe = field(default_factory=Recipe)
    strength: float = 30.0
    """Inverse of the penalty on weights, as C in scikit-learn: larger fits closer."""
    iterations: int = 60
    """Steps of the optimiser, at most."""
    seed: int = 7
    """Of the split into shares."""
    promises: tuple[tuple[float, float], ...] = ((0.02, 0.95), (0.05, 0.95))
    """(error rate, confidence level) of the guarantees to compute, strictest first."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """Weights as the optimiser sees them: one row per piece."""

    pieces: Floats
    """(n_features + n_parts, columns)."""
    bias: Floats
    """(columns,)."""


def targets(items: Sequence[Item], taxonomy: Taxonomy) -> np.ndarray[Any, np.dtype[np.intp]]:
    """The number of each item's combination, (n,)."""
    return np.array([taxonomy.index[item.labels] for item in items], dtype=np.intp)


def fit_weights(
    made: Design,
    truth: np.ndarray[Any, np.dtype[np.intp]],
    decoder: Decoder,
    settings: Settings,
    progress: Progress | None = None,
) -> Fitted:
    """Penalised maximum likelihood of the joint model: the expected columns are pulled to the observed ones."""
    n, columns, width = len(truth), decoder.columns, made.pieces.shape[1]
    observed = np.zeros((n, columns), dtype=np.float32)
    np.add.at(observed, (np.arange(n)[:, None], decoder.members[truth]), 1)
    documents_t, pieces_t = made.documents.T.tocsr(), made.pieces.T.tocsr()
    penalty = 1 / (settings.strength * n)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights, bias = flat[:-columns].reshape(width, columns), flat[-columns:]
        scores = made.documents @ (made.pieces @ weights) + bias
        joint = decoder.joint(scores)
        likelihood = np.log(np.maximum(joint[np.arange(n), truth], 1e-30)).mean(dtype=np.float64)
        error = (decoder.marginals(joint) - observed) / np.float32(n)
        gradient = np.empty_like(flat)
        inner = pieces_t @ (documents_t @ error)
        np.multiply(weights, np.float32(penalty), out=gradient[:-columns].reshape(width, columns))
        gradient[:-columns] += inner.ravel()
        gradient[-columns:] = error.sum(axis=0)
        return float(0.5 * penalty * np.dot(flat[:-columns], flat[:-columns]) - likelihood), gradient

    start = np.zeros(width * columns + columns, dtype=np.float32)
    best = minimise(loss, start, settings.iterations, progress)
    return Fitted(best[:-columns].reshape(width, columns), best[-columns:])


def compiled(made: Design, fitted: Fitted) -> Weights:
    """The weights a server needs: each feature's row with those of its parts added in."""
    known = len(made.hashes)
    part_rows = fitted.pieces[known:] * made.part_scale[:, None]
    rows = made.pieces @ fitted.pieces
    return Weights(
        made.hashes,
        rows.astype(np.float16),
        made.squares,
        made.part_hashes,
        part_rows.astype(np.float16),
        made.part_scale**2,
        fitted.bias.astype(np.float32),
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
    made = design([item.document for item in items], settings.recipe)
    weights = compiled(made, fit_weights(made, targets(items, taxonomy), decoder, settings, progress))
    raw = Classifier(
        taxonomy, weights, fit_calibration(np.zeros((0, decoder.columns), np.float32), np.zeros(0, np.intp), decoder)
    )
    if not calibration:
        return raw
    scored = raw.scorer.score([item.document for item in calibration])
    truth = targets(calibration, taxonomy)
    calibrated = Classifier(
        taxonomy,
        weights,
        fit_calibration(scored.scores, truth, decoder),
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
