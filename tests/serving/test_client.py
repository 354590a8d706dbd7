"""The client against servers that close idle connections, or are still at the same request."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import uvicorn

from serving.client import IDLE, AsyncClient, Client, ServerProblem
from serving.errors import Conflict, rendered


class Impatient(BaseHTTPRequestHandler):
    """Closes what is idle for a tenth of a second; answers 409 the first time it sees a key, or whenever there is none
    at /busy.
    """

    protocol_version = "HTTP/1.1"
    timeout = 0.1
    seen: set[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers.get("Idempotency-Key", "")
        busy = self.path == "/busy" and key not in self.seen
        self.seen |= {key} - {""}
        said = json.dumps({"detail": "busy"} if busy else {"key": key}).encode()
        self.send_response(409 if busy else 200)
        if busy:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """The address of an impatient server."""
    handler = type("Handler", (Impatient,), {"seen": set()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_request_after_a_pause_does_not_meet_a_closed_connection(url: str) -> None:
    with Client(url, idle=0.05) as client:
        for _ in range(3):
            assert client.ask("POST", "/", {}) == {"key": ""}
            time.sleep(0.3)


def test_the_asynchronous_client_does_not_meet_one_either(url: str) -> None:
    async def run() -> None:
        async with AsyncClient(url, idle=0.05) as client:
            for _ in range(3):
                assert await client.ask("POST", "/", {}) == {"key": ""}
                await asyncio.sleep(0.3)

    asyncio.run(run())


def test_a_connection_is_given_up_before_our_server_closes_it() -> None:
    assert uvicorn.Config("none").timeout_keep_alive > IDLE


def test_a_key_that_is_being_answered_is_asked_again(url: str) -> None:
    with Client(url) as client:
        assert client.ask("POST", "/busy", {}, "k") == {"key": "k"}


def test_without_a_key_a_conflict_is_told(url: str) -> None:
    with Client(url) as client, pytest.raises(ServerProblem, match="409"):
        client.ask("POST", "/busy", {})


def test_our_server_says_when_to_come_again() -> None:
    assert rendered(Conflict("being answered right now")).headers["retry-after"] == "1"
