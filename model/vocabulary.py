"""Hash -> row number, for many hashes at once: an open-addressing table in NumPy arrays. Knows no words."""

from typing import Any

import numpy as np

from model.hashing import U64, Places

Rows = np.ndarray[Any, np.dtype[np.int32]]
LOAD = 8
"""Slots per key, at least: most look-ups end at the first slot."""
FEW = 24
"""Look-ups up to which each goes on by itself: less work than a pass over arrays."""


class Vocabulary:
    """Rows 0 … n-1 for n distinct hashes; anything else has row -1."""

    def __init__(self, hashes: U64, slots: Rows | None = None) -> None:
        """`slots`: those of a vocabulary of the same hashes, made before."""
        self.hashes = hashes
        room = self.room(len(hashes))
        self._shift = np.array(64 - (room.bit_length() - 1), dtype=np.uint64)
        self._mask = room - 1
        self.slots = np.full(room, -1, dtype=np.int32) if slots is None else slots
        """Row numbers where look-ups find them, -1 elsewhere; (room,)."""
        if slots is None:
            self._fill()

    @staticmethod
    def room(count: int) -> int:
        """Slots for so many hashes, a power of two."""
        return 1 << max((count * LOAD - 1).bit_length(), 4)

    def sound(self) -> bool:
        """Whether every hash is found at its row, and nothing else is in the slots."""
        filled = int((self.slots >= 0).sum())
        inside = filled == 0 or int(self.slots.max()) < len(self)
        return filled == len(self) and inside and np.array_equal(self.rows(self.hashes), np.arange(len(self)))

    def __len__(self) -> int:
        return len(self.hashes)

    def _slots(self, hashes: U64) -> Places:
        return (hashes >> self._shift).view(np.int64)  # the shift leaves room for the sign

    def _fill(self) -> None:
        """Places every row at its hash's slot or at the next free one."""
        slots, waiting = self._slots(self.hashes), np.arange(len(self.hashes))
        while len(waiting):
            at = slots[waiting]
            free = self.slots[at] < 0
            takers, places = waiting[free], at[free]
            self.slots[places] = takers.astype(np.int32)  # of several keys for one slot, the last one stays
            won = self.slots[places] == takers
            waiting = np.concatenate([waiting[~free], takers[~won]])
            slots[waiting] = (slots[waiting] + 1) & self._mask

    def rows(self, hashes: U64) -> Rows:
        """The row of each hash, -1 where unknown, shape (n,)."""
        if not len(self.hashes):
            return np.full(len(hashes), -1, dtype=np.int32)
        slots = self._slots(hashes)
        rows: Rows = self.slots.take(slots)
        other = self.hashes.take(rows) != hashes
        other &= rows >= 0  # an empty slot ends the search
        asked = other.nonzero()[0]
        slots = slots.take(asked)
        while len(asked) > FEW:
            slots += 1
            slots &= self._mask
            found = self.slots.take(slots)
            rows[asked] = found
            other = self.hashes.take(found) != hashes.take(asked)
            other &= found >= 0
            asked, slots = asked[other], slots[other]
        for k, slot in zip(asked.tolist(), slots.tolist(), strict=True):
            rows[k] = self._behind(slot, hashes.item(k))
        return rows

    def _behind(self, slot: int, sought: int) -> int:
        """The row of a hash that is not at this slot, but at one behind it; -1 where unknown."""
        while True:
            slot = (slot + 1) & self._mask
            row = self.slots.item(slot)
            if row < 0 or self.hashes.item(row) == sought:
                return row
