"""Texts that are nearly the same, with the same labels and with different ones. Knows no classifier."""

from collections import defaultdict
from collections.abc import Sequence

from model.taxonomy import Taxonomy
from training.corpus import Item
from training.quality.findings import Finding, cut, differing
from training.shares import near_duplicates


def twins(items: Sequence[Item], taxonomy: Taxonomy) -> list[Finding]:
    """Contradictions, then duplicates; each item beside the first one that it repeats.

    Equal texts are put together before near ones are looked for, since a text that stands in the corpus a hundred times
    would count as boilerplate there.
    """
    same: dict[str, list[int]] = defaultdict(list)
    for k, item in enumerate(items):
        same[" ".join(item.document.text.casefold().split())].append(k)
    firsts = [places[0] for places in same.values()]
    pairs = [(places[0], k, 1.0) for places in same.values() for k in places[1:]]
    near = near_duplicates([items[k] for k in firsts])
    pairs += [(firsts[i], firsts[j], min(share, 1.0)) for i, j, share in near]
    found = [_finding(items[one], items[other], share, taxonomy) for one, other, share in sorted(pairs)]
    return sorted(found, key=lambda each: (each.kind, -each.score))


def _finding(one: Item, other: Item, share: float, taxonomy: Taxonomy) -> Finding:
    levels, first, second = differing(taxonomy, one.labels, other.labels)
    return Finding(
        "contradiction" if levels else "duplicate",
        other.id,
        other.source,
        levels,
        second,
        first,
        share,
        other=f"{one.id} ({one.source})",
        note=f"{share:.0%} of the shorter text's five-word runs",
        text=cut(other),
    )
