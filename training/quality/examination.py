"""Items -> everything that is wrong with them, by kind. Knows no files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from model.errors import CorpusError
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.fitting import Settings
from training.quality.classes import Bar, overlaps, weak
from training.quality.crossed import Progress, crossed
from training.quality.doubtful import doubtful
from training.quality.findings import KINDS, Finding
from training.quality.strangers import strangers
from training.quality.twins import twins

FEWEST = 20
"""Items below which nothing is said."""


@dataclass(frozen=True)
class Examination:
    """What was found, and among how many items."""

    items: int
    findings: tuple[Finding, ...]
    """By kind in the order of KINDS, the strongest of each first."""

    @property
    def counts(self) -> dict[str, int]:
        """Findings of each kind, none included."""
        found = Counter(each.kind for each in self.findings)
        return {kind: found[kind] for kind in KINDS}

    def of(self, kind: str) -> list[Finding]:
        """The findings of one kind."""
        return [each for each in self.findings if each.kind == kind]


def examine(
    items: Sequence[Item],
    taxonomy: Taxonomy,
    settings: Settings | None = None,
    bar: Bar | None = None,
    progress: Progress | None = None,
) -> Examination:
    """All findings about prepared items. The same items give the same findings. Raises CorpusError for too few."""
    if len(items) < FEWEST:
        raise CorpusError("corpus", [f"there are {len(items)} items; at least {FEWEST} are needed to judge any"])
    answers = crossed(items, taxonomy, settings or Settings(), progress)
    found = [
        *doubtful(items, answers),
        *twins(items, taxonomy),
        *overlaps(items, answers),
        *weak(answers, bar or Bar()),
        *strangers(items, answers),
    ]
    order = list(KINDS)
    return Examination(len(items), tuple(sorted(found, key=lambda each: order.index(each.kind))))
