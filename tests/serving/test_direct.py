"""The short way: what comes by it is what the ordinary way would have said, however the bytes arrive."""

import json
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.direct import PATIENCE
from tests.serving.conftest import settings_of
from tests.serving.processes import Process, closed, post, reply

ITEM = {"id": "7", "body": "where is my parcel? it should have come on Monday", "channel": "email"}
DRAWN = ("prediction_id", "timing_ms", "route")
"""Keys that differ from answer to answer; a route says when it is due."""
ORDINARY = "Expect: nothing"
"""A header with which nobody takes the short way."""


@pytest.fixture(scope="module")
def process(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    home = tmp_path_factory.mktemp("direct") / "home"
    shutil.copytree(model_home, home)
    made = Process(home, body_seconds=2)
    yield made
    made.end()


def whole(item: Any, *headers: str) -> bytes:
    body = item if isinstance(item, bytes) else json.dumps(item).encode()
    return post(len(body), *headers) + body


def lasting(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key not in DRAWN}


def metric(process: Process, name: str) -> float:
    connection = HTTPConnection("127.0.0.1", process.port, timeout=60)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)


def reason(process: Process, sent: bytes) -> tuple[int, list[str], dict[str, Any]]:
    """Status, names of headers and what is said for good."""
    with process.connect(sent) as connection:
        status, headers, body = reply(connection)
    return status, sorted(headers), lasting(json.loads(body))


@pytest.mark.parametrize(
    "item",
    [
        ITEM,
        ITEM | {"options": {"entities": True, "cleaning": True, "explain": True, "top_k": 1}},
        ITEM | {"from": "Ana <ana@example.org>", "metadata": {"shop": 4}, "language": "de"},
        {"html": "<p>where is <b>my</b> parcel</p>"},
        {"attachments": [{"filename": "a.txt", "content_b64": "d2hlcmUgaXMgbXkgcGFyY2VsPw=="}]},
        {"body": "   "},
        {"body": 5},
        {"colour": "red"},
        b"{bad",
        b"",
        [],
    ],
)
def test_both_ways_say_the_same(process: Process, item: Any) -> None:
    assert reason(process, whole(item)) == reason(process, whole(item, ORDINARY))


@pytest.mark.parametrize("pieces", [2, 3, 7, 50])
def test_a_request_may_come_in_pieces(process: Process, pieces: int) -> None:
    sent = whole(ITEM)
    size = -(-len(sent) // pieces)
    with process.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for place in range(0, len(sent), size):
            connection.sendall(sent[place : place + size])
            time.sleep(0.002)
        status, _, body = reply(connection)
    assert (status, json.loads(body)["id"]) == (200, "7")


def test_requests_that_come_at_once_are_answered_in_their_order(process: Process) -> None:
    many = [ITEM | {"id": str(k)} for k in range(40)]
    with process.connect(b"".join(whole(each, *([ORDINARY] * (k % 3 == 1))) for k, each in enumerate(many))) as asked:
        said = b""
        while said.count(b"HTTP/1.1 200 OK") < len(many) or not said.endswith(b"}"):
            said += asked.recv(65_536)
    bodies = [json.loads(part.partition(b"\r\n\r\n")[2]) for part in said.split(b"HTTP/1.1 200 OK")[1:]]
    assert [body["id"] for body in bodies] == [each["id"] for each in many]


def test_a_body_that_is_late_is_answered_and_one_that_never_ends_is_not_waited_for(process: Process) -> None:
    head, _, body = whole(ITEM).partition(b"\r\n\r\n")
    with process.connect(head + b"\r\n\r\n" + body[:9]) as late, process.connect(head + b"\r\n\r\n{") as endless:
        time.sleep(PATIENCE + 0.3)
        late.sendall(body[9:])
        assert reply(late)[0] == 200
        assert reply(endless)[0] == 408
        assert closed(endless)


def test_a_connection_that_asks_to_be_closed_is(process: Process) -> None:
    with process.connect(whole(ITEM, "Connection: close")) as connection:
        assert reply(connection)[0] == 200
        assert closed(connection)


def test_the_callers_number_comes_back(process: Process) -> None:
    for sent, same in (("mine-1", True), ("a b", False), ("x" * 200, False)):
        with process.connect(whole(ITEM, f"X-Request-ID: {sent}")) as connection:
            assert (reply(connection)[1]["x-request-id"] == sent) is same


def test_a_client_that_goes_away_in_the_middle_is_noted_and_its_body_is_held_no_longer(process: Process) -> None:
    name = 'sortation_requests_total{route="/v1/classify",status="499"}'
    before = metric(process, name)
    for _ in range(5):
        process.connect(post(60_000) + b"{").close()
    until = time.monotonic() + 10
    while metric(process, name) < before + 5:
        assert time.monotonic() < until
    assert process.healthy()


def test_a_body_may_be_as_large_on_either_way(model_home: Path, tmp_path: Path) -> None:
    shutil.copytree(model_home, tmp_path / "home")
    process = Process(tmp_path / "home", max_body=1_000)
    try:
        for size in (900, 2_000):
            item = {"body": "x " * (size // 2)}
            assert reason(process, whole(item)) == reason(process, whole(item, ORDINARY))
    finally:
        process.end()


def test_a_connection_on_which_all_is_refused_stays_open(model_home: Path, tmp_path: Path) -> None:
    shutil.copytree(model_home, tmp_path / "home")
    process = Process(tmp_path / "home", rate=1, head_seconds=0.5)
    try:
        with process.connect() as connection:
            for status in (200, *[429] * 12):
                connection.sendall(whole(ITEM))
                assert reply(connection)[0] == status
                time.sleep(0.1)
    finally:
        process.end()


def test_a_request_that_is_handed_over_is_the_last_one_of_a_server_that_ends(model_home: Path, tmp_path: Path) -> None:
    shutil.copytree(model_home, tmp_path / "home")
    process = Process(tmp_path / "home")
    sent = whole(ITEM)
    with process.connect(sent[:-5]) as connection, ThreadPoolExecutor() as pool:
        time.sleep(0.2)
        ended = pool.submit(process.end, signal.SIGTERM)
        time.sleep(PATIENCE + 0.3)
        connection.sendall(sent[-5:])
        status, headers, _ = reply(connection)
        assert (status, headers["connection"]) == (200, "close")
        assert closed(connection)
        ended.result()


def test_a_quota_holds(model_home: Path, tmp_path: Path) -> None:
    shutil.copytree(model_home, tmp_path / "home")
    process = Process(tmp_path / "home", rate=2)
    try:
        with process.connect() as connection:
            for left in ("1", "0", None):
                connection.sendall(whole(ITEM))
                status, headers, _ = reply(connection)
                assert status == (200 if left else 429)
                assert headers["ratelimit-remaining"] == (left or "0")
            assert headers["retry-after"]
    finally:
        process.end()


def test_what_was_taken_in_is_answered_before_the_server_ends(model_home: Path, tmp_path: Path) -> None:
    shutil.copytree(model_home, tmp_path / "home")
    process = Process(tmp_path / "home")
    with ExitStack() as stack:
        connections = [stack.enter_context(process.connect()) for _ in range(30)]
        for connection in connections:
            connection.sendall(whole(ITEM))
        reply(connections[0])
        ended = threading.Thread(target=process.end, args=(signal.SIGTERM,))
        ended.start()
        assert {reply(connection)[0] for connection in connections[1:]} == {200}
        assert all(closed(connection) for connection in connections)
        ended.join()


PLAIN = {b"content-type": b"application/json", b"content-length": b"20", b"host": b"localhost"}


@pytest.mark.parametrize(
    "more",
    [
        {b"content-length": b"70000"},
        {b"content-length": b"-1"},
        {b"content-length": b""},
        {b"content-type": b"text/plain"},
        {b"idempotency-key": b"k"},
        {b"content-encoding": b"gzip"},
        {b"transfer-encoding": b"chunked"},
        {b"expect": b"100-continue"},
        {b"upgrade": b"websocket"},
        {b"authorization": b"Bearer none"},
        {b"host": b"example.org"},
    ],
)
def test_the_short_way_is_for_plain_requests_that_may_come_in(client: TestClient, more: dict[bytes, bytes]) -> None:
    app: Any = client.app
    assert app.lane.ticket(PLAIN | more) is None
    assert app.lane.ticket(PLAIN) is not None


def test_what_has_come_of_bodies_is_held_until_it_is_answered(serve: Callable[..., TestClient]) -> None:
    lane = serve(max_held=50).app.lane  # type: ignore[attr-defined]
    one, other = lane.ticket(PLAIN), lane.ticket(PLAIN)
    lane.take(one, 15)
    lane.take(one, 5)
    assert lane.ticket(PLAIN) is not None  # what only was announced is not held
    lane.take(other, 20)
    assert lane.ticket(PLAIN) is None
    lane.leave(one)
    lane.leave(one)
    assert lane.bodies.held == 20


def test_what_is_traced_goes_the_ordinary_way(home: Path) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="the extra trace is not installed")
    app: Any = create_app(settings_of(home), traces=sdk.TracerProvider(shutdown_on_exit=False))
    with TestClient(app):
        assert app.lane is None
