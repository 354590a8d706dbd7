"""Connections, bounded in number, in the size of a request's head and in how long it may take. Knows uvicorn only.

uvicorn waits for ever for a head that does not come to its end, and answers what is no HTTP in plain text.
"""

import asyncio
import json
import resource
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serving.errors import MEDIA, RETRY_SECONDS, described

LARGEST_HEAD = 65_536
"""Bytes of a request's first line and headers that are waited on; what comes whole in one read may be larger."""
SPARE = 200
"""Files that are kept free for the store, models and workers."""


class Bounded(HttpToolsProtocol):
    """One connection. Subclasses made by `bounded` say how many there may be, and how patient each is."""

    most = 10_000
    seconds = 10.0
    idle: dict["Bounded", None] = {}  # noqa: RUF012 - shared on purpose, and replaced by `bounded`
    """Connections on which nothing is asked, the one that waits longest first."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Makes room, or refuses where every connection is busy."""
        super().connection_made(transport)
        self._head = False
        self._bytes = 0
        self._first = True
        self._running: RequestResponseCycle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wait()
        if len(self.connections) > self.most:
            longest = next(iter(self.idle))
            if longest is self:
                self._refuse(503, "all connections are in use; try again soon")
            else:
                longest._rest()
                longest.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it, and tells the request that is being answered; uvicorn tells only the one that came last."""
        self._rest()
        if self._running is not None:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser; a head that is not complete yet is bounded in size, and in time from its beginning."""
        self._first, self._read = True, len(data)
        super().data_received(data)
        if self._head:
            self._bytes += len(data)
            if self._bytes > LARGEST_HEAD:
                self._refuse(431, f"the request's headers are larger than {LARGEST_HEAD:,} bytes")
        if self._head or self.cycle is None or self.cycle.response_complete:
            self._wait()
        else:
            self._rest()

    def on_message_begin(self) -> None:
        """A head begins; of what was read with the end of the request before it nothing is counted."""
        self._head, self._bytes = True, 0 if self._first else -self._read
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It ends."""
        self._head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request ends."""
        self._first = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The connection goes on with the next request, or is idle again: for how long is uvicorn's own bound."""
        waiting = bool(self.pipeline)
        super().on_response_complete()
        if not waiting:
            self.idle[self] = None

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is told so as everything else is."""
        self._refuse(400, "this is no HTTP request that can be read")

    def _wait(self) -> None:
        self.idle.setdefault(self)
        if self._timer is None:
            self._timer = self.loop.call_later(self.seconds, self._too_slow)

    def _rest(self) -> None:
        self.idle.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _too_slow(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:  # the request before it is answered first
            self._timer = self.loop.call_later(self.seconds, self._too_slow)
        elif self._head:
            self._refuse(408, f"the request's headers did not come to their end within {self.seconds:g} s")
        else:
            self.transport.close()

    def _refuse(self, status: int, detail: str) -> None:
        if self.transport.is_closing():
            return
        plain = described(status, detail)
        body = json.dumps(plain).encode()
        head = f"HTTP/1.1 {status} {plain['title']}\r\nContent-Type: {MEDIA}\r\nContent-Length: {len(body)}\r\n"
        retry = f"Retry-After: {RETRY_SECONDS}\r\n" if status == 503 else ""
        self.transport.write(f"{head}{retry}Connection: close\r\n\r\n".encode() + body)
        self.transport.close()


def bounded(most: int, seconds: float, kind: type[Bounded] = Bounded) -> type[Bounded]:
    """Connections of one server: at most so many, as far as the system allows, whose heads take at most `seconds`."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        most = max(min(most, hard - SPARE), 1)
    return type("Bounded", (kind,), {"most": most, "seconds": seconds, "idle": {}})
