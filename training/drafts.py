"""Folders of runs at work, and locks between them. What a killed process leaves is recognised: its lock is free."""

import fcntl
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = "lock"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits until no other process holds this lock, and holds it. Whoever is killed lets go of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def draft(folder: Path) -> Iterator[Path]:
    """A fresh folder below `folder` for one run; it goes when the run ends, or is found among the leftovers."""
    with locked(folder / LOCK):
        made = folder / uuid.uuid4().hex
        made.mkdir()
        held = (made / LOCK).open("a")
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        held.close()


@contextmanager
def leftovers(folder: Path) -> Iterator[list[Path]]:
    """The folders of runs that were killed; they are removed once the caller has dealt with them."""
    with locked(folder / LOCK):
        found = [each for each in sorted(folder.iterdir()) if each.is_dir() and _is_dead(each)]
        yield found
        for each in found:
            shutil.rmtree(each, ignore_errors=True)


def _is_dead(folder: Path) -> bool:
    try:
        with (folder / LOCK).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except OSError:
        return not folder.exists()


def replace_whole(made: Path, target: Path) -> None:
    """Moves a finished folder to its place, unless another process was first: then that one stays."""
    with suppress(OSError):
        made.rename(target)
    if not target.is_dir():
        raise OSError(f"{target} cannot be written")
