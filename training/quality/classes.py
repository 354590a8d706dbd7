"""Labels as a whole: which are taken for each other, and which are below the bar. Knows out-of-fold answers only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.decoding import Places
from training.corpus import Item
from training.quality.crossed import Crossed
from training.quality.findings import Finding, cut

FALSE_ALARMS = 0.01
"""Probability that, on a level whose labels are all told apart equally well, any pair is called overlapping."""
FEWEST_MIXED = 5
"""Items mixed up below which a pair is not worth a meeting."""
NORMAL = 1.96
"""Standard deviations on each side of a 95 % interval."""


@dataclass(frozen=True)
class Bar:
    """What every label should reach."""

    items: int = 20
    f1: float = 0.6


def overlaps(items: Sequence[Item], answers: Crossed) -> list[Finding]:
    """Pairs of labels of one level that are mixed up more than their sizes explain, with an example, worst first."""
    found = []
    for level, name in enumerate(answers.taxonomy.level_names):
        given = answers.column(level, answers.truth)
        said = answers.column(level, answers.best)
        columns = answers.taxonomy.columns[level]
        mixed = confusion(given, said, len(columns))
        sizes = np.bincount(given, minlength=len(columns))
        for a, b, count, expected in overlapping(mixed):
            there, back = (_example(items, answers, level, pair, (given, said)) for pair in ((a, b), (b, a)))
            shown = there or back
            if shown is None:
                continue
            note = (
                f"{count} of {sizes[a] + sizes[b]} items are mixed up, {expected:.1f} would be expected: "
                f"{mixed[a, b]} from {columns[a]} to {columns[b]}, {mixed[b, a]} back"
            )
            found.append(
                Finding(
                    "overlap", shown.id, shown.source, name, columns[a], columns[b], count / (sizes[a] + sizes[b]),
                    other="" if back is None or shown is back else f"{back.id} ({back.source}): {cut(back)}",
                    note=note, text=cut(shown),
                )
            )  # fmt: skip
    return sorted(found, key=lambda each: -each.score)


def confusion(given: Places, said: Places, classes: int) -> Places:
    """How many items of each label (row) were said to have which (column), (classes, classes)."""
    counts: Places = np.bincount(given * classes + said, minlength=classes * classes).reshape(classes, classes)
    return counts


def overlapping(mixed: Places) -> list[tuple[int, int, int, float]]:
    """Pairs a < b with the items mixed up between them and the number expected if mistakes knew no preference.

    Mistakes on items of one label would then fall on the others as often as those are said wrongly at all. A pair is
    taken whose count is beyond chance for a Poisson variable, corrected for the number of pairs (Bonferroni).
    """
    from scipy.special import pdtrc

    wrong = mixed - np.diag(np.diag(mixed))
    missed, claimed = wrong.sum(axis=1), wrong.sum(axis=0)
    total = max(int(claimed.sum()), 1)
    share = claimed / np.maximum(total - claimed[:, None], 1)  # of mistakes on a (row) that fall on b, by chance
    expected = missed[:, None] * share
    expected = expected + expected.T
    count = wrong + wrong.T
    pairs = len(mixed) * (len(mixed) - 1) / 2
    rare = pdtrc(np.maximum(count - 1, 0), np.maximum(expected, 1e-9)) < FALSE_ALARMS / max(pairs, 1)
    left, right = np.nonzero(np.triu(rare & (count >= FEWEST_MIXED), 1))
    return [(int(a), int(b), int(count[a, b]), float(expected[a, b])) for a, b in zip(left, right, strict=True)]


def _example(
    items: Sequence[Item], answers: Crossed, level: int, pair: tuple[int, int], columns: tuple[Places, Places]
) -> Item | None:
    """The item of the first label that is most surely said to have the second; None where there is none."""
    given, said = columns
    places = np.flatnonzero((given == pair[0]) & (said == pair[1]))
    if not len(places):
        return None
    return items[int(places[answers.levels[level][places, pair[1]].argmax()])]


def weak(answers: Crossed, bar: Bar) -> list[Finding]:
    """Labels with fewer items than the bar wants, or with an F1 below it; the furthest below first."""
    found = []
    for level, name in enumerate(answers.taxonomy.level_names):
        columns = answers.taxonomy.columns[level]
        mixed = confusion(
            answers.column(level, answers.truth), answers.column(level, answers.best), len(columns)
        )  # rows as labelled
        for k, label in enumerate(columns):
            size, right = int(mixed[k].sum()), int(mixed[k, k])
            if k == len(columns) - 1 and not size:
                continue  # out of scope need not have items
            f1, low, high = f1_interval(right, size - right, int(mixed[:, k].sum()) - right)
            few = size < bar.items
            if not few and f1 >= bar.f1:
                continue
            why = f"{size} items, {bar.items} are wanted; " if few else f"{size} items; "
            sure = ", surely below the bar" if high < bar.f1 else ""
            note = f"{why}F1 {f1:.2f} ({low:.2f} to {high:.2f}){sure}"
            short = max(1 - size / bar.items, 1 - f1 / bar.f1 if bar.f1 else 0.0, 0.0)
            found.append(Finding("weak", level=name, given=label, score=short, note=note))
    return sorted(found, key=lambda each: -each.score)


def f1_interval(hits: int, missed: int, false: int) -> tuple[float, float, float]:
    """F1 and its 95 % interval, from Wilson's for the share of hits among all items that are or are said to be it.

    That share J is a plain proportion, and F1 = 2 J / (1 + J) grows with it. Without any item: 0, between 0 and 1.
    """
    n = hits + missed + false
    if not n:
        return 0.0, 0.0, 1.0
    share, z = hits / n, NORMAL
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    low, high = max(centre - half, 0.0), min(centre + half, 1.0)
    return _f1(share), _f1(low), _f1(high)


def _f1(share: float) -> float:
    return 2 * share / (1 + share)


def counts(items: Sequence[Item]) -> dict[str, int]:
    """Label of the last level -> how many items have it."""
    found: dict[str, int] = {}
    for item in items:
        found[item.labels[-1]] = found.get(item.labels[-1], 0) + 1
    return found
