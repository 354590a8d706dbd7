"""Why a challenger may not become champion. Pure: measurements in, sentences out.

Each sentence says the fact and what would be right. A loss counts only where chance does not explain it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scipy.stats import binomtest

from model.taxonomy import Taxonomy
from training.comparison import ClassRow, Comparison
from training.evaluation import Report

DOUBT = 0.05
"""A loss counts only where chance explains it with less than this probability (one-sided)."""
CALIBRATION = 0.15
"""Expected calibration error above which confidences are not believed, beyond what chance makes of few items."""
FEWEST = 30
"""Test items below which a challenger cannot be told from the champion."""
SLOWEST = 0.5
"""Share of the champion's texts a second, of processor time, that a challenger must reach."""
COLLAPSED = 0.5
"""Share of the champion's coverage below which a promise is worth little."""


@dataclass(frozen=True)
class Evidence:
    """What was measured, beside the challenger's own report."""

    comparison: Comparison | None = None
    """The challenger against the champion on the same items; None where there is no champion to compare with."""
    chance: Mapping[str, float] = field(default_factory=dict)
    """Level -> the calibration error that chance alone makes of the test items."""
    misfits: Sequence[str] = ()
    """What does not fit the taxonomy and the routing rules that are served, as sentences."""


def objections(new: Report, evidence: Evidence) -> list[str]:
    """Why the version that `new` reports on may not be promoted; empty when it may."""
    found = [*evidence.misfits]
    if not new.items:
        found.append("there are no labelled items to measure it on; some that it was not trained on are asked")
    elif not binomtest(sum(new.correct), new.items, new.majority, alternative="greater").pvalue < DOUBT:
        found.append(
            f"{new.joint_accuracy:.1%} of the {new.items} test items have every level right; always giving the "
            f"commonest answer would be right on {new.majority:.1%}, and more than that beyond chance is asked"
        )
    for name, level in new.levels.items():
        limit = max(CALIBRATION, evidence.chance.get(name, 0.0))
        if level.calibration_error > limit:
            found.append(
                f"the calibration error of {name} is {level.calibration_error:.3f}; at most {limit:.3f} is asked "
                f"with {new.items} test items"
            )
    if evidence.comparison is not None:
        found += against_champion(evidence.comparison)
    return found


def against_champion(seen: Comparison) -> list[str]:
    """What the champion does better beyond chance."""
    found = []
    if seen.items < FEWEST:
        found.append(
            f"there are {seen.items} test items; at least {FEWEST} are asked to tell the challenger from the champion"
        )
    if seen.paired.p_worse < DOUBT:
        found.append(
            f"the champion is right on {seen.paired.lost} items that this one gets wrong, and wrong on only "
            f"{seen.paired.won} that this one gets right ({seen.items} items in common); no more losses than chance "
            "explains are asked"
        )
    found += [
        f"{row.level} {row.label} is told worse than by the champion: {row.paired.lost} items lost, {row.paired.won} "
        f"won, F1 {row.f1.first:.3f} -> {row.f1.second:.3f}; no class may lose beyond chance"
        for row in worse_classes(seen.classes)
    ]
    return found + _promises_lost(seen) + _slower(seen)


def worse_classes(rows: Sequence[ClassRow]) -> list[ClassRow]:
    """The classes that lose beyond chance though many are looked at (Holm, 1979)."""
    ordered = sorted(rows, key=lambda row: row.paired.p_worse)
    found = []
    for k, row in enumerate(ordered):
        if not row.paired.p_worse < DOUBT / (len(ordered) - k):
            break
        found.append(row)
    return found


def _promises_lost(seen: Comparison) -> list[str]:
    found = []
    for row in seen.promises:
        what = f"the promise of at most {row.error_rate:.0%} errors"
        if row.possible == (True, False):
            found.append(f"{what} is lost: the champion can make it, this one cannot; it takes more calibration items")
        elif row.coverage.second < COLLAPSED * row.coverage.first and row.paired.p_worse < DOUBT:
            found.append(
                f"{what} covers {row.coverage.second:.1%} of the items, the champion's {row.coverage.first:.1%}; "
                f"at least {COLLAPSED:.0%} of that is asked"
            )
    return found


def _slower(seen: Comparison) -> list[str]:
    old, new = seen.speed
    if new < SLOWEST * old:
        return [
            f"it answers {new:,.0f} texts a second, the champion {old:,.0f}; at least {SLOWEST:.0%} of that is asked"
        ]
    return []


def foreign_labels(new: Taxonomy, served: Taxonomy) -> list[str]:
    """What a version may answer that the taxonomy served does not know, as sentences."""
    if new.level_names != served.level_names:
        return [f"its levels are {', '.join(new.level_names)}; the taxonomy served has {', '.join(served.level_names)}"]
    found = []
    for mine, theirs in zip(new.levels, served.levels, strict=True):
        if foreign := [label for label in mine.labels if label not in theirs.labels]:
            found.append(
                f"it may answer {mine.name} {', '.join(foreign)}, outside the taxonomy served; that must hold every "
                "label, or the version be trained again on it"
            )
    forbidden = set(new.combinations) - set(served.combinations)
    if forbidden and not found:
        shown = "; ".join(", ".join(names) for names in sorted(forbidden)[:3])
        found.append(f"it may answer {len(forbidden)} combinations that the taxonomy served forbids, such as {shown}")
    return found
