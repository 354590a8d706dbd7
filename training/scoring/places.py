"""Where files are: on this machine or in an object store. Knows nothing of what is in them.

Whatever pyarrow's file systems reach has an address: `s3://bucket/folder`, `gs://…`, `abfs://…`, with options behind a
question mark (`?region=eu-west-1`). Everything else is a path on this machine.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from model.errors import NotFound, SortationError

LOCAL = ""
"""The root of paths on this machine."""
WILD = "*["
"""Characters that make a part of an address a pattern; on this machine ? is one more."""
DRAFT = ".draft-"
"""How names of files begin that are being written; readers of folders pass over names with a dot."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file or a folder."""

    root: str
    """Address of the file system, with its options; LOCAL for this machine. May hold credentials: never shown."""
    path: str

    def __str__(self) -> str:
        """The address without options and credentials."""
        if self.root == LOCAL:
            return self.path
        told = urlsplit(self.root)
        host = (told.hostname or "") if self.path.startswith("/") else ""
        return f"{told.scheme}://{host}{self.path}"

    def __truediv__(self, name: str) -> "Place":
        return Place(self.root, f"{self.path.rstrip('/')}/{name}")

    @property
    def system(self) -> Any:
        """The file system, as pyarrow speaks to it. Raises SortationError for one that it does not know."""
        return _system(self.root)


@dataclass(frozen=True, slots=True)
class State:
    """What shows that a file is still the same."""

    size: int
    """Bytes."""
    modified: int | None
    """Nanoseconds since 1970, where the file system tells."""


@lru_cache(maxsize=64)
def _system(root: str) -> Any:
    if root == LOCAL:
        return fs.LocalFileSystem()
    try:
        return fs.FileSystem.from_uri(root)[0]
    except (pa.ArrowException, OSError) as error:
        shown = urlsplit(root)
        raise SortationError(f"{shown.scheme}://{shown.hostname or ''} cannot be reached: {error}") from error


def place(address: str) -> Place:
    """The place that an address or a path names; there need not be anything."""
    return _parsed(address, "")[0]


def _parsed(address: str, wild: str = WILD) -> tuple[Place, list[str]]:
    """The folder before the first part with wild cards, and the parts from there on; none for a plain address."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        given = Path(address).expanduser().absolute()
        base, pattern = _split(str(given), "" if given.exists() else wild and f"{wild}?")
        return Place(LOCAL, base), pattern
    rest, _, options = rest.partition("?")
    base, pattern = _split(rest, wild)
    if scheme == "file":
        return Place(LOCAL, base), pattern
    root = f"{scheme}://{base.partition('/')[0]}" + (f"?{options}" if options else "")
    host, _, path = base.partition("/")
    inside = f"/{path}" if scheme in ("hdfs", "viewfs") else f"{host.rpartition('@')[2]}/{path}".rstrip("/")
    if scheme in ("abfs", "abfss"):
        inside = f"{host.partition('@')[0]}/{path}".rstrip("/")  # container@account
    return Place(root, inside), pattern


def _split(path: str, wild: str) -> tuple[str, list[str]]:
    parts = path.split("/")
    first = next((k for k, part in enumerate(parts) if any(char in part for char in wild)), len(parts))
    return "/".join(parts[:first]), parts[first:]


def find(address: str, endings: Sequence[str], apart: Place) -> list[tuple[Place, State]]:
    """The files that an address, a pattern or a folder names, in order; those in the folder `apart` are left out.

    In a pattern `**` stands for any number of folders. A folder names the files in it, at any depth, that have one of
    `endings`; a pattern and a folder pass over names that begin with a dot or an underscore. Raises NotFound.
    """
    base, pattern = _parsed(address)
    if base == apart:
        raise SortationError(f"{base} cannot be read from and written to at once; name another folder for the output")
    try:
        told = base.system.get_file_info(base.path or "/")
        if told.type == fs.FileType.File and not pattern:
            found = [told]
        elif told.type == fs.FileType.NotFound:
            found = []
        else:
            deep = not pattern or len(pattern) > 1
            found = base.system.get_file_info(fs.FileSelector(base.path or "/", recursive=deep))
            found = [each for each in found if _wanted(each.path, base.path, pattern, endings)]
    except (OSError, pa.ArrowException) as error:
        raise SortationError(f"{base} cannot be listed: {error}") from error
    kept = [(Place(base.root, each.path), _state(each)) for each in found if each.type == fs.FileType.File]
    kept = [(file, state) for file, state in kept if not (apart.root == base.root and _inside(file, apart))]
    if not kept:
        raise NotFound(f"there is no file {base}{''.join(f'/{part}' for part in pattern)}")
    return sorted(kept, key=lambda pair: pair[0].path)


def _inside(file: Place, folder: Place) -> bool:
    return file.path.startswith(f"{folder.path.rstrip('/')}/")


def _wanted(path: str, base: str, pattern: Sequence[str], endings: Sequence[str]) -> bool:
    parts = path.removeprefix(base).strip("/").split("/")
    if any(part.startswith((".", "_")) for part in parts):
        return False
    return _matches(parts, pattern) if pattern else path.lower().endswith(tuple(endings))


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether folders and name fit a pattern, part for part."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[k:], pattern[1:]) for k in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _state(told: Any) -> State:
    return State(told.size or 0, told.mtime_ns)


def state(file: Place) -> State | None:
    """The state of a file; None where there is none. Raises OSError."""
    told = file.system.get_file_info(file.path)
    return _state(told) if told.type == fs.FileType.File else None


def names(folder: Place) -> set[str]:
    """The names of what is in a folder; none where there is no folder. Raises OSError."""
    selector = fs.FileSelector(folder.path, allow_not_found=True)
    return {each.base_name for each in folder.system.get_file_info(selector)}


def read(file: Place) -> bytes | None:
    """A small file; None where there is none. Raises OSError."""
    if state(file) is None:
        return None
    with file.system.open_input_stream(file.path, compression=None) as stream:
        return bytes(stream.read())


def put(file: Place, data: bytes) -> None:
    """Writes a file that appears whole or not at all, in place of one of that name. Raises OSError."""
    if file.root != LOCAL:
        with file.system.open_output_stream(file.path, compression=None) as stream:
            stream.write(data)  # an object store shows an object once it is complete
        return
    path = Path(file.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{DRAFT}{os.getpid()}-{path.name}")
    try:
        with draft.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def drafts(folder: Place) -> Iterator[Place]:
    """What runs that were killed began to write."""
    return (folder / name for name in sorted(names(folder)) if name.startswith(DRAFT))


def remove(file: Place) -> None:
    """Removes a file. Raises OSError."""
    file.system.delete_file(file.path)
