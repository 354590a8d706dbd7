"""What to expect of each label, from few items or many: accuracy, promises, and how many more items they take.

Accuracy is measured on the test share where that holds enough items of a label, else on all items by cross-validation:
each is answered by a classifier that learned from others only. It is told with Wilson's interval. How many more items a
promise takes follows from exact binomial counts; how many more an accuracy takes, from the learning curve, and only
where that can be told from a flat line.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import bdtr

from model.classifier import Classifier
from model.decoding import Floats
from model.guarantee import GRID, Guarantee, Promise, items_needed
from training.corpus import Item
from training.curve import Curve, fit_curve
from training.fitting import Settings, learned, targets
from training.shares import Shares, groups

Ints = np.ndarray[Any, np.dtype[np.intp]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
ENOUGH = 10
"""Test items of the median label from which on the test share says enough."""
MOST = 3_000
"""Items up to which cross-validation is worth its time."""
FOLDS = 5
PARTS = (0.25, 0.5, 1.0)
"""Parts of the other folds that the learning curve is measured with."""
CALIBRATION = 0.15
"""Share of new items that calibrate, and so count for promises."""
BAR = 0.9
"""Accuracy that the learning curve is asked about."""
FARTHEST = 5_000
"""Items beyond which nothing is foretold."""
Z = 1.96


@dataclass(frozen=True)
class Chance:
    """Whether a promised error rate can be kept for a label now, and what it takes."""

    error_rate: float
    confidence_level: float
    threshold: float | None
    """Answers this sure may be acted on alone; None: none may."""
    at_least: int
    """More items of the label that it takes if none of those that calibrate is answered wrongly; 0 where it is kept."""
    likely: int | None
    """The same if errors stay as frequent as measured; None where that cannot be told, or takes too many items."""


@dataclass(frozen=True)
class Expectation:
    """What to expect of one label of the last level."""

    label: str
    items: int
    """In the whole corpus."""
    measured: int
    right: int
    low: float
    high: float
    """Wilson's interval of the accuracy at 95 %, in [0, 1]."""
    chances: tuple[Chance, ...]
    more: tuple[int, int] | None
    """From how many to how many more items take it to the accuracy BAR; None where nobody can tell."""

    @property
    def accuracy(self) -> float:
        """Share of the label's measured items that are answered with it, in [0, 1]; 0 where there are none."""
        return self.right / max(self.measured, 1)


@dataclass(frozen=True)
class Expectations:
    """What to expect of every label."""

    labels: tuple[Expectation, ...]
    how: str
    """What it was measured on."""
    curve: Curve | None


@dataclass(frozen=True, eq=False)
class _Answered:
    """Answers to n items by classifiers that did not learn from them; numbers are combinations of the taxonomy."""

    truth: Ints
    best: Ints
    probability: Floats


def wilson(right: int, measured: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927), in [0, 1]; everything where nothing was measured."""
    if not measured:
        return 0.0, 1.0
    share, square = right / measured, Z * Z / measured
    middle = (share + square / 2) / (1 + square)
    half = Z * math.sqrt(share * (1 - share) / measured + square / measured / 4) / (1 + square)
    return min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share)


def expected(classifier: Classifier, shares: Shares, settings: Settings) -> Expectations:
    """What to expect of each label of a classifier that was made from these shares with these settings."""
    items = [*shares.fit, *shares.calibration, *shares.test]
    tested = Counter(item.labels[-1] for item in shares.test)
    curve: Curve | None
    usual = sorted(tested[label] for label in {item.labels[-1] for item in items})
    if usual[len(usual) // 2] >= ENOUGH or len(items) > MOST:
        answered, curve, how = _answers(classifier, shares.test), None, f"{len(shares.test)} test items"
    else:
        answered, curve = _cross_validated(classifier, items, settings)
        how = f"cross-validation in {FOLDS} folds"
    held = classifier.guarantees or [Guarantee(*rates, {}) for rates in settings.promises]
    return Expectations(_judged(classifier, held, items, answered, curve), how, curve)


def _answers(classifier: Classifier, items: Sequence[Item]) -> _Answered:
    answers = classifier.answer([item.document for item in items])
    probability = np.take_along_axis(answers.joint, answers.best[:, None], axis=1)[:, 0]
    return _Answered(targets(items, classifier.taxonomy), answers.best, probability)


def _folds(items: Sequence[Item]) -> Ints:
    """The fold of each item, (n,): what is alike is in one fold, and each label is spread over all of them."""
    members: dict[int, list[int]] = defaultdict(list)
    for k, number in enumerate(groups(items)):
        members[int(number)].append(k)
    fold = np.zeros(len(items), dtype=np.intp)
    turn = {label: k for k, label in enumerate(sorted({item.labels[-1] for item in items}))}
    for together in sorted(members.values(), key=lambda group: min(items[k].id for k in group)):
        label = items[together[0]].labels[-1]
        fold[together] = turn[label] % FOLDS
        turn[label] += 1
    return fold


def _cross_validated(classifier: Classifier, items: Sequence[Item], settings: Settings) -> tuple[_Answered, Curve]:
    """Answers to every item, and how errors fall with the items that were learned from."""
    taxonomy, fold = classifier.taxonomy, _folds(items)
    truth = targets(items, taxonomy)
    best = np.zeros((len(PARTS), len(items)), dtype=np.intp)
    probability, sizes = np.zeros(len(items)), np.zeros(len(PARTS))
    random = np.random.Generator(np.random.PCG64(settings.seed))
    for number in range(FOLDS):
        inside, outside = np.flatnonzero(fold == number), random.permutation(np.flatnonzero(fold != number))
        if not (len(inside) and len(outside)):
            continue
        held = [items[k] for k in inside.tolist()]
        for step, part in enumerate(PARTS):
            some = np.sort(outside[: max(round(part * len(outside)), 1)])
            documents = [items[k].document for k in some.tolist()]
            raw = learned(documents, truth[some], taxonomy, settings, embedder=classifier.embedder)
            answered = _answers(replace(raw, calibration=classifier.calibration), held)
            best[step, inside], sizes[step] = answered.best, sizes[step] + len(some) / FOLDS
            probability[inside] = answered.probability
    level = np.array([names[-1] for names in taxonomy.combinations])
    return _Answered(truth, best[-1], probability), fit_curve(sizes, level[best] != level[truth], settings.seed)


def _judged(
    classifier: Classifier, held: Sequence[Guarantee], items: Sequence[Item], answered: _Answered, curve: Curve | None
) -> tuple[Expectation, ...]:
    level = np.array([names[-1] for names in classifier.taxonomy.combinations])
    true, said, wrong = level[answered.truth], level[answered.best], answered.best != answered.truth
    counts = Counter(item.labels[-1] for item in items)
    overall = float((true != said).mean()) if len(true) else 1.0
    found = []
    for label in (name for name in classifier.taxonomy.columns[-1] if counts[name]):
        measured, right = int((true == label).sum()), int(((true == label) & (said == label)).sum())
        mine = said == label
        chances = _chances(held, label, wrong[mine], answered.probability[mine])
        # With few items a label's own error is a guess: it is drawn towards that of all labels.
        error = (measured - right + 4 * overall) / (measured + 4)
        more = None if curve is None else curve.more(counts[label], error, 1 - BAR, FARTHEST)
        found.append(Expectation(label, counts[label], measured, right, *wilson(right, measured), chances, more))
    return tuple(found)


def _chances(held: Sequence[Guarantee], label: str, wrong: Bools, probability: Floats) -> tuple[Chance, ...]:
    found = []
    for each in held:
        rates = (each.error_rate, each.confidence_level)
        own = each.promises.get(label, Promise(None, 0, 0, 0, items_needed(*rates)))
        if own.threshold is not None:
            found.append(Chance(*rates, own.threshold, 0, 0))
        else:
            likely = likely_more(wrong, probability, rates, own.items)
            found.append(Chance(*rates, None, math.ceil(own.missing / CALIBRATION), likely))
    return tuple(found)


def likely_more(wrong: Bools, probability: Floats, rates: tuple[float, float], held: int) -> int | None:
    """More items of a label until a promise holds, if errors above a threshold stay as frequent as they were measured.

    `held`: calibration items that are there already. Of all thresholds the one that takes fewest items counts. An error
    rate from few answers is put higher than it was seen (half an error is added), so that luck promises nothing.
    """
    error_rate, level = rates
    counts = np.arange(1, FARTHEST + 1)
    best: float = math.inf
    for threshold in GRID:
        above = probability >= threshold
        covered, errors = int(above.sum()), int(wrong[above].sum())
        rate = (errors + 0.5) / (covered + 1)
        if rate >= error_rate:
            continue
        enough = np.flatnonzero(bdtr(np.round(rate * counts), counts, error_rate) <= 1 - level)
        if len(enough):
            best = min(best, counts[enough[0]] * len(probability) / covered)
    more = (best - held) / CALIBRATION
    return None if more > FARTHEST else max(math.ceil(more), 1)


def rows(expectations: Expectations) -> list[dict[str, Any]]:
    """A plain row per label, the worst first: for tables and pages."""
    found = []
    for each in sorted(expectations.labels, key=lambda e: (e.accuracy, e.label)):
        row: dict[str, Any] = {
            "label": each.label,
            "items": each.items,
            "measured": each.measured,
            "accuracy": round(each.accuracy, 4),
            "low": round(each.low, 4),
            "high": round(each.high, 4),
            f"more_to_{BAR:.0%}": None if each.more is None else list(each.more),
        }
        for chance in each.chances:
            name = f"promise_{chance.error_rate:g}"
            row |= {
                f"{name}_threshold": chance.threshold,
                f"{name}_at_least": chance.at_least,
                f"{name}_likely": chance.likely,
            }
        found.append(row)
    return found


def told(expectations: Expectations, shown: int = 5) -> list[str]:
    """Lines for the terminal: the worst labels, and how many may be handled alone."""
    lines = [f"expected accuracy per label, by {expectations.how}; the worst:"]
    for each in sorted(expectations.labels, key=lambda e: (e.accuracy, e.label))[:shown]:
        line = f"  {each.label:24} {each.accuracy:4.0%} ({each.low:.0%} to {each.high:.0%})  {each.items} items"
        if each.more and each.more[1]:
            line += f"; {each.more[0]} to {each.more[1]} more for {BAR:.0%}"
        lines.append(line)
    for k, chance in enumerate(expectations.labels[0].chances if expectations.labels else ()):
        kept = sum(each.chances[k].threshold is not None for each in expectations.labels)
        least = [each.chances[k].at_least for each in expectations.labels if each.chances[k].at_least]
        line = f"at most {chance.error_rate:.0%} wrong is promised for {kept} of {len(expectations.labels)} labels"
        lines.append(line + (f"; each other takes at least {min(least)} more items" if least else ""))
    return lines
