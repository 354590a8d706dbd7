"""The same request twice, answered once."""

import threading
from typing import Any

import pytest
from starlette.testclient import TestClient

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
