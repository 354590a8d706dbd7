"""A version's report as one HTML file. Works out what the template shows; measures nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from scipy.stats import binomtest

from model.guarantee import ANY, Guarantee
from training.evaluation import ClassReport, Report
from training.pages import rendered
from training.slices import SMALL, rate
from training.story import Story


@dataclass(frozen=True)
class Duel:
    """Two versions on the test items that both answered."""

    items: int
    won: int
    """Right now, wrong before."""
    lost: int
    p: float | None
    """Of the exact McNemar test, two-sided; None where they never differ."""


@dataclass(frozen=True)
class Kept:
    """What one guarantee promises label by label."""

    own: int
    """Labels with a promise of their own."""
    labels: int
    missing: int
    """Right answers that are missing for the pooled promise."""


def page(story: Story, pictures: Mapping[str, str], version: int | None = None) -> str:
    """The page. Texts come from strangers: all of them are escaped, and nothing is loaded from anywhere."""
    report = story.report
    return rendered(
        "report.html",
        story=story,
        report=report,
        rival=story.rival,
        version=version,
        pictures=pictures,
        overall=rate(sum(report.correct), report.items),
        duel=None if story.rival is None else duel(report, story.rival),
        promises=list(zip(report.coverage, map(kept, story.classifier.guarantees), strict=True)),
        classes={name: worst_first(level.classes) for name, level in report.levels.items()},
        unseen={
            name: [label for label, row in level.classes.items() if not row.support]
            for name, level in report.levels.items()
        },
        small=SMALL,
    )


def worst_first(classes: Mapping[str, ClassReport]) -> list[tuple[str, ClassReport]]:
    """Labels that occur among the test items, the lowest F1 first."""
    return sorted(((label, row) for label, row in classes.items() if row.support), key=lambda pair: pair[1].f1)


def duel(new: Report, old: Report) -> Duel:
    """Wins and losses of a version against another on the items that both answered."""
    before = dict(zip(old.ids, old.correct, strict=True))
    pairs = [(mine, before[id_]) for id_, mine in zip(new.ids, new.correct, strict=True) if id_ in before]
    won = sum(mine and not theirs for mine, theirs in pairs)
    lost = sum(theirs and not mine for mine, theirs in pairs)
    p = float(binomtest(won, won + lost).pvalue) if won + lost else None
    return Duel(len(pairs), won, lost, p)


def kept(guarantee: Guarantee) -> Kept:
    """How far a guarantee reaches."""
    own = {label: each for label, each in guarantee.promises.items() if label != ANY}
    return Kept(sum(each.threshold is not None for each in own.values()), len(own), guarantee.promises[ANY].missing)
