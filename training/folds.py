"""Which items must stay together, and folds that keep them so. For learning curves and cross-validation."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from training.corpus import Item
from training.shares import SMALL, drawn, groups

ENOUGH = 5
"""Worlds from which on they are kept whole; with fewer, a fold would be without much of what there is."""
Ints = np.ndarray[Any, np.dtype[np.intp]]


def units(items: Sequence[Item], seed: int) -> list[list[int]]:
    """Places of items that must not be separated, each item in one unit, in a random but fixed order.

    A unit is a world where there are enough of them; else near-duplicates and threads.
    """
    if not items:
        return []
    counts = Counter(item.facts.get("world") for item in items)
    worlds = {world for world, count in counts.items() if world is not None and count >= SMALL}
    number = [f"group {each}" for each in groups(items)]
    if len(worlds) >= ENOUGH:
        for k, item in enumerate(items):
            world = item.facts.get("world")
            number[k] = f"world {world}" if world in worlds else number[k]
    members: dict[str, list[int]] = defaultdict(list)
    for k, each in enumerate(number):
        members[each].append(k)
    return sorted(members.values(), key=lambda unit: drawn(seed, min(items[k].id for k in unit)))


def folds(items: Sequence[Item], count: int, seed: int) -> list[tuple[Ints, Ints]]:
    """`count` pairs of places to learn from and to measure on; no unit is on both sides, labels are spread evenly."""
    dealt = sorted(
        units(items, seed), key=lambda unit: (-len(unit), items[min(unit, key=lambda k: items[k].id)].labels)
    )
    place = np.zeros(len(items), dtype=np.intp)
    sizes = [0] * count
    for unit in dealt:
        smallest = sizes.index(min(sizes))
        place[unit] = smallest
        sizes[smallest] += len(unit)
    return [(np.flatnonzero(place != k), np.flatnonzero(place == k)) for k in range(count)]
