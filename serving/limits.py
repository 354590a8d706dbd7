"""Request bodies of bounded size, bounded together and bounded in time, whatever their headers claim. Plain ASGI."""

import asyncio
from collections.abc import Mapping

from starlette.types import Receive

from serving.engine import Overloaded
from serving.errors import TooLarge, TooSlow

DIGITS = 15
"""Digits of the longest Content-Length that is looked at."""


class Gone(Exception):
    """The client has gone away before its body ended."""


class Bodies:
    """Reads bodies and counts what all of them hold together."""

    def __init__(self, together: int, seconds: float) -> None:
        self._together = together
        self._seconds = seconds
        self.held = 0
        """Bytes of bodies whose requests are not answered yet."""

    def room(self, size: int) -> bool:
        """Whether so many bytes more may be held."""
        return self.held + size <= self._together

    async def read(self, receive: Receive, claimed: bytes, most: int) -> bytes:
        """A whole body; `claimed` is its Content-Length, if any. The caller gives its size back to `held`.

        Raises TooLarge, TooSlow, Overloaded or Gone; then nothing is held.
        """
        if claimed and (not claimed.isdigit() or len(claimed) > DIGITS or int(claimed) > most):
            raise _too_large(most)
        if not self.room(int(claimed or 0)):
            raise Overloaded(f"{self.held:,} bytes of requests are held already")
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    part = message.get("body", b"")
                    size += len(part)
                    self.held += len(part)
                    parts.append(part)
                    if size > most:
                        raise _too_large(most)
                    if not self.room(0):
                        raise Overloaded(f"{self.held:,} bytes of requests are held already")
                    if not message.get("more_body", False):
                        return parts[0] if len(parts) == 1 else b"".join(parts)
        except BaseException as error:
            self.held -= size
            if isinstance(error, TimeoutError):
                raise TooSlow(f"the body did not come to its end within {self._seconds:g} s") from error
            raise


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the body is larger than {most:,} bytes; send the part that matters")


def is_file(content_type: bytes) -> bool:
    """Whether a body of this type is a file, or a form with files, rather than an item written down."""
    kind = content_type.partition(b";")[0].strip().lower()
    return kind not in TEXTUAL and not kind.endswith(b"+json")


def packed(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a body is compressed: unpacking is where a small request becomes a large one."""
    return headers.get(b"content-encoding", b"identity").strip().lower() not in (b"", b"identity")


TEXTUAL = (b"", b"application/json", b"application/x-www-form-urlencoded", b"text/plain")
"""Types of bodies that are an item written down, and no file."""
