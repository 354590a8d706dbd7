"""Which idempotency keys a process of this machine is working on: locks on single bytes of one file.

The system gives a lock back where its process dies, so that nothing is left over.
"""

import fcntl
import hashlib
from pathlib import Path

PLACES = 2**62
"""Bytes that can be locked; the file itself stays empty."""


class Claims:
    """Keys that processes have taken. Of one process each key is to be taken once at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    def take(self, tenant: str, key: str) -> bool:
        """Whether the key was free; it is taken from now on."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(tenant, key))
        except OSError:
            return False
        return True

    def give_back(self, tenant: str, key: str) -> None:
        """Frees the key."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _place(tenant, key))

    def close(self) -> None:
        """Frees all of this process."""
        self._file.close()


def _place(tenant: str, key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{tenant}\n{key}".encode()).digest()[:8], "big") % PLACES
