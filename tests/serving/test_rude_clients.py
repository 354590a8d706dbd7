"""Clients that are slow, many, or send what no server should hold: each is refused or outlasted, nobody else waits."""

import gzip
import json
import resource
import shutil
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.client import Client
from tests.serving.processes import Process, closed, post, reply

GIGABYTE = 1_000_000_000
MANY = 1_500


@pytest.fixture(scope="module")
def process(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """An impatient server."""
    home = tmp_path_factory.mktemp("rude") / "home"
    shutil.copytree(model_home, home)
    made = Process(home, head_seconds=1, body_seconds=1, connections=MANY // 2, max_body=200_000)
    yield made
    made.end()


def problem(connection: socket.socket) -> tuple[int, str]:
    """Status and detail of the problem that comes, after which the connection ends."""
    status, headers, body = reply(connection)
    assert headers["content-type"] == "application/problem+json"
    assert closed(connection)
    return status, json.loads(body)["detail"]


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        pytest.param(b"POST /v1/classify HTTP/1.1\r\nHost: [::1]\r\nX-Slow: ", 408, "headers did not come", id="head"),
        pytest.param(post(100) + b'{"body": "wh', 408, "body did not come", id="body"),
        pytest.param(post("chunked") + b'5\r\n{"bod\r\n', 408, "body did not come", id="chunks"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000, 431, "headers are larger", id="large head"),
        pytest.param(b"nonsense\r\n\r\n", 400, "no HTTP request", id="no HTTP"),
        pytest.param(b"GET /\xff\xfe HTTP/1.1\r\nHost: [::1]\r\n\r\n", 400, "no HTTP request", id="address of bytes"),
        pytest.param(post("9" * 40), 400, "no HTTP request", id="impossible length"),
        pytest.param(post(GIGABYTE), 413, "larger than 200,000 bytes", id="claims a gigabyte"),
    ],
)
def test_a_client_that_is_slow_or_sends_nonsense_is_told_so(
    process: Process, sent: bytes, status: int, said: str
) -> None:
    with process.connect(sent) as connection:
        assert problem(connection)[0] == status
    with process.connect(sent) as connection:
        assert said in problem(connection)[1]
    assert process.healthy()


def test_a_connection_that_says_nothing_is_closed(process: Process) -> None:
    for sent in (b"", b"\r\n"):
        with process.connect(sent) as connection:
            assert closed(connection)


def test_a_head_that_trickles_gains_no_time_by_it(process: Process) -> None:
    with process.connect(b"GET /health/live HTTP/1.1\r\n") as connection:
        connection.settimeout(0.2)
        for _ in range(60):
            try:
                assert connection.recv(12) == b"HTTP/1.1 408"
                return
            except TimeoutError:
                connection.sendall(b"A: b\r\n")
    raise AssertionError("the server waits for ever")


def test_a_slow_client_delays_nobody(process: Process) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(process.connect(post(100) + b"{"))
            stack.enter_context(process.connect(b"POST "))
        with Client(process.url) as client:
            for k in range(20):
                assert client.classify(f"where is parcel {k}?").prediction_id
    assert process.healthy()


def test_a_gigabyte_without_a_length_is_cut_off_and_never_held(process: Process) -> None:
    before = process.peak()
    part = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = 0
    with process.connect(post("chunked")) as connection:
        with suppress(ConnectionError):
            while sent < GIGABYTE:
                connection.sendall(part)
                sent += len(part)
        with suppress(ConnectionError):  # the refusal may be lost where the client goes on sending
            assert problem(connection)[0] == 413
    assert sent < GIGABYTE / 10
    assert process.peak() - before < 50
    assert process.healthy()


def test_more_connections_than_there_may_be_close_the_oldest_idle_one(process: Process) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < MANY + 100:
        pytest.skip(f"a process may have {hard} open files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with ExitStack() as stack:
            held = [stack.enter_context(process.connect()) for _ in range(MANY)]
            assert process.healthy()
            assert closed(held[0])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert process.healthy()


def test_half_a_head_behind_a_request_spoils_nothing(model_home: Path, tmp_path: Path) -> None:
    shutil.copytree(model_home, tmp_path / "home")
    process = Process(tmp_path / "home", head_seconds=0.2)
    body = json.dumps({"items": [{"body": "where is my parcel? " * 200}] * 1_000}).encode()
    try:
        with process.connect(post(len(body), path="/v1/classify/batch") + body + b"POST /v1/cl") as connection:
            status, _, said = reply(connection)
            assert (status, json.loads(said)["answered"]) == (200, 1_000)
            assert problem(connection)[0] == 408
    finally:
        process.end()


def test_a_connection_is_not_idle_while_a_request_that_came_with_another_is_answered(
    model_home: Path, tmp_path: Path
) -> None:
    shutil.copytree(model_home, tmp_path / "home")
    process = Process(tmp_path / "home", connections=2)
    live = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    try:
        with process.connect(live + post("chunked")) as busy:
            assert reply(busy)[0] == 200
            with process.connect() as idle, process.connect(live) as newcomer:
                assert reply(newcomer)[0] == 200
                assert closed(idle)
                busy.sendall(b'13\r\n{"body": "my lamp"}\r\n0\r\n\r\n')
                assert reply(busy)[0] == 200
    finally:
        process.end()


def test_a_client_that_goes_away_with_requests_in_line_is_no_error(
    model_home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(model_home, tmp_path / "home")
    process = Process(tmp_path / "home")
    sent = post(19, "Expect: nothing") + b'{"body": "my lamp"}'
    try:
        for _ in range(20):
            with process.connect(sent * 3) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert process.healthy()
    finally:
        process.end()
    assert "Exception in ASGI" not in capfd.readouterr().err


DEEP = 100_000
EVIL = {
    "a nest of lists": b"[" * DEEP + b"]" * DEEP,
    "a nest of objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a nest in a field": b'{"body": "x", "service": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a number beyond every float": b'{"body": 1e999, "items": 1e999, "correct": 1e999}',
    "a number of many digits": b'{"body": ' + b"9" * 10_000 + b"}",
    "minus infinity": b'{"body": -Infinity, "before": NaN}',
    "bytes that are no UTF-8": b'{"body": "\xff\xfe\x80"}',
    "half a surrogate": b'{"body": "\\ud800", "requester": "\\ud800", "correct": "\\ud800"}',
    "a NUL": b'{"requester": "\\u0000", "inputs": "\\u0000"}',
    "UTF-16": '{"body": "x"}'.encode("utf-16"),
    "the same key often": b"{" + b",".join(b'"body": 1' for _ in range(9_000)) + b"}",
    "nothing": b"",
    "a lone quote": b'"',
}
ADDRESSES = ("/v1/classify", "/v1/classify/batch", "/v1/jobs", "/v1/erasures", "/v1/predictions/x/feedback",
             "/invocations", "/v2/models/sortation/infer")  # fmt: skip


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("content", EVIL.values(), ids=EVIL.keys())
def test_hostile_json_is_a_problem_everywhere(large: TestClient, path: str, content: bytes) -> None:
    said = large.post(path, content=content, headers={"Content-Type": "application/json"})
    assert said.status_code in ((400, 404, 422) if "predictions" in path else (400, 422)), said.text[:300]
    plain: Any = said.json()
    assert plain["error"] if path.startswith("/v2") else plain["detail"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_compressed_body_is_refused_unread(large: TestClient, path: str) -> None:
    bomb = gzip.compress(b'{"body": "' + b"x" * 5_000_000 + b'"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    said = large.post(path, content=bomb, headers=headers)
    assert said.status_code == 415
    assert "without Content-Encoding" in said.text


@pytest.fixture(scope="module")
def large(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server that reads larger bodies than the others, so that it is their content that is refused."""
    from serving.app import create_app
    from tests.serving.conftest import ready, settings_of

    home = tmp_path_factory.mktemp("large") / "home"
    shutil.copytree(model_home, home)
    made = create_app(settings_of(home, max_body=1_000_000))
    with TestClient(made, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield ready(client)
