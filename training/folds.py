"""Which items must stay together, and folds that keep them so. For learning curves and cross-validation."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from training.corpus import Item
from training.shares import SMALL, groups

ENOUGH = 5
"""Worlds from which on they are kept whole; with fewer, a fold would be without much of what there is."""
NOWHERE = -1
Ints = np.ndarray[Any, np.dtype[np.intp]]


def units(items: Sequence[Item], seed: int) -> list[list[int]]:
    """Places of items that must not be separated, each item in one unit, in a random but fixed order.

    A unit is a world where there are enough of them; else near-duplicates and threads.
    """
    if not items:
        return []
    number = [f"group {each}" for each in groups(items)]
    world = [item.facts.get("world") for item in items]
    worlds = {name for name, count in Counter(world).items() if name is not None and count >= SMALL}
    if len(worlds) >= ENOUGH:
        number = [f"world {name}" if name in worlds else each for name, each in zip(world, number, strict=True)]
    members: dict[str, list[int]] = defaultdict(list)
    for k, each in enumerate(number):
        members[each].append(k)

    def drawn(unit: list[int]) -> str:
        return hashlib.sha256(f"{seed}:{min(items[k].id for k in unit)}".encode("utf-8", "replace")).hexdigest()

    return sorted(members.values(), key=drawn)


def folds(items: Sequence[Item], count: int, seed: int) -> list[tuple[Ints, Ints]]:
    """`count` pairs of places to learn from and to measure on; no unit is on both sides, labels are spread evenly.

    Texts and threads that occur in several worlds, and so in several folds, are learned from and never measured.
    """
    dealt = sorted(
        units(items, seed), key=lambda unit: (-len(unit), items[min(unit, key=lambda k: items[k].id)].labels)
    )
    place = np.zeros(len(items), dtype=np.intp)
    sizes = [0] * count
    for unit in dealt:
        smallest = sizes.index(min(sizes))
        place[unit] = smallest
        sizes[smallest] += len(unit)
    number = groups(items)
    low, high = np.full(len(items), count), np.zeros(len(items), dtype=np.intp)
    np.minimum.at(low, number, place)
    np.maximum.at(high, number, place)
    place[low[number] != high[number]] = NOWHERE
    return [(np.flatnonzero(place != k), np.flatnonzero(place == k)) for k in range(count)]
