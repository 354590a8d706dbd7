"""Files to documents, off the event loop and in processes that can be killed. Knows no HTTP."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from model.document import Document
from model.errors import ReadingError
from model.preparation import as_written
from model.reading import Limits, Readers
from serving.engine import Overloaded

WAITING = 64
"""Files that may wait for a reader; their bytes are in memory."""


@dataclass(frozen=True)
class File:
    """A stranger's file."""

    data: bytes
    name: str | None = None
    media_type: str | None = None


class Uploads:
    """Readers of files; each file has a worker process for itself while it is read."""

    def __init__(self, limits: Limits, workers: int) -> None:
        """`workers`: files that are read at the same time. Processes start with the first file."""
        self._limits = limits
        self._readers = Readers(workers)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="reading")
        self._waiting = 0

    async def read(self, file: File) -> Document:
        """What a file says. Raises ReadingError, or Overloaded where too many files wait."""
        if self._waiting >= WAITING:
            raise Overloaded(f"{self._waiting} files are waiting to be read already")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, file)
        finally:
            self._waiting -= 1

    async def read_all(self, files: Sequence[File]) -> tuple[Document, ...]:
        """What several files of one item say; one that cannot be read is an empty document whose `meta` says why.

        The bound of time holds for all of them together: a file that begins behind it is not read.
        """
        until = time.monotonic() + self._limits.seconds
        return tuple([await self._part(file, until) for file in files])

    async def _part(self, file: File, until: float) -> Document:
        try:
            if time.monotonic() >= until:
                raise ReadingError("timeout", f"The files before it took {self._limits.seconds:g} s; send fewer.")
            return await self.read(file)
        except ReadingError as error:
            name = {"filename": file.name} if file.name else {}
            return Document(channel="document", meta={"error": error.reason, "message": str(error)} | name)

    def _read(self, file: File) -> Document:
        document = self._readers.read(file.data, filename=file.name, media_type=file.media_type, limits=self._limits)
        return as_written(document, file.data)

    def close(self) -> None:
        """Ends the worker processes, once what they read is read."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._readers.close()
