"""What speaks against training on items that were read well: contradictions, classes too small, leaks. No files."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from model.document import OUT_OF_SCOPE
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.findings import Finding
from training.shares import Alike, Shares

FEWEST = 2
"""Items per label below which training does not start."""
MEASURABLE = 20
"""Items per label below which what is measured of it says little."""
CROWD = 50
"""Items below which nobody counts as having written too many of them."""
WRITER, CLASS_WRITER = 0.2, 0.8
"""Share of all items, and of a label's items, that one writer may have."""
NOBODY = frozenset({"", "unknown", "none", "n/a", "customer", "corrections"})
"""Writers that are no one in particular."""


def check(items: Sequence[Item], taxonomy: Taxonomy, known: Alike) -> list[Finding]:
    """Everything that is wrong with prepared items, rows in their order; `known` is what `alike` found in them."""
    return [
        *_contradictions(items, known),
        *_near_contradictions(items, known),
        *_duplicates(items, known),
        *_cut_off(items),
        *_sizes(items, taxonomy),
        *_writers(items),
    ]


def leaks(shares: Shares) -> list[Finding]:
    """Texts and threads that stand in two shares: what is measured on one was learned from the other."""
    seen: dict[tuple[str, str], tuple[str, Item]] = {}
    found = []
    for name, share in vars(shares).items():
        for item in share:
            for kind, key in (("text", " ".join(item.document.text.casefold().split())), ("thread", item.thread)):
                first, other = seen.setdefault((kind, key), (name, item))
                if first != name:
                    said = f"its {kind} is in the share {name} and, from {other.source}, in {first}"
                    found.append(Finding("leak between shares", item.source, said))
    return found


def _named(item: Item) -> str:
    return OUT_OF_SCOPE if item.labels[0] == OUT_OF_SCOPE else " / ".join(item.labels)


def _contradictions(items: Sequence[Item], known: Alike) -> Iterator[Finding]:
    """Rows whose words stand elsewhere under other labels. A correction that contradicts stops nothing."""
    order = range(len(items))
    for k in order:
        first = int(known.same[k])
        if first != k and items[k].labels != items[first].labels:
            corrected = items[k].corrected_at or items[first].corrected_at
            kind = "alike, other labels" if corrected else "same text, other labels"
            said = f"is {_named(items[k])}; the same text is {_named(items[first])} at {items[first].source}"
            yield Finding(kind, items[k].source, said)


def _near_contradictions(items: Sequence[Item], known: Alike) -> Iterator[Finding]:
    for i, j in zip(known.left.tolist(), known.right.tolist(), strict=True):
        if items[i].labels != items[j].labels:
            said = f"is {_named(items[j])}; nearly the same text is {_named(items[i])} at {items[i].source}"
            yield Finding("alike, other labels", items[j].source, said)


def _duplicates(items: Sequence[Item], known: Alike) -> Iterator[Finding]:
    for k in np.flatnonzero(known.same != np.arange(len(items))).tolist():
        first = items[int(known.same[k])]
        if items[k].labels == first.labels:
            yield Finding("duplicate", items[k].source, f"says the same as {first.source}, with the same labels")


def _cut_off(items: Sequence[Item]) -> Iterator[Finding]:
    for item in items:
        if item.document.truncated:
            yield Finding(
                "cut off", item.source, "its text is longer than what the classifier sees; the rest is unread"
            )


def _sizes(items: Sequence[Item], taxonomy: Taxonomy) -> Iterator[Finding]:
    """Labels with too few items to be learned, or to be measured."""
    for k, level in enumerate(taxonomy.levels):
        counts = Counter(item.labels[k] for item in items)
        for label in level.labels:
            count = counts[label]
            if count < FEWEST:
                said = f"{level.name} {label!r} has {count} items; at least {FEWEST} are needed"
                yield Finding("too few items", "", said)
            elif count < MEASURABLE:
                width = 100 / math.sqrt(count)
                said = (
                    f"{level.name} {label!r} has {count} items: its accuracy can be told to about ±{width:.0f} points"
                )
                yield Finding("few items", "", said)


def _writers(items: Sequence[Item]) -> Iterator[Finding]:
    """Writers of too many items, of all or of a label of the last level: it would be their style that is learned."""
    by_label: Mapping[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        by_label[item.labels[-1]][item.facts.get("writer", "").strip()] += 1
    overall = sum(by_label.values(), Counter[str]())
    for name, counts, share in (("", overall, WRITER), *((f" of {x!r}", by_label[x], CLASS_WRITER) for x in by_label)):
        for writer, count in counts.most_common(1):
            total, named = counts.total(), writer.casefold() not in NOBODY
            if named and total >= CROWD and count > share * total and len(counts) > 1:
                yield Finding("one writer", "", f"{count} of {total} items{name} are by {writer[:60]!r}")
