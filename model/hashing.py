"""64-bit hashes of any pieces of a byte buffer, all at once. Knows bytes and offsets, not words.

A polynomial hash has prefix sums: with S[i] = sum of R[byte j] * B**j over j < i, the piece [a, b) hashes to
(S[b] - S[a]) * B**-a modulo 2**64, whatever its place in the buffer. B is odd, so its inverse exists.
"""

from functools import cache
from typing import Any

import numpy as np

U64 = np.ndarray[Any, np.dtype[np.uint64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Places = np.ndarray[Any, np.dtype[np.intp]]

BASE = 0x9E3779B97F4A7C15
INVERSE = pow(BASE, -1, 1 << 64)
MIX = np.array(0xFF51AFD7ED558CCD, dtype=np.uint64)
PAIR = np.array(0xC2B2AE3D27D4EB4F, dtype=np.uint64)
SHIFT = np.array(32, dtype=np.uint64)
"""Arrays without dimensions: NumPy takes them up in half the time that numbers take."""


@cache
def _random_bytes() -> U64:
    """A fixed random odd number for each byte value, shape (256,)."""
    numbers = np.random.Generator(np.random.PCG64(20011)).integers(1, 2**63, 256, dtype=np.uint64)
    return numbers * np.uint64(2) + np.uint64(1)


@cache
def _powers(base: int, size: int) -> U64:
    """base**0 … base**(size-1) modulo 2**64, shape (size,); grown in powers of two so that few sizes are kept."""
    factors = np.full(size, base, dtype=np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)


class Hasher:
    """Prefix sums over one buffer, ready to hash pieces of it."""

    def __init__(self, buffer: Bytes) -> None:
        self._room = 1 << max(len(buffer), 1023).bit_length()
        self._sums = np.empty(len(buffer) + 1, dtype=np.uint64)
        self._sums[0] = 0
        terms = _random_bytes().take(buffer)
        terms *= _powers(BASE, self._room)[: len(buffer)]
        np.add.accumulate(terms, out=self._sums[1:])

    def pieces(self, starts: Places, ends: Places) -> U64:
        """Hashes of buffer[start:end] for n pieces, the shape of `ends`; starts (n,), ends (n,) or (k, n)."""
        raw = self._sums.take(ends)
        raw -= self._sums.take(starts)
        raw *= _powers(INVERSE, self._room).take(starts)
        return mix(raw)


def mix(numbers: U64) -> U64:
    """Spreads every input bit over the high and the low bits (the finaliser of MurmurHash3, shortened)."""
    mixed = numbers >> SHIFT
    mixed ^= numbers
    mixed *= MIX
    mixed ^= mixed >> SHIFT
    return mixed


def pair(first: U64, second: U64) -> U64:
    """Hashes of ordered pairs of hashes, shape (n,)."""
    return mix(first * PAIR + second)


def salted(hashes: U64, salt: int) -> U64:
    """The same pieces in another role, such as a word in the subject, shape (n,)."""
    return mix(hashes + added(salt))


@cache
def added(salt: int) -> U64:
    """What stands for a role: added to hashes before they are mixed, shape ()."""
    return np.array((salt * BASE) & 0xFFFFFFFFFFFFFFFF, dtype=np.uint64)
