"""Two classifiers on the same items: where they agree, how they differ, and who is right where that is known. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model.binomial import at_most
from model.document import OUT_OF_SCOPE

JOINT = "joint"
"""The name under which all levels together stand beside the levels."""
Labels = Mapping[str, str | None]
"""Level -> label; None is out of scope."""


@dataclass(frozen=True)
class Pair:
    """One item as both see it."""

    champion: Labels
    challenger: Labels
    truth: Labels | None = None
    """As people said; None: nobody has."""


@dataclass(frozen=True)
class Judged:
    """Items of which people said what is right, by who got it right."""

    both: int
    only_champion: int
    only_challenger: int
    neither: int

    @property
    def items(self) -> int:
        """All of them."""
        return self.both + self.only_champion + self.only_challenger + self.neither

    @property
    def p_value(self) -> float:
        """Probability of so uneven a difference if both were equally good: McNemar's exact test, two-sided."""
        return mcnemar(self.only_champion, self.only_challenger)


@dataclass(frozen=True)
class Level:
    """How the two compare on one level, or on all together."""

    items: int
    agreed: int
    counts: Mapping[tuple[str, str], int]
    """(champion's label, challenger's label) -> items; for all levels together, labels joined by a slash."""
    judged: Judged

    @property
    def share(self) -> float:
        """Share of items on which both say the same, in [0, 1]; 1 where there are none."""
        return self.agreed / self.items if self.items else 1.0

    @property
    def labels(self) -> dict[str, tuple[int, int, int]]:
        """Label -> items to which the champion, the challenger, and both gave it."""
        champion, challenger, both = Counter[str](), Counter[str](), Counter[str]()
        for (one, other), count in self.counts.items():
            champion[one] += count
            challenger[other] += count
            both[one] += count * (one == other)
        return {name: (champion[name], challenger[name], both[name]) for name in sorted({*champion, *challenger})}

    def differences(self, most: int) -> list[tuple[str, str, int]]:
        """The commonest differences: champion's label, challenger's, items; most first."""
        found = [(*pair, count) for pair, count in self.counts.items() if pair[0] != pair[1]]
        return sorted(found, key=lambda each: (-each[2], each[0], each[1]))[:most]


def agreement(pairs: Iterable[Pair]) -> dict[str, Level]:
    """Level -> how the two compare on it, and under `joint` on all levels; levels that only one knows are left out."""
    counts: dict[str, Counter[tuple[str, str]]] = {}
    right: dict[str, Counter[tuple[bool, bool]]] = {}
    for pair in pairs:
        shared = [level for level in pair.champion if level in pair.challenger]
        for name, levels in [*((level, [level]) for level in shared), (JOINT, shared)]:
            one, other = _told(pair.champion, levels), _told(pair.challenger, levels)
            counts.setdefault(name, Counter())[one, other] += 1
            if pair.truth is not None and all(level in pair.truth for level in levels):
                truth = _told(pair.truth, levels)
                right.setdefault(name, Counter())[one == truth, other == truth] += 1
    return {name: _level(found, right.get(name, Counter())) for name, found in counts.items()}


def mcnemar(only_one: int, only_other: int) -> float:
    """Two-sided p-value of McNemar's exact test (1947) from the items on which exactly one of two is right."""
    total = only_one + only_other
    return min(1.0, 2 * at_most(min(only_one, only_other), total, 0.5)) if total else 1.0


def _told(labels: Labels, levels: Iterable[str]) -> str:
    return "/".join(labels[level] or OUT_OF_SCOPE for level in levels)


def _level(counts: Counter[tuple[str, str]], right: Counter[tuple[bool, bool]]) -> Level:
    agreed = sum(count for (one, other), count in counts.items() if one == other)
    judged = Judged(right[True, True], right[True, False], right[False, True], right[False, False])
    return Level(counts.total(), agreed, dict(counts), judged)
