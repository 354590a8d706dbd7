"""Which texts a version was made with, as hashes, so that none of them is measured on later. Knows no files."""

import hashlib
import io
from collections.abc import Sequence

import numpy as np

from model.hashing import U64
from training.corpus import Item

FILE = "seen.npy"
"""Among a version's extras."""


def prints(items: Sequence[Item]) -> U64:
    """A hash of each item's prepared text, whatever its labels are; (n,)."""
    texts = (f"{item.document.subject}\0{item.document.body}".encode("utf-8", "replace") for item in items)
    return np.array([int.from_bytes(hashlib.sha256(text).digest()[:8], "little") for text in texts], dtype=np.uint64)


def packed(items: Sequence[Item]) -> bytes:
    """What stands in the file of a version that was fitted and calibrated on `items`."""
    file = io.BytesIO()
    np.save(file, np.unique(prints(items)), allow_pickle=False)
    return file.getvalue()


def unpacked(content: bytes | None) -> U64 | None:
    """The hashes in a file; None where there is none, or none that can be read."""
    try:
        return None if content is None else np.asarray(np.load(io.BytesIO(content), allow_pickle=False), np.uint64)
    except (ValueError, EOFError, OSError):
        return None


def unseen(items: Sequence[Item], *seen: U64) -> list[Item]:
    """The items whose texts are in none of the lists of hashes."""
    mine = prints(items)
    known = np.isin(mine, np.concatenate(seen)) if seen else np.zeros(len(items), dtype=bool)
    return [item for item, is_known in zip(items, known, strict=True) if not is_known]
