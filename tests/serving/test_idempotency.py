"""The same request twice, answered once."""

import asyncio
import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Send

from serving.idempotency import Replays
from serving.store import Store
from tests.serving.conftest import Serve


def post(client: TestClient, key: str, body: Any, path: str = "/v1/classify") -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/classify", {"body": "where is it"}),
        ("/v1/classify/batch", {"items": [{"body": "where is it"}]}),
        ("/v1/jobs", {"items": [{"body": "where is it"}]}),
        ("/v1/classify", {"body": ""}),
    ],
)
def test_the_same_request_gets_the_same_answer(client: TestClient, path: str, body: Any) -> None:
    first, second = (post(client, f"same {path} {body}", body, path) for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first.headers["content-type"] == second.headers["content-type"]
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")


def test_another_request_under_the_same_key_is_refused(client: TestClient) -> None:
    assert post(client, "k", {"body": "one"}).status_code == 200
    other = post(client, "k", {"body": "two"})
    assert (other.status_code, "new key" in other.json()["detail"]) == (422, True)


def test_a_key_outlives_the_server(serve: Serve) -> None:
    first = post(serve(), "k", {"body": "one"}).json()
    assert post(serve(), "k", {"body": "one"}).json() == first


def test_a_key_that_is_none_is_refused(client: TestClient) -> None:
    assert post(client, "x" * 201, {"body": "one"}).status_code == 422


def test_of_requests_at_once_one_is_answered_and_the_others_may_come_again(client: TestClient) -> None:
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(post(client, "crowd", {"body": "x y"}))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["prediction_id"] for answer in answers if answer.status_code == 200}) == 1


def answered(path: Path, status: int, *headers: tuple[bytes, bytes]) -> Any:
    """The start of what a caller with a key is sent where the request is answered like this, and the body."""
    store = Store(f"sqlite:///{path}")
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def run(send: Send) -> None:
        with sqlite3.connect(path) as other:
            other.execute("DROP TABLE remembered")  # from now on nothing can be kept
        other.close()
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"x/y"), *headers]})
        await send({"type": "http.response.body", "body": b"said"})

    asyncio.run(Replays(store).once("acme", b"k", b"asked", run, send))
    store.close()
    return sent


def test_an_answer_that_cannot_be_kept_under_its_key_is_given(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        start, body = answered(tmp_path / "store.db", 200)
    assert (start["status"], body["body"]) == (200, b"said")
    assert "not kept under its key: OperationalError" in caplog.text


def test_a_refusal_under_a_key_says_when_to_come_again(tmp_path: Path) -> None:
    start, _ = answered(tmp_path / "store.db", 429, (b"retry-after", b"7"))
    assert dict(start["headers"]) == {b"content-type": b"x/y", b"content-length": b"4", b"retry-after": b"7"}
