"""Hash -> row number, for many hashes at once: an open-addressing table in NumPy arrays. Knows no words."""

from typing import Any

import numpy as np

from model.hashing import U64, Places

Rows = np.ndarray[Any, np.dtype[np.int32]]
LOAD = 8
"""Slots per key, at least: most look-ups end at the first slot."""


class Vocabulary:
    """Rows 0 … n-1 for n distinct hashes; anything else has row -1."""

    def __init__(self, hashes: U64) -> None:
        self.hashes = hashes
        bits = max((len(hashes) * LOAD - 1).bit_length(), 4)
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._rows = np.full(1 << bits, -1, dtype=np.int32)
        self._fill()

    def __len__(self) -> int:
        return len(self.hashes)

    def _slots(self, hashes: U64) -> Places:
        return (hashes >> self._shift).astype(np.intp)

    def _fill(self) -> None:
        """Places every row at its hash's slot or at the next free one."""
        slots, waiting = self._slots(self.hashes), np.arange(len(self.hashes))
        while len(waiting):
            at = slots[waiting]
            free = self._rows[at] < 0
            takers, places = waiting[free], at[free]
            self._rows[places] = takers.astype(np.int32)  # of several keys for one slot, the last one stays
            won = self._rows[places] == takers
            waiting = np.concatenate([waiting[~free], takers[~won]])
            slots[waiting] = (slots[waiting] + 1) & self._mask

    def rows(self, hashes: U64) -> Rows:
        """The row of each hash, -1 where unknown, shape (n,)."""
        if not len(self.hashes):
            return np.full(len(hashes), -1, dtype=np.int32)
        slots = self._slots(hashes)
        rows: Rows = self._rows[slots]
        other = (self.hashes[rows] != hashes) & (rows >= 0)  # an empty slot ends the search
        asked = other.nonzero()[0]
        slots = slots[asked]
        while len(asked):
            slots = (slots + 1) & self._mask
            found = self._rows[slots]
            rows[asked] = found
            other = (self.hashes[found] != hashes[asked]) & (found >= 0)
            asked, slots = asked[other], slots[other]
        return rows
