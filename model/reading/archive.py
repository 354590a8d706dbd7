"""Members of a ZIP file, unpacked within bounds. Knows nothing of what they mean."""

import io
import zipfile
import zlib

from model.errors import ReadingError
from model.reading.limits import Limits

CHUNK = 1 << 16
"""Bytes unpacked at a time, so that a bomb is noticed early."""


class Archive:
    """An opened ZIP file that keeps count of what it unpacks."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        """Raises ReadingError: `damaged` if it cannot be opened, `too_large` if it holds too many members."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except Exception as error:
            raise ReadingError("damaged", f"The archive cannot be opened: {error}.") from error
        self._infos = {info.filename: info for info in self._zip.infolist() if not info.is_dir()}
        if len(self._infos) > limits.members:
            raise ReadingError(
                "too_large", f"The archive holds {len(self._infos)} members; {limits.members} are allowed."
            )
        self._limits = limits
        self._left = limits.expanded

    @property
    def names(self) -> list[str]:
        """Names of the members, in the archive's order."""
        return list(self._infos)

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def get(self, name: str) -> bytes | None:
        """The member's bytes, or None if there is no such member; errors as in `read`."""
        return self.read(name) if name in self._infos else None

    def read(self, name: str) -> bytes:
        """The member's bytes. Raises ReadingError: `encrypted`, `damaged`, `too_large` or `compression_bomb`."""
        info = self._infos.get(name)
        if info is None:
            raise ReadingError("damaged", f"The archive lacks its member {name[:80]!r}.")
        if info.flag_bits & 1:
            raise ReadingError("encrypted", f"The member {name[:80]!r} is encrypted; send it without a password.")
        unpacked = bytearray()
        most = max(1 << 20, info.compress_size * self._limits.ratio)
        try:
            with self._zip.open(info) as stream:
                while chunk := stream.read(CHUNK):
                    unpacked += chunk
                    if len(unpacked) > most:
                        raise ReadingError(
                            "compression_bomb", f"A member unpacks to over {self._limits.ratio} times its size."
                        )
                    if len(unpacked) > self._left:
                        raise ReadingError(
                            "too_large", f"The archive unpacks to over {self._limits.expanded} bytes, the bound."
                        )
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise ReadingError("damaged", f"The member {name[:80]!r} cannot be unpacked: {error}.") from error
        self._left -= len(unpacked)
        return bytes(unpacked)
