"""How the C library keeps this process's memory: in one place for all threads, and given back when told. Only glibc is
told anything; other libraries, such as macOS's and musl's, keep one place by themselves.

glibc gives every thread an arena of its own, up to eight a core, and what one arena holds free no other can use. Here
any of a dozen threads may read the store or load a model, while Python's lock lets one of them make objects at a time:
arenas save no waiting, and each of them fills until it has seen its largest piece of work.
"""

import ctypes
import sys

_ARENA_MAX = -8
"""mallopt's number for the most arenas there may be (malloc.h)."""


def share() -> bool:
    """Lets threads that begin from now on share one arena; whether the C library was told so."""
    library = _glibc()
    return library is not None and bool(library.mallopt(_ARENA_MAX, 1))


def give_back() -> bool:
    """Gives free pages back to the system, which takes milliseconds; whether there were any."""
    library = _glibc()
    return library is not None and bool(library.malloc_trim(0))


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
