"""One finding, and what kinds there are. Values only."""

from dataclasses import dataclass, fields
from typing import Any

from model.taxonomy import Combination, Taxonomy
from training.corpus import Item

CUT = 240
"""Characters of a text that are shown."""
KINDS = {
    "label": "Labels that are probably wrong: classifiers that never saw the item say something else. Worst first.",
    "contradiction": "Texts that are nearly the same and have different labels.",
    "duplicate": "Texts that are nearly the same, with the same labels: one of them teaches nothing.",
    "overlap": "Labels that are taken for each other more often than their sizes explain: define them, or merge them.",
    "weak": "Labels below the bar: too few items, or too many mistakes.",
    "stranger": "Items that nothing else resembles: wrong file, wrong language, or a matter without a label yet.",
}
"""Kind of finding -> what it means."""


@dataclass(frozen=True)
class Finding:
    """Something about one item or label that somebody should look at."""

    kind: str
    id: str = ""
    """The item's; of a label, that of an example."""
    where: str = ""
    """File and line of the item."""
    level: str = ""
    """The level or levels it is about."""
    given: str = ""
    """The label that stands there."""
    proposed: str = ""
    """The label that would stand there otherwise."""
    score: float = 0.0
    """How strong the finding is within its kind, in [0, 1]."""
    given_probability: float | None = None
    proposed_probability: float | None = None
    other: str = ""
    """The other item, with its place."""
    note: str = ""
    text: str = ""
    """Of the item, cut."""

    def as_row(self) -> dict[str, Any]:
        """Column -> value, in a fixed order."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = tuple(each.name for each in fields(Finding))
"""The columns of a table of findings."""


def cut(item: Item) -> str:
    """The item's text on one line, shortened."""
    text = " ".join(item.document.text.split())
    return text if len(text) <= CUT else text[: CUT - 1] + "…"


def differing(taxonomy: Taxonomy, one: Combination, two: Combination) -> tuple[str, str, str]:
    """The levels on which two combinations differ, and the labels there of each, joined by +."""
    rows = [(n, a, b) for n, a, b in zip(taxonomy.level_names, one, two, strict=True) if a != b]
    levels, left, right = zip(*rows, strict=True) if rows else ((), (), ())
    return " + ".join(levels), " + ".join(left), " + ".join(right)
