"""Two classifiers on the same items: which is right where, and what of it chance explains. Pure, but for a clock."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from time import perf_counter, process_time
from typing import Any

import numpy as np

from model.calibration import expected_calibration_error
from model.classifier import Classifier
from model.decoding import Floats
from model.document import Document
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.fitting import targets
from training.pairing import Bools, Difference, Ints, Marks, Paired, paired, resamples

SAMPLES = 1000
"""Resamples behind an interval."""
TIMED = 256
"""Texts that are timed; fewer are repeated."""
ROUNDS = 15
"""How often each classifier answers them; its fastest pass counts, in processor time, so that what else the machine
does counts for little."""
PATIENCE = 5.0
"""Seconds after which no further round begins."""


@dataclass(frozen=True)
class ClassRow:
    """One label: is it given where it should be, and only there."""

    level: str
    label: str
    support: int
    """Items that have it."""
    recall: Difference
    f1: Difference
    paired: Paired


@dataclass(frozen=True)
class LevelRow:
    """One level."""

    level: str
    accuracy: Difference
    macro_f1: Difference
    calibration_error: tuple[float, float]
    paired: Paired


@dataclass(frozen=True)
class PromiseRow:
    """One promised error rate."""

    error_rate: float
    confidence_level: float
    possible: tuple[bool, bool]
    coverage: Difference
    """Share of the items that would be handled alone."""
    error: tuple[float, float]
    """Share of those that are wrong."""
    paired: Paired
    """Items that one alone would handle."""


@dataclass(frozen=True)
class Comparison:
    """The second classifier against the first."""

    items: int
    accuracy: Difference
    """Share of items with every level right."""
    paired: Paired
    levels: list[LevelRow]
    classes: list[ClassRow]
    promises: list[PromiseRow]
    speed: tuple[float, float]
    """Texts a second of processor time, measured in turns."""
    won: list[str]
    """Ids of items that the second alone gets right on every level."""
    lost: list[str]

    def as_plain(self) -> dict[str, Any]:
        """For JSON, with the tests' p-values."""

        def with_p(row: Any) -> dict[str, Any]:
            return asdict(row) | {"p": row.paired.p}

        rows = {name: [with_p(row) for row in getattr(self, name)] for name in ("levels", "classes", "promises")}
        return asdict(self) | rows | {"p": self.paired.p}


@dataclass(frozen=True)
class Answered:
    """What one classifier says of n items."""

    said: Ints
    """Columns of the labels given, (n, n_levels)."""
    probability: Floats
    """Of those labels, (n, n_levels)."""
    right: Bools
    """Every level right, (n,)."""
    alone: dict[tuple[float, float], Bools]
    """(error rate, confidence level) of a promise -> what would be handled alone, (n,)."""
    possible: dict[tuple[float, float], bool]
    """Whether anything would ever be."""


def same_questions(first: Taxonomy, second: Taxonomy) -> bool:
    """Whether two taxonomies allow the same answers; what the labels mean to people may differ."""
    return first.level_names == second.level_names and first.combinations == second.combinations


def answered(classifier: Classifier, items: Sequence[Item]) -> Answered:
    """What a classifier says of labelled items of its taxonomy."""
    decoder = classifier.decoder
    answers = classifier.answer([item.document for item in items])
    each = np.arange(len(items))[:, None]
    columns = decoder.members[answers.best]
    joint = answers.joint[each[:, 0], answers.best]
    last = [classifier.taxonomy.combinations[k][-1] for k in answers.best]
    alone, possible = {}, {}
    for promise in classifier.guarantees:
        rates = (promise.error_rate, promise.confidence_level)
        thresholds = {label: promise.threshold(label) for label in {*last, *classifier.taxonomy.columns[-1]}}
        limits = np.array([np.inf if (t := thresholds[label]) is None else t for label in last])
        alone[rates] = joint >= limits
        possible[rates] = any(t is not None for t in thresholds.values())
    return Answered(
        columns,
        decoder.marginals(answers.joint)[each, columns],
        answers.best == targets(items, classifier.taxonomy),
        alone,
        possible,
    )


def compare(
    first: Classifier, second: Classifier, items: Sequence[Item], seed: int = 7, samples: int = SAMPLES
) -> Comparison:
    """The second classifier against the first on n >= 1 items; both must answer the same questions."""
    a, b = answered(first, items), answered(second, items)
    taxonomy, decoder = first.taxonomy, first.decoder
    truth = decoder.members[targets(items, taxonomy)]
    whole = np.ones((1, len(items)), dtype=np.float32)
    marks = Marks(truth, (a.said, b.said), (a.right, b.right), sum(decoder.widths))
    point = marks.rates(whole)
    drawn = np.concatenate([marks.rates(weights) for weights in resamples(len(items), samples, seed)])
    low, high = np.nanquantile(drawn[:, :, 1] - drawn[:, :, 0], (0.025, 0.975), axis=0)
    found = [
        Difference(float(point[0, k, 0]), float(point[0, k, 1]), float(low[k]), float(high[k]))
        for k in range(point.shape[1])
    ]
    levels, count = len(taxonomy.levels), sum(decoder.widths)
    f1, recall = found[1 + levels :][:count], found[1 + levels + count :][:count]
    macro = found[1 + levels + 2 * count :]
    names = [(level.name, label) for level, its in zip(taxonomy.levels, taxonomy.columns, strict=True) for label in its]
    one_vs_rest = marks.one_vs_rest()
    rows = [
        ClassRow(*names[c], int((truth == c).sum()), recall[c], f1[c], one_vs_rest[c])
        for c in range(count)
        if (truth == c).any()
    ]
    per_level = [
        LevelRow(level.name, found[1 + k], macro[k], _calibration(a, b, truth, k), marks.paired(k))
        for k, level in enumerate(taxonomy.levels)
    ]
    ids = [item.id for item in items]
    return Comparison(
        len(items),
        found[0],
        paired(a.right, b.right),
        per_level,
        rows,
        [_promise(rates, a, b, seed, samples) for rates in sorted({*a.alone, *b.alone})],
        speeds(first, second, [item.document for item in items]),
        [name for name, won in zip(ids, b.right & ~a.right, strict=True) if won],
        [name for name, lost in zip(ids, a.right & ~b.right, strict=True) if lost],
    )


def _calibration(a: Answered, b: Answered, truth: Ints, level: int) -> tuple[float, float]:
    right = (each.said[:, level] == truth[:, level] for each in (a, b))
    first, second = (
        expected_calibration_error(each.probability[:, level], hit) for each, hit in zip((a, b), right, strict=True)
    )
    return first, second


def _promise(rates: tuple[float, float], a: Answered, b: Answered, seed: int, samples: int) -> PromiseRow:
    first, second = (each.alone.get(rates, np.zeros(len(each.right), dtype=bool)) for each in (a, b))
    gap = second.astype(np.float32) - first
    drawn = np.concatenate([weights @ gap for weights in resamples(len(gap), samples, seed)]) / len(gap)
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    errors = [float((~right[its]).mean()) if its.any() else 0.0 for right, its in ((a.right, first), (b.right, second))]
    return PromiseRow(
        *rates,
        (a.possible.get(rates, False), b.possible.get(rates, False)),
        Difference(float(first.mean()), float(second.mean()), low, high),
        (errors[0], errors[1]),
        paired(first, second),
    )


def speeds(first: Classifier, second: Classifier, documents: Sequence[Document]) -> tuple[float, float]:
    """Texts a second of processor time of both, in turns in this process, the fastest of some passes each."""
    timed = list(islice(cycle(documents), TIMED))
    both, best = (first, second), [np.inf, np.inf]
    for each in both:
        each.predict(timed[:8])
    started = perf_counter()
    for turn in range(ROUNDS):
        for k in (0, 1) if turn % 2 else (1, 0):
            began = process_time()
            both[k].predict(timed)
            best[k] = min(best[k], process_time() - began)
        if perf_counter() - started > PATIENCE:
            break
    return (len(timed) / best[0], len(timed) / best[1])


def chance_error(classifier: Classifier, items: Sequence[Item], seed: int = 7, samples: int = 200) -> dict[str, float]:
    """Level -> the calibration error that a perfectly calibrated classifier of these confidences stays below.

    It does so in 95 of 100 test shares of this size; the fewer the items, the larger the error that chance alone makes.
    """
    rng = np.random.default_rng(seed)
    probability = answered(classifier, items).probability if items else np.zeros((0, len(classifier.taxonomy.levels)))
    found = {}
    for k, name in enumerate(classifier.taxonomy.level_names):
        sure = probability[:, k]
        drawn = [expected_calibration_error(sure, rng.random(len(sure)) < sure) for _ in range(samples)]
        found[name] = float(np.quantile(drawn, 0.95))
    return found
