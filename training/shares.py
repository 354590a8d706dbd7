"""Three disjoint shares: fit, calibration, test. Near-duplicates and threads stay together; newest last when dated.

Where items name the world they come from, whole worlds go to one share: confidence and report are then about senders
that the weights have never met, which is what a classifier meets in service.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from model.hashing import mix, pair
from model.scoring import batches
from model.tokens import tokenise
from training.corpus import Item

RUN = 5
"""Words in a row that make a shingle."""
ALIKE = 0.5
"""Share of the shorter text's shingles that two items have in common from which they are near-duplicates."""
COMMON = 20
"""Items that may share a shingle before it counts as boilerplate and is ignored."""


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
    runs = shingles(items)
    often = np.asarray(runs.sum(axis=0)).ravel()
    useful = runs[:, np.flatnonzero((often > 1) & (often <= COMMON))]
    size = np.maximum(np.asarray(runs.sum(axis=1)).ravel(), 1)
    common = (useful @ useful.T).tocoo()
    share = common.data / np.minimum(size[common.row], size[common.col])
    keep = (common.row < common.col) & (share >= alike)
    return [(int(i), int(j), float(s)) for i, j, s in zip(common.row[keep], common.col[keep], share[keep], strict=True)]


def groups(items: Sequence[Item]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """A group number per item, (n,): near-duplicates and items of one thread have the same."""
    links = [(i, j) for i, j, _ in near_duplicates(items)]
    threads: dict[str, int] = {}
    for k, item in enumerate(items):
        links.append((threads.setdefault(item.thread, k), k))
    left, right = np.array(links).T
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=(len(items), len(items)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)


def share_out(items: Sequence[Item], seed: int, parts: tuple[float, float] = (0.15, 0.15)) -> Shares:
    """Splits items into shares; `parts` are those of calibration and test.

    The same items give the same shares in any order. Where there are enough worlds, each goes to one share whole. Else
    items are dealt by group, each combination of labels alike, and where every item has a date, the newest make up the
    test share.
    """
    counts = Counter(item.facts.get("world") for item in items)
    worlds = {world for world, count in counts.items() if world is not None and count >= SMALL}
    if len(worlds) < WORLDS:
        return _dealt(items, seed, parts)
    spread = _dealt([item for item in items if item.facts.get("world") not in worlds], seed, parts)
    wanted = [part * sum(counts[world] for world in worlds) for part in parts]
    shares: tuple[list[Item], list[Item], list[Item]] = (spread.fit, spread.calibration, spread.test)
    held = [0.0, 0.0]
    for world in sorted(worlds, key=lambda name: _drawn(seed, name)):
        place = next((p for p in (1, 0) if held[p] + counts[world] / 2 <= wanted[p]), None)
        if place is not None:
            held[place] += counts[world]
        mine = [item for item in items if item.facts.get("world") == world]
        shares[0 if place is None else place + 1].extend(mine)
    return Shares(*(sorted(share, key=lambda item: item.id) for share in shares))


def _drawn(seed: int, key: str) -> str:
    """A random but fixed place in the order of keys."""
    return hashlib.sha256(f"{seed}:{key}".encode("utf-8", "replace")).hexdigest()


def _dealt(items: Sequence[Item], seed: int, parts: tuple[float, float]) -> Shares:
    """Shares by group, each combination of labels alike."""
    if not items:
        return Shares([], [], [])
    number = groups(items)
    members: dict[int, list[int]] = defaultdict(list)
    for k, each in enumerate(number):
        members[int(each)].append(k)
    dated = all(item.facts.get("date") for item in items)

    def order(group: list[int]) -> str:
        key = min(items[k].id for k in group)
        drawn = _drawn(seed, key)
        return max(items[k].facts["date"] for k in group) + drawn if dated else drawn

    strata: dict[tuple[str, ...], list[list[int]]] = defaultdict(list)
    for together in members.values():
        strata[items[min(together, key=lambda k: items[k].id)].labels].append(together)
    shares: tuple[list[Item], list[Item], list[Item]] = ([], [], [])
    owed = [0.0, 0.0, 0.0]
    wanted = (1 - sum(parts), *parts)
    for labels in sorted(strata):
        dealt = sorted(strata[labels], key=order)
        total = sum(len(group) for group in dealt)
        owed = [debt + part * total for debt, part in zip(owed, wanted, strict=True)]
        for group in dealt:
            place = next((p for p in (0, 1, 2) if owed[p] >= len(group) / 2), int(np.argmax(owed)))
            shares[place].extend(items[k] for k in group)
            owed[place] -= len(group)
    return Shares(*(sorted(share, key=lambda item: item.id) for share in shares))
