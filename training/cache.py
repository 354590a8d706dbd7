"""Arrays that are kept between runs. Nothing is unpickled; what was changed on disk is not believed.

joblib.Memory keeps pickles, and whoever may write one runs code in the next training. Here an entry is arrays and an
HMAC under a key that lies beside the cache, not in it: a damaged, foreign or half-written entry is as good as none.
"""

import hashlib
import hmac
import io
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
KEY = 32
"""Bytes of the key, and of an entry's HMAC."""
BOUND = 2 * 2**30
"""Bytes that all entries together may have."""
SUFFIX, DRAFT = ".arrays", ".draft"


class Cache:
    """Entries below `folder`, which belongs to this user alone; the oldest ones make room for new ones."""

    def __init__(self, folder: Path, bound: int = BOUND) -> None:
        self.folder = folder
        self.bound = bound

    def get(self, name: str) -> dict[str, Array] | None:
        """The arrays under a name; None where there are none that can be believed."""
        path = self._path(name)
        try:
            if not self._is_own(self.folder):
                return None
            whole = path.read_bytes()
            if not hmac.compare_digest(whole[:KEY], self._sign(name, whole[KEY:])):
                path.unlink(missing_ok=True)
                return None
            os.utime(path)
            with np.load(io.BytesIO(whole[KEY:]), allow_pickle=False) as kept:
                return {key: kept[key] for key in kept.files}
        except (OSError, ValueError, zipfile.BadZipFile):
            return None

    def put(self, name: str, arrays: Mapping[str, Array]) -> None:
        """Keeps arrays under a name; a folder that cannot be written, or is somebody else's, keeps nothing."""
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **arrays)
        content = stream.getvalue()
        path = self._path(name)
        draft = path.with_suffix(f".{os.getpid()}{DRAFT}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if len(content) > self.bound or not self._is_own(self.folder):
                return
            draft.write_bytes(self._sign(name, content) + content)
            draft.replace(path)
            self._trim(path)
        except OSError:
            draft.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}{SUFFIX}"

    def _sign(self, name: str, content: bytes) -> bytes:
        return hmac.digest(self._key(), name.encode() + b"\0" + content, "sha256")

    def _key(self) -> bytes:
        """The installation's key, made on first use; of two processes that make one at once, the first one's counts."""
        path = self.folder.with_suffix(".key")
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}{DRAFT}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(os.urandom(KEY))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = path.read_bytes()
        if len(key) != KEY or not self._is_own(path):
            raise OSError(f"{path} is no key of this user")
        return key

    @staticmethod
    def _is_own(path: Path) -> bool:
        """Whether it is this user's, and no other may write to it."""
        told = path.stat()
        mine = not hasattr(os, "getuid") or told.st_uid == os.getuid()
        return mine and not told.st_mode & (stat.S_IWGRP | stat.S_IWOTH)

    def _trim(self, newest: Path) -> None:
        """Removes the oldest entries until the others fit, and what killed runs left behind."""
        entries = []
        for path in self.folder.iterdir():
            try:
                told = path.stat()
            except FileNotFoundError:  # another run was faster
                continue
            if path.name.endswith(DRAFT) and told.st_mtime < newest.stat().st_mtime - 3600:
                path.unlink(missing_ok=True)
            elif path.suffix == SUFFIX:
                entries.append((path != newest, -told.st_mtime, told.st_size, path))
        held = 0
        for _, _, size, path in sorted(entries):
            held += size
            if held > self.bound:
                path.unlink(missing_ok=True)
