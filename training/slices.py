"""Where a classifier does better or worse: by channel, language, world, length and tenant. Knows no features.

Every share comes with its interval, and slices that are too small to say much are said to be small.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from model.preparation import SURE
from model.reading.language import UNKNOWN, detect_language
from training.corpus import Item

Bools = np.ndarray[Any, np.dtype[np.bool_]]
SMALL = 30
"""Items below which a slice is called small: its interval is wider than 30 points around one half."""
MOST = 25
"""Values of one facet that get a slice of their own, the most frequent ones; the others are one slice together."""
LENGTHS = (10, 40, 150)
"""Words up to which a text is in the first, second and third band."""
_EDGES = (f"up to {LENGTHS[0]}", *(f"{a + 1} to {b}" for a, b in pairwise(LENGTHS)), f"over {LENGTHS[-1]}")
_BANDS = {f"{edge} words": k for k, edge in enumerate(_EDGES)}
_LAST = ("not stated", "not clear", "others")
_NORMAL = 1.959963984540054
"""The normal distribution's 97.5 % quantile."""


@dataclass(frozen=True)
class Rate:
    """A share of right answers with its 95 % interval; all in [0, 1]."""

    share: float
    items: int
    low: float
    high: float


@dataclass(frozen=True)
class Slice:
    """How a classifier did on the test items that have one thing in common."""

    facet: str
    """channel, language, world, length or tenant."""
    value: str
    small: bool
    """Whether there are too few items to say much."""
    joint: Rate
    """Every level right."""
    levels: dict[str, Rate]

    @property
    def key(self) -> str:
        """The value as part of a metric's name: letters, digits, dots, dashes and spaces of it, at most 80."""
        return re.sub(r"[^\w. -]", "_", self.value)[:80]


def rate(right: int, items: int) -> Rate:
    """The share right/items with its 95 % score interval (Wilson, 1927); [0, 1] where there are no items."""
    if not items:
        return Rate(0.0, 0, 0.0, 1.0)
    share, square = right / items, _NORMAL**2
    centre = (share + square / (2 * items)) / (1 + square / items)
    reach = _NORMAL / (1 + square / items) * np.sqrt(share * (1 - share) / items + square / (4 * items**2))
    low, high = min(share, max(0.0, float(centre - reach))), max(share, min(1.0, float(centre + reach)))
    return Rate(share, items, low, high)


def length_band(words: int) -> str:
    """The band that a text of so many words is in."""
    return list(_BANDS)[bisect_left(LENGTHS, words)]


def _language(item: Item) -> str:
    code, confidence = detect_language(item.document.text)
    return code if code != UNKNOWN and confidence >= SURE else "not clear"


FACETS: Mapping[str, Callable[[Item], str | None]] = {
    "channel": lambda item: item.document.channel,
    "language": _language,
    "world": lambda item: item.facts.get("world"),
    "length": lambda item: length_band(len(item.document.text.split())),
    "tenant": lambda item: item.facts.get("tenant"),
}
"""What items are sliced by; None: not known of the item."""


def slices(items: Sequence[Item], right: Bools, levels: Sequence[str]) -> list[Slice]:
    """Slices of n items whose levels are right or not, (n, n_levels). A facet known of no item has none."""
    found = []
    for facet, told in FACETS.items():
        values = [told(item) for item in items]
        if not any(value is not None for value in values):
            continue
        frequent = {value for value, _ in Counter(values).most_common(MOST)}
        shown = np.array([_shown(value) if value in frequent else "others" for value in values])
        ordered = sorted(set(shown.tolist()), key=lambda value: (value in _LAST, _BANDS.get(value, 0), value))
        found += [_slice(facet, value, right[shown == value], levels) for value in ordered]
    return found


def _shown(value: str | None) -> str:
    return "not stated" if value is None else value


def _slice(facet: str, value: str, right: Bools, levels: Sequence[str]) -> Slice:
    n = len(right)
    each = {level: rate(int(right[:, k].sum()), n) for k, level in enumerate(levels)}
    return Slice(facet, value, n < SMALL, rate(int(right.all(axis=1).sum()), n), each)
