"""Shares -> a classifier: one head per level on shared features, fitted jointly, calibrated. Knows no files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from model.calibration import Calibration, fit_calibration
from model.classifier import Classifier
from model.decoding import Decoder, Floats, Heads
from model.document import Document
from model.guarantee import guarantee
from model.scoring import Weights, no_vectors
from model.sets import cutoffs
from model.taxonomy import Taxonomy
from model.vectors import Embedder, Vectors
from training.corpus import Item
from training.design import Design, Recipe, design
from training.meaning import Meaning, Weight, meaning
from training.solver import Effort, Progress, observed, solve

Ints = np.ndarray[Any, np.dtype[np.intp]]
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[-.]")


FEW = 30
"""Items to a label below which its name teaches as well."""
JOINED = 0.6
"""What the strength is multiplied by where combinations have weights besides those of their labels."""
MOST_COMBINATIONS = 4
"""Allowed combinations to a label up to which combinations have weights of their own; beyond, memory would grow."""


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
    names: bool | None = None
    """Whether the last level's labels teach as well: each with its name and its definition, as one more item. None:
    where there are few items to a label; measured, it buys a point or more there, and nothing with many."""
    vectors: Vectors | None = None
    """Vectors to use as features, with the hashes of their weights; None: none."""
    meaning: Weight = field(default_factory=Weight)
    """How much they weigh."""
    seed: int = 7
    """Of the split into shares and of the order of items."""
    promises: tuple[tuple[float, float], ...] = ((0.02, 0.95), (0.05, 0.95))
    """(error rate, confidence level) of the guarantees to compute, strictest first."""


def targets(items: Sequence[Item], taxonomy: Taxonomy) -> Ints:
    """The number of each item's combination, (n,)."""
    return np.array([taxonomy.index[item.labels] for item in items], dtype=np.intp)


def effort(made: Design, count: int, taxonomy: Taxonomy, settings: Settings) -> Effort:
    """How to fit: the more items a class has the stronger the penalty, the longer the items the weaker."""
    per_class = count / len(taxonomy.columns[-1])
    strength = settings.strength or float(np.clip(100 / np.sqrt(per_class), 5, 40)) * made.length
    if settings.strength is None and heads_of(taxonomy) == "combinations":
        strength *= JOINED
    if settings.strength is None and settings.vectors is not None and settings.vectors.kind == "encoder":
        strength /= settings.meaning.caution
    epochs = settings.epochs or (15 if count < 4000 else 8)
    return Effort(strength, settings.margin * made.length, epochs, seed=settings.seed)


def compiled(made: Design, solved: Floats, meant: Meaning) -> Weights:
    """The weights a server needs: each word's row with those of its parts and its vector added in, blocks scaled."""
    words, pieces = len(made.word_hashes), len(made.part_hashes)
    sparse, dense = np.split(solved, [made.matrix.shape[1]])
    own, part, pair = np.split(sparse[:-1], [words, words + pieces])
    block, pair_block = made.block_scales
    with_vectors = no_vectors(solved.shape[1])
    if meant.words is not None and meant.near is not None and meant.near_spelling is not None:
        own = own + meant.words @ dense
        rare = made.word_scale.max(initial=0)  # a word never seen is at least as rare as the rarest
        near = meant.near @ dense * rare + meant.near_spelling @ part
        squares = np.asarray(meant.near_spelling.power(2).sum(axis=1)).ravel() + rare**2
        with_vectors |= {
            "near_hashes": meant.near_hashes,
            "near_rows": (near * block).astype(np.float16),
            "near_squares": squares.astype(np.float32),
        }
    elif meant.centre is not None:
        with_vectors |= {"vector_centre": meant.centre, "vector_rows": dense * np.float32(meant.scale)}
    return Weights(
        word_hashes=made.word_hashes,
        word_rows=((own * made.word_scale[:, None] + made.spelling @ part) * block).astype(np.float16),
        word_squares=made.word_squares,
        pair_hashes=made.pair_hashes,
        pair_rows=(pair * (made.pair_scale * pair_block)[:, None]).astype(np.float16),
        pair_squares=made.pair_squares,
        part_hashes=made.part_hashes,
        part_rows=(part * (made.part_scale * block)[:, None]).astype(np.float16),
        part_squares=made.part_scale**2,
        bias=sparse[-1].astype(np.float32),
        **with_vectors,
    )


def heads_of(taxonomy: Taxonomy) -> Heads:
    """What a classifier has columns for: combinations, where no level alone tells them apart and they are few."""
    labels = [len(columns) for columns in taxonomy.columns]
    few = max(labels) < len(taxonomy.combinations) <= MOST_COMBINATIONS * sum(labels)
    return "combinations" if few else "levels"


def names(taxonomy: Taxonomy, decoder: Decoder) -> tuple[list[Document], Floats]:
    """The last level's labels as texts, and how sure each column is of them: all that may stand with a label alike."""
    level = taxonomy.levels[-1]
    documents = [
        Document(_CAMEL.sub(" ", label).replace("_", " "), level.definitions.get(label, "")) for label in level.labels
    ]
    known = np.zeros((len(documents), decoder.columns), dtype=np.float32)
    for k, label in enumerate(level.labels):
        members = decoder.heads[[j for j, found in enumerate(taxonomy.combinations) if found[-1] == label]]
        np.add.at(known[k], members.ravel(), np.float32(1 / len(members)))
    return documents, known


def learned(
    documents: Sequence[Document],
    truth: Ints | Floats,
    taxonomy: Taxonomy,
    settings: Settings,
    progress: Progress | None = None,
    embedder: Embedder | None = None,
) -> Classifier:
    """A classifier that is not calibrated yet, from n documents whose combinations are numbers (n,) or shares.

    Shares are distributions over the taxonomy's combinations, (n, n_combinations). An `embedder` that is open already
    is used instead of opening the one in `settings`.
    """
    heads = heads_of(taxonomy)
    joined = heads == "combinations"
    decoder = Decoder.of(taxonomy, "both" if joined else heads)
    known = observed(truth, decoder)
    few = len(documents) < FEW * len(taxonomy.levels[-1].labels)
    if few if settings.names is None else settings.names:
        named, of_names = names(taxonomy, decoder)
        documents, known = [*documents, *named], np.vstack([known, of_names])
    classes = known.copy()
    classes[:, : sum(decoder.head_widths[:-1])] = 0  # what tells the last head's columns apart tells all apart
    made = design(documents, csr_matrix(classes), settings.recipe)
    meant = meaning(documents, made, settings.vectors, settings.meaning, embedder)
    how = effort(made, len(documents), taxonomy, settings)
    solved = solve(made.matrix, known, decoder, how, progress, meant.rows)
    weights = compiled(made, decoder.folded(solved) if joined else solved, meant)
    untouched = Calibration((1.0,) * (1 if joined else len(taxonomy.levels)))
    return Classifier(taxonomy, weights, untouched, embedder=meant.embedder, heads=heads)


def fit(
    items: Sequence[Item],
    calibration: Sequence[Item],
    taxonomy: Taxonomy,
    settings: Settings,
    progress: Progress | None = None,
    embedder: Embedder | None = None,
) -> Classifier:
    """A calibrated classifier with its guarantees. The same items and settings give the same numbers."""
    raw = learned([item.document for item in items], targets(items, taxonomy), taxonomy, settings, progress, embedder)
    return calibrated(raw, calibration, settings)


def calibrated(raw: Classifier, calibration: Sequence[Item], settings: Settings) -> Classifier:
    """The classifier with its calibration, novelty and guarantees from items that it did not learn from."""
    if not calibration:
        return raw
    taxonomy, decoder = raw.taxonomy, raw.decoder
    documents = [item.document for item in calibration]
    scored = raw.scorer.score(documents)
    truth = targets(calibration, taxonomy)
    scales = fit_calibration(scored, truth, decoder)
    joint = scales.joint(scored, decoder)
    best = joint.argmax(axis=1)
    level = len(taxonomy.levels) - 1
    predicted = decoder.members[best, level] - sum(decoder.widths[:level])
    probability = np.take_along_axis(joint, best[:, None], axis=1)[:, 0]
    guarantees = tuple(
        guarantee(list(taxonomy.columns[level]), predicted, probability, best != truth, rates)
        for rates in settings.promises
    )
    novelty = float(np.quantile(scored.scores.max(axis=1), 0.01))
    return replace(
        raw,
        calibration=scales,
        guarantees=guarantees,
        novelty=novelty,
        cutoffs=cutoffs(joint, truth, decoder),
    )
