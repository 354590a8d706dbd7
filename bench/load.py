"""A closed loop of HTTP/1.1 connections over raw sockets: as little work for the client as possible."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial


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


def request_of(path: str, body: bytes) -> bytes:
    """The bytes of one POST of JSON."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class _Connection(asyncio.Protocol):
    def __init__(self, requests: list[bytes], until: float, latencies: list[float]) -> None:
        self._requests, self._until, self._latencies = requests, until, latencies
        self._held = b""
        self._next = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])  # type: ignore[attr-defined]
        self._next += 1

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
            self.done.set_exception(RuntimeError(self._held[:500].decode("latin-1")))
            self._transport.close()
            return
        self._held = b""
        now = time.perf_counter()
        self._latencies.append(now - self._began)
        if now < self._until:
            self._send()
        else:
            self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or RuntimeError("the server closed the connection"))


async def closed_loop(port: int, requests: list[bytes], connections: int, seconds: float) -> Load:
    """Keeps `connections` requests in flight for `seconds`. Raises RuntimeError on an answer that is not 200."""
    latencies: list[float] = []
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    made = []
    for k in range(connections):
        turned = requests[k % len(requests) :] + requests[: k % len(requests)]
        made.append(
            await loop.create_connection(partial(_Connection, turned, began + seconds, latencies), "127.0.0.1", port)
        )
    await asyncio.gather(*(protocol.done for _, protocol in made))
    return Load(len(latencies), time.perf_counter() - began, sorted(latencies))
