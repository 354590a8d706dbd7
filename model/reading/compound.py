"""The streams of Microsoft's compound files (.doc, .xls, .ppt, .msg); the only file that knows olefile."""

import importlib
import io

from model.errors import ReadingError
from model.reading.limits import Limits

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Compound:
    """An opened compound file: streams by their paths, parts joined by `/`."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        """Raises ReadingError: `missing_library`, `damaged`, or `too_large` for too many streams."""
        try:
            olefile = importlib.import_module("olefile")
        except ImportError as error:
            raise ReadingError(
                "missing_library", ".doc, .xls, .ppt and .msg need olefile: install sortation[read]."
            ) from error
        try:
            self._file = olefile.OleFileIO(io.BytesIO(data))
            self.names = ["/".join(path) for path in self._file.listdir()]
        except Exception as error:
            raise ReadingError("damaged", f"The compound file is broken or was cut short: {error}.") from error
        if len(self.names) > limits.members:
            raise ReadingError("too_large", f"The file holds {len(self.names)} streams; {limits.members} are allowed.")

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def get(self, name: str) -> bytes:
        """The stream's bytes, or none if it is missing. Raises ReadingError `damaged`."""
        if name not in self.names:
            return b""
        try:
            data: bytes = self._file.openstream(name).read()
        except Exception as error:
            raise ReadingError("damaged", f"The stream {name[:60]!r} cannot be read: {error}.") from error
        return data


def kind(data: bytes, limits: Limits) -> str:
    """`doc`, `xls`, `ppt`, `msg` or `encrypted`, by the streams inside. Raises ReadingError `unsupported`."""
    file = Compound(data, limits)
    for stream, found in (
        ("EncryptedPackage", "encrypted"),
        ("WordDocument", "doc"),
        ("Workbook", "xls"),
        ("Book", "xls"),
        ("PowerPoint Document", "ppt"),
        ("__properties_version1.0", "msg"),
    ):
        if stream in file:
            return found
    raise ReadingError("unsupported", "The compound file is from none of Word, Excel, PowerPoint and Outlook.")
