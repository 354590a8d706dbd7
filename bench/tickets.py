"""Many tickets of a given length, made of the corpus' sentences; seeded. For measuring size, not for measuring wit.

A ticket's sentences come from items of one combination of labels. Some words are left out at random, so that tickets
that share a sentence are not the same. Those for training and those for the test come from different items.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.corpus import Item

_END = re.compile(r"(?<=[.!?])\s+|\n+")
DROPPED = 0.1
"""Share of words that are left out."""


def sentences(items: Sequence[Item]) -> dict[tuple[str, ...], list[str]]:
    """Combination of labels -> the sentences of its items."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for item in items:
        found[item.labels] += [part for part in _END.split(item.document.text) if len(part) > 20]
    return found


def tickets(
    pools: dict[tuple[str, ...], list[str]], count: int, length: int, seed: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Texts of about `length` characters with their labels, each combination as often as it has sentences."""
    draw = random.Random(seed)  # noqa: S311 - not a secret
    names = sorted(pools)
    weights = [len(pools[name]) for name in names]
    for labels in draw.choices(names, weights, k=count):
        text = ""
        while len(text) < length:
            words = draw.choice(pools[labels]).split()
            text += " ".join(word for word in words if draw.random() > DROPPED) + " "
        yield text[:length].rpartition(" ")[0], labels


def write(path: Path, made: Iterator[tuple[str, tuple[str, ...]]], levels: Sequence[str]) -> None:
    """Writes tickets as lines of a corpus; out of scope is null on every level."""
    with path.open("w", encoding="utf-8") as file:
        for number, (text, labels) in enumerate(made):
            plain = {
                level: None if label == "out_of_scope" else label for level, label in zip(levels, labels, strict=True)
            }
            file.write(json.dumps({"id": f"t{number:06}", "body": text, **plain}, ensure_ascii=False) + "\n")
