"""The learning curve: how good a classifier becomes from growing parts of the fit share. Bounded in what it costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model.taxonomy import Taxonomy
from training.corpus import Item
from training.evaluation import Report, evaluate
from training.fitting import Settings, fit
from training.folds import units
from training.shares import Shares
from training.slices import Rate, rate

POINTS = 3
"""Parts that are fitted besides the whole, each half as large as the next."""
FEWEST = 100
"""Items below which a part teaches nothing about learning."""
CHEAP = 6_000
"""Items of the largest part that is fitted unless a full report is asked for: some seconds."""


@dataclass(frozen=True)
class Point:
    """What came of a part of the fit share."""

    items: int
    joint: Rate
    """Test items with every level right."""
    levels: dict[str, Rate]


def point(items: int, report: Report) -> Point:
    """A report's place on the curve."""
    n = report.items
    levels = {name: rate(round(level.accuracy * n), n) for name, level in report.levels.items()}
    return Point(items, rate(sum(report.correct), n), levels)


def sizes(items: int, full: bool) -> list[int]:
    """How many of so many items to learn from, ascending: halves of halves, as many as are worth their time."""
    halves = [items // 2**k for k in range(1, 20)]
    return sorted(n for n in halves if n >= FEWEST and (full or n <= CHEAP))[-POINTS:]


def parts(items: Sequence[Item], seed: int, full: bool) -> list[list[Item]]:
    """Growing parts of the items, each within the next, in which worlds and threads are whole."""
    order = units(items, seed)
    found = []
    for size in sizes(len(items), full):
        part: list[Item] = []
        for unit in order:
            if part and len(part) + len(unit) / 2 > size:
                break
            part += [items[k] for k in unit]
        found.append(sorted(part, key=lambda item: item.id))
    return [part for k, part in enumerate(found) if k == 0 or len(part) > len(found[k - 1])]


def learning_curve(
    shares: Shares, taxonomy: Taxonomy, settings: Settings, whole: Report, full: bool, say: Callable[[str], None]
) -> list[Point]:
    """Points of growing parts, and of the whole, whose report is known already.

    With vectors, which cost far more than words, parts are fitted only for a full report.
    """
    found = []
    for part in parts(shares.fit, settings.seed, full) if full or settings.vectors is None else []:
        say(f"learning curve: {len(part)} of {len(shares.fit)} items")
        found.append(point(len(part), evaluate(fit(part, shares.calibration, taxonomy, settings), shares.test)))
    return [*found, point(len(shares.fit), whole)]
