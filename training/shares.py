"""Three disjoint shares: fit, calibration, test. Near-duplicates and threads stay together; newest last when dated.

Where items name the world they come from, whole worlds go to one share: confidence and report are then about senders
that the weights have never met, which is what a classifier meets in service.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from model.decoding import Floats
from model.hashing import mix, pair
from model.scoring import batches
from model.tokens import tokenise
from training.corpus import Item

Ints = np.ndarray[Any, np.dtype[np.intp]]
_WORD = re.compile(r"\w+")
RUN = 5
"""Words in a row that make a shingle."""
ALIKE = 0.5
"""Share of the shorter text's shingles that two items have in common from which they are near-duplicates."""
COMMON = 20
"""Items that may share a shingle before it counts as boilerplate and is ignored."""
ROWS = 4096
"""Items that are compared with all others at once."""
WORLDS = 8
"""Worlds from which on they are kept apart; with fewer, one of them would be too much to lose."""
SMALL = 50
"""Items below which a world is no world of its own: they are spread over the shares."""


@dataclass(frozen=True)
class Shares:
    """Items for fitting weights, for calibration, and for the report; no item is in two of them."""

    fit: list[Item]
    calibration: list[Item]
    test: list[Item]


def shingles(items: Sequence[Item]) -> csr_matrix:
    """Which five-word runs each item has, as a 0/1 matrix (n_items, n_runs); texts under five words have one run."""
    rows, hashes, start = [], [], 0
    for batch in batches([item.document for item in items]):
        tokens = tokenise(batch)
        size = np.bincount(tokens.document, minlength=tokens.count)
        first = np.concatenate([[0], np.cumsum(size)[:-1]])
        short = np.flatnonzero((size > 0) & (size < RUN))
        inner = np.flatnonzero(np.arange(len(tokens.document)) - first[tokens.document] <= size[tokens.document] - RUN)
        same = tokens.words[inner] == tokens.words[np.minimum(inner + 1, len(tokens.words) - 1)]
        inner = inner[~same]  # a row of question marks is no resemblance
        run = tokens.words[inner]
        for step in range(1, RUN):
            run = pair(run, tokens.words[inner + step])
        whole = np.add.reduceat(mix(tokens.words), first[short]) if len(short) else tokens.words[:0]
        rows.append(np.concatenate([tokens.document[inner], short]) + start)
        hashes.append(np.concatenate([run, whole]))
        start += tokens.count
    _, columns = np.unique(np.concatenate(hashes), return_inverse=True)
    row = np.concatenate(rows)
    width = int(columns.max()) + 1 if len(columns) else 1
    found = coo_matrix((np.ones(len(row), dtype=np.float32), (row, columns)), shape=(len(items), width)).tocsr()
    found.data[:] = 1
    return found


def near_duplicates(items: Sequence[Item], alike: float = ALIKE) -> list[tuple[int, int, float]]:
    """Pairs of items (i < j) that share at least `alike` of the shorter one's shingles, with that share."""
    return [(int(i), int(j), float(s)) for i, j, s in zip(*_pairs(items, alike), strict=True)]


def _pairs(items: Sequence[Item], alike: float) -> tuple[Ints, Ints, Floats]:
    runs = shingles(items)
    often = np.asarray(runs.sum(axis=0)).ravel()
    useful = runs[:, np.flatnonzero((often > 1) & (often <= COMMON))].tocsr()
    other = useful.T.tocsr()
    size = np.maximum(np.asarray(runs.sum(axis=1)).ravel(), 1)
    found: list[tuple[Ints, Ints, Floats]] = []
    for start in range(0, len(items), ROWS):  # some rows at a time: all of them at once may not fit into memory
        common = (useful[start : start + ROWS] @ other).tocoo()
        row = common.row.astype(np.intp) + start
        share = common.data / np.minimum(size[row], size[common.col])
        keep = (row < common.col) & (share >= alike)
        found.append((row[keep], common.col[keep].astype(np.intp), share[keep]))
    left, right, share = (np.concatenate(each) for each in zip(*found, strict=True))
    return left, right, share


@dataclass(frozen=True, eq=False)
class Alike:
    """Which of n items say the same."""

    same: Ints
    """The first item with the same words in the same order, (n,); often the item itself."""
    left: Ints
    right: Ints
    """Pairs of near-duplicates, (m,) each, among the first items."""


def alike(items: Sequence[Item]) -> Alike:
    """Finds items with the same words, however often they are repeated, and near-duplicates among the others."""
    first: dict[str, int] = {}
    same = np.array([first.setdefault(_words(item), k) for k, item in enumerate(items)], dtype=np.intp)
    firsts = np.flatnonzero(same == np.arange(len(items)))
    if not len(firsts):
        return Alike(same, firsts, firsts)
    left, right, _ = _pairs([items[k] for k in firsts.tolist()], ALIKE)
    return Alike(same, firsts[left], firsts[right])


def _words(item: Item) -> str:
    """What two items must have in common to say the same: their words; without any, as in `...`, their signs."""
    folded = item.document.text.casefold()
    return " ".join(_WORD.findall(folded)) or " ".join(folded.split()) or item.id


def groups(items: Sequence[Item], known: Alike | None = None) -> Ints:
    """A group number per item, (n,): the same texts, near-duplicates and items of one thread have the same."""
    known = alike(items) if known is None else known
    threads: dict[str, int] = {}
    thread = np.array([threads.setdefault(item.thread, k) for k, item in enumerate(items)], dtype=np.intp)
    here = np.arange(len(items))
    left = np.concatenate([known.left, known.same, thread])
    right = np.concatenate([known.right, here, here])
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(items), len(items)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def share_out(
    items: Sequence[Item], seed: int, parts: tuple[float, float] = (0.15, 0.15), known: Alike | None = None
) -> Shares:
    """Splits items into shares; `parts` are those of calibration and test; `known`: what `alike` found in the items.

    The same items give the same shares in any order. Where there are enough worlds, each goes to one share whole, but
    for texts and threads that occur in several: those are for fitting. Else items are dealt by group, each combination
    of labels alike, and where every item has a date, the newest make up the test share.
    """
    if not items:
        return Shares([], [], [])
    number = groups(items, known)
    world = [item.facts.get("world") for item in items]
    counts = Counter(world)
    worlds = {name for name, count in counts.items() if name is not None and count >= SMALL}
    if len(worlds) < WORLDS:
        return _shares(items, np.array(_dealt(items, number, range(len(items)), seed, parts)))
    rest = [k for k, name in enumerate(world) if name not in worlds]
    place = np.zeros(len(items), dtype=np.intp)
    place[rest] = _dealt(items, number, rest, seed, parts)
    whole = _dealt_worlds({name: counts[name] for name in worlds if name is not None}, seed, parts)
    for k, name in enumerate(world):
        if name in worlds:
            place[k] = whole[name or ""]
    low, high = np.full(len(items), 2), np.zeros(len(items), dtype=np.intp)
    np.minimum.at(low, number, place)
    np.maximum.at(high, number, place)
    place[low[number] != high[number]] = 0
    return _shares(items, place)


def _shares(items: Sequence[Item], place: Ints) -> Shares:
    return Shares(
        *(sorted((items[k] for k in np.flatnonzero(place == p).tolist()), key=lambda i: i.id) for p in (0, 1, 2))
    )


def _dealt_worlds(counts: dict[str, int], seed: int, parts: tuple[float, float]) -> dict[str, int]:
    """World -> the share it goes to."""
    wanted = [part * sum(counts.values()) for part in parts]
    held = [0.0, 0.0]
    found = {}
    for world in sorted(counts, key=lambda name: _drawn(seed, name)):
        place = next((p for p in (1, 0) if held[p] + counts[world] / 2 <= wanted[p]), None)
        if place is not None:
            held[place] += counts[world]
        found[world] = 0 if place is None else place + 1
    return found


def _drawn(seed: int, key: str) -> str:
    """A random but fixed place in the order of keys."""
    return hashlib.sha256(f"{seed}:{key}".encode("utf-8", "replace")).hexdigest()


def _dealt(
    items: Sequence[Item], number: Ints, chosen: Sequence[int], seed: int, parts: tuple[float, float]
) -> list[int]:
    """The share of each chosen item: by group, each combination of labels alike."""
    members: dict[int, list[int]] = defaultdict(list)
    for k in chosen:
        members[int(number[k])].append(k)
    dated = all(items[k].facts.get("date") for k in chosen)

    def order(group: list[int]) -> str:
        drawn = _drawn(seed, min(items[k].id for k in group))
        return max(items[k].facts["date"] for k in group) + drawn if dated else drawn

    strata: dict[tuple[str, ...], list[list[int]]] = defaultdict(list)
    for together in members.values():
        strata[items[min(together, key=lambda k: items[k].id)].labels].append(together)
    place: dict[int, int] = {}
    owed = [0.0, 0.0, 0.0]
    wanted = (1 - sum(parts), *parts)
    for labels in sorted(strata):
        dealt = sorted(strata[labels], key=order)
        total = sum(len(group) for group in dealt)
        owed = [debt + part * total for debt, part in zip(owed, wanted, strict=True)]
        for group in dealt:
            share = next((p for p in (0, 1, 2) if owed[p] >= len(group) / 2), int(np.argmax(owed)))
            place.update(dict.fromkeys(group, share))
            owed[share] -= len(group)
    return [place[k] for k in chosen]
