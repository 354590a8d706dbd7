"""Hash -> row number, for many hashes at once: an open-addressing table in NumPy arrays. Knows no words."""

from typing import Any

import numpy as np

from model.hashing import U64, Places

Rows = np.ndarray[Any, np.dtype[np.int32]]
LOAD = 4
"""Slots per key, at least: most look-ups end at the first slot."""


class Vocabulary:
    """Rows 0 … n-1 for n distinct hashes; anything else has row -1."""

    def __init__(self, hashes: U64) -> None:
        self.hashes = hashes
        bits = max((len(hashes) * LOAD - 1).bit_length(), 4)
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._keys = np.zeros(1 << bits, dtype=np.uint64)
        self._rows = np.full(1 << bits, -1, dtype=np.int32)
        self._longest = self._fill()

    def __len__(self) -> int:
        return len(self.hashes)

    def _slots(self, hashes: U64) -> Places:
        return (hashes >> self._shift).astype(np.intp)

    def _fill(self) -> int:
        """Places every key at its slot or the next free ones; returns the most steps that any key took."""
        slots, waiting, steps = self._slots(self.hashes), np.arange(len(self.hashes)), 0
        while len(waiting):
            at = slots[waiting]
            free = self._rows[at] < 0
            takers, places = waiting[free], at[free]
            self._rows[places] = takers.astype(np.int32)  # of several keys for one slot, the last one stays
            won = self._rows[places] == takers
            self._keys[places[won]] = self.hashes[takers[won]]
            waiting = np.concatenate([waiting[~free], takers[~won]])
            slots[waiting] = (slots[waiting] + 1) & self._mask
            steps += 1
        return steps

    def rows(self, hashes: U64) -> Rows:
        """The row of each hash, -1 where unknown, shape (n,)."""
        slots = self._slots(hashes)
        rows = self._rows[slots]
        hit = self._keys[slots] == hashes
        found = np.where(hit, rows, -1).astype(np.int32)
        open_ = np.flatnonzero(~hit & (rows >= 0))  # an empty slot ends the search
        for _ in range(1, self._longest):
            if not len(open_):
                break
            slots[open_] = (slots[open_] + 1) & self._mask
            at = slots[open_]
            hit = self._keys[at] == hashes[open_]
            found[open_[hit]] = self._rows[at[hit]]
            open_ = open_[~hit & (self._rows[at] >= 0)]
        return found
