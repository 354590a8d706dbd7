"""The report: how well a classifier does on items it never saw, as values that plots and promotion read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from model.calibration import Calibration, expected_calibration_error
from model.classifier import Classifier
from model.decoding import Floats
from model.guarantee import ANY
from training.corpus import Item
from training.fitting import targets
from training.reliability import Bin, reliability
from training.slices import Slice, rate, slices

Ints = np.ndarray[Any, np.dtype[np.intp]]
NEVER = (0.0, 1.0)
"""The interval of a share of no items."""


@dataclass(frozen=True)
class ClassReport:
    """One label's share of the report; rates in [0, 1]."""

    precision: float
    recall: float
    f1: float
    support: int
    interval: tuple[float, float] = NEVER
    """Of the recall, 95 % (Wilson)."""


@dataclass(frozen=True)
class LevelReport:
    """One level's share of the report."""

    accuracy: float
    macro_f1: float
    calibration_error: float
    """Expected calibration error, in [0, 1], after calibration."""
    calibration_error_before: float
    classes: dict[str, ClassReport]
    confusion: list[list[int]]
    """Rows are true labels, columns predicted ones, both in the order of `classes`."""
    interval: tuple[float, float] = NEVER
    """Of the accuracy, 95 % (Wilson)."""
    reliability: list[Bin] = field(default_factory=list)
    """Bands that hold answers, from doubtful to sure, after calibration."""
    reliability_before: list[Bin] = field(default_factory=list)


@dataclass(frozen=True)
class Coverage:
    """What a promise came to on the test share."""

    error_rate: float
    confidence_level: float
    threshold: float | None
    coverage: float
    """Share of test items that would be handled alone, in [0, 1]."""
    error: float
    """Share of those that were wrong, in [0, 1]."""


@dataclass(frozen=True)
class Report:
    """How a classifier did on the test share."""

    items: int
    joint_accuracy: float
    """Share of items with every level right."""
    majority: float
    """Share of items that the commonest combination would get right, in [0, 1]."""
    levels: dict[str, LevelReport]
    coverage: list[Coverage]
    correct: list[bool]
    """Per test item whether every level is right, in the order of ids: for paired comparisons."""
    ids: list[str]
    confidence: list[float] = field(default_factory=list)
    """Per test item the probability of the whole answer, in the order of ids; in [0, 1]."""
    slices: list[Slice] = field(default_factory=list)

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def metrics(self) -> dict[str, float]:
        """The numbers that are tracked, under flat names."""
        found = {"joint.accuracy": self.joint_accuracy, "items.test": float(self.items)}
        for name, level in self.levels.items():
            found |= {
                f"{name}.accuracy": level.accuracy,
                f"{name}.macro_f1": level.macro_f1,
                f"{name}.ece": level.calibration_error,
                f"{name}.ece_before": level.calibration_error_before,
            }
            for label, row in level.classes.items():
                rates = {"f1": row.f1, "precision": row.precision, "recall": row.recall, "support": float(row.support)}
                found |= {f"{name}.{what}.{label}": value for what, value in rates.items()}
        for part in self.slices:
            rates = {"joint": part.joint.share, "items": float(part.joint.items)}
            rates |= {name: rate.share for name, rate in part.levels.items()}
            found |= {f"slice.{part.facet}.{part.key}.{what}": value for what, value in rates.items()}
        for promise in self.coverage:
            found |= {
                f"promise.{promise.error_rate:g}.coverage": promise.coverage,
                f"promise.{promise.error_rate:g}.error": promise.error,
            }
        return found


def evaluate(classifier: Classifier, items: Sequence[Item]) -> Report:
    """The report of a classifier on items that were not used to make it."""
    documents = [item.document for item in items]
    taxonomy, decoder = classifier.taxonomy, classifier.decoder
    truth = targets(items, taxonomy)
    answers = classifier.answer(documents)
    right = answers.best == truth
    after = decoder.split(decoder.marginals(answers.joint))
    plain = Calibration((1.0,) * len(decoder.head_widths)).apply(answers.scored, decoder.head_widths)
    before = decoder.split(decoder.marginals(decoder.joint(plain)))
    levels, hits = {}, []
    for k, (level, columns) in enumerate(zip(taxonomy.levels, taxonomy.columns, strict=True)):
        offset = sum(decoder.widths[:k])
        true, said = decoder.members[truth, k] - offset, decoder.members[answers.best, k] - offset
        levels[level.name] = _level(columns, true, said, after[k], before[k])
        hits.append(true == said)
    joint = np.take_along_axis(answers.joint, answers.best[:, None], axis=1)[:, 0]
    labels = [taxonomy.combinations[k][-1] for k in answers.best]
    majority = float(np.bincount(truth).max() / len(items)) if len(items) else 0.0
    return Report(
        len(items),
        float(right.mean()) if len(items) else 0.0,
        majority,
        levels,
        [_coverage(each, labels, joint, right) for each in classifier.guarantees],
        right.tolist(),
        [item.id for item in items],
        joint.tolist(),
        slices(items, np.stack(hits, axis=1), taxonomy.level_names),
    )


def _level(columns: Sequence[str], true: Ints, said: Ints, after: Floats, before: Floats) -> LevelReport:
    size = len(columns)
    confusion = np.bincount(true * size + said, minlength=size * size).reshape(size, size)
    hits, support, claimed = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    precision = hits / np.maximum(claimed, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(support + claimed, 1)
    rows = np.arange(len(true))
    uncalibrated = before.argmax(axis=1)
    sure, sure_before = after[rows, said], before[rows, uncalibrated]
    overall = rate(int(hits.sum()), len(true))
    return LevelReport(
        accuracy=overall.share,
        macro_f1=float(f1[support > 0].mean()) if len(true) else 0.0,
        calibration_error=expected_calibration_error(sure, said == true),
        calibration_error_before=expected_calibration_error(sure_before, uncalibrated == true),
        classes={
            label: ClassReport(
                float(precision[k]), float(recall[k]), float(f1[k]), int(support[k]), _interval(hits[k], support[k])
            )
            for k, label in enumerate(columns)
        },
        confusion=confusion.tolist(),
        interval=(overall.low, overall.high),
        reliability=reliability(sure, said == true),
        reliability_before=reliability(sure_before, uncalibrated == true),
    )


def _interval(right: Any, items: Any) -> tuple[float, float]:
    found = rate(int(right), int(items))
    return found.low, found.high


def _coverage(each: Any, labels: Sequence[str], joint: Floats, right: np.ndarray[Any, Any]) -> Coverage:
    thresholds = np.array([np.inf if (t := each.threshold(label)) is None else t for label in labels])
    alone = joint >= thresholds
    pooled = each.promises[ANY].threshold
    return Coverage(
        each.error_rate,
        each.confidence_level,
        pooled,
        float(alone.mean()) if len(alone) else 0.0,
        float((~right[alone]).mean()) if alone.any() else 0.0,
    )
