"""Load over HTTP/1.1 on raw sockets, in closed and open loops: as little work for the client as possible."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any


@dataclass(frozen=True)
class Load:
    """What came of a run."""

    answers: int
    seconds: float
    latencies: list[float]
    """Seconds, ascending."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        """Latency in milliseconds."""
        return self.latencies[min(int(share * len(self.latencies)), len(self.latencies) - 1)] * 1000


def request_of(path: str, body: bytes, key: str = "") -> bytes:
    """The bytes of one POST of JSON, with an API key."""
    given = f"Authorization: Bearer {key}\r\n" if key else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{given}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class _Connection(asyncio.Protocol):
    """One connection: sends a request when told, and tells when its answer has come."""

    def __init__(self, answered: Callable[["_Connection"], None], failed: Callable[[Exception], None]) -> None:
        self._answered, self._failed = answered, failed
        self._held = b""
        self.due = 0.0
        """When the request in flight was sent, or should have been."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def send(self, request: bytes, due: float) -> None:
        """Sends; `due` is what its latency counts from."""
        self.due = due
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head = self._held.find(b"\r\n\r\n")
        if head < 0:
            return
        headers = self._held[:head].lower()
        at = headers.find(b"content-length:")
        length = int(headers[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._held) < head + 4 + length:
            return
        if not self._held.startswith(b"HTTP/1.1 200"):
            self._failed(RuntimeError(self._held[:500].decode("latin-1")))
            return
        self._held = b""
        self._answered(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._failed(error or RuntimeError("the server closed the connection"))


async def closed_loop(
    port: int, requests: list[bytes], connections: int, seconds: float, *, patient: bool = False
) -> Load:
    """Keeps `connections` requests in flight for `seconds`. Raises RuntimeError on an answer that is not 200, unless
    `patient`.
    """
    latencies: list[float] = []
    began = time.perf_counter()
    ended = asyncio.get_running_loop().create_future()
    turns = cycle(requests)
    open_ = connections

    def answered(connection: _Connection) -> None:
        nonlocal open_
        now = time.perf_counter()
        latencies.append(now - connection.due)
        if now < began + seconds:
            connection.send(next(turns), now)
        else:
            open_ -= 1
            if not open_ and not ended.done():
                ended.set_result(None)

    made = await _connected(port, connections, answered, _failing(ended, patient=patient))
    for connection in made:
        connection.send(next(turns), time.perf_counter())
    try:
        await ended
    finally:
        took = time.perf_counter() - began
        for connection in made:
            connection.transport.abort()
    return Load(len(latencies), took, sorted(latencies))


async def open_loop(port: int, requests: list[bytes], rate: float, seconds: float, connections: int = 256) -> Load:
    """Sends `rate` requests a second at even intervals for `seconds`; latencies count from when each was due.

    Those for which no connection is free wait, and their waiting counts. What is not answered 2 s after the last one
    was due counts as having taken until then.
    """
    latencies: list[float] = []
    waiting: deque[float] = deque()
    free: list[_Connection] = []
    ended = asyncio.get_running_loop().create_future()
    turns = cycle(requests)

    def answered(connection: _Connection) -> None:
        latencies.append(time.perf_counter() - connection.due)
        if waiting:
            connection.send(next(turns), waiting.popleft())
        else:
            free.append(connection)

    made = await _connected(port, connections, answered, _failing(ended))
    free += made
    began = time.perf_counter()
    total = int(rate * seconds)
    for k in range(total):
        due = began + k / rate
        while (left := due - time.perf_counter()) > 0:
            await asyncio.sleep(left if left > 0.002 else 0)
        if free:
            free.pop().send(next(turns), due)
        else:
            waiting.append(due)
    until = time.perf_counter() + 2
    while len(latencies) < total and time.perf_counter() < until and not ended.done():
        await asyncio.sleep(0.005)
    now = time.perf_counter()
    if ended.done():
        ended.result()
    late = [now - due for due in waiting] + [now - c.due for c in made if c not in free]
    for connection in made:
        connection.transport.abort()
    return Load(len(latencies), now - began, sorted(latencies + late))


async def _connected(
    port: int, count: int, answered: Callable[[_Connection], None], failed: Callable[[Exception], None]
) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    make = partial(_Connection, answered, failed)
    return [(await loop.create_connection(make, "127.0.0.1", port))[1] for _ in range(count)]


def _failing(ended: "asyncio.Future[None]", *, patient: bool = False) -> Callable[[Exception], None]:
    ended.add_done_callback(lambda future: future.cancelled() or future.exception())  # who waits is told anyway

    def failed(error: Exception) -> None:
        if not ended.done():
            ended.set_result(None) if patient else ended.set_exception(error)

    return failed
