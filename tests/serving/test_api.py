"""The API over a real classifier and a real store: right answers, clear errors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.settings import Settings


def ask(client: TestClient, **item: Any) -> Any:
    answer = client.post("/v1/classify", json=item)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_answer_has_every_documented_key(client: TestClient) -> None:
    answer = ask(client, id="t-1", subject="parcel", body="it never came, where is it?", channel="email")
    assert answer["id"] == "t-1"
    assert set(answer) == {
        "id",
        "prediction_id",
        "stage",
        "function",
        "service",
        "labels",
        "confidence",
        "alternatives",
        "decision",
        "reason",
        "guarantee",
        "route",
        "language",
        "entities",
        "cleaning",
        "attachments",
        "metadata",
        "redacted",
        "model",
        "timing_ms",
        "explanation",
        "sets",
    }
    assert set(answer["stage"]) == {"label", "confidence"}
    assert answer["model"]["version"] == 1


def test_as_many_alternatives_come_as_were_asked_for(client: TestClient) -> None:
    assert len(ask(client, body="where is it", options={"top_k": 7})["alternatives"]) == 7
    assert ask(client, body="where is it", options={"top_k": 0})["alternatives"] == []


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        pytest.param(b"", 422, "the body is empty", id="no body"),
        pytest.param(b'{"body": "  "}', 422, "nothing to classify", id="blank text"),
        pytest.param(b"{bad", 400, "not JSON", id="invalid JSON"),
        pytest.param(b'{"body": "x", "colour": 1}', 422, "unknown field 'colour'", id="unknown field"),
        pytest.param(b'{"body": 5}', 422, "body: input should be a valid string", id="number as text"),
        pytest.param(b'{"body": "x", "channel": "fax"}', 422, "channel: input should be 'email'", id="channel"),
        pytest.param(b'{"body": "x", "options": {"top_k": 99}}', 422, "options.top_k", id="option"),
        pytest.param(b"[]", 422, "should be an object", id="list"),
        pytest.param(b'{"body": "' + b"x" * 100_000 + b'"}', 413, "larger than 100,000 bytes", id="too large"),
        pytest.param(b'{"body": "\xff"}', 400, "not UTF-8", id="not UTF-8"),
        pytest.param(b"[" * 50_000, 400, "nested too deeply", id="deep"),
    ],
)
def test_bad_input_gets_a_problem_that_says_what_is_wrong(
    client: TestClient, content: bytes, status: int, said: str
) -> None:
    answer = client.post("/v1/classify", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert said in problem["detail"]


def test_a_body_that_lies_about_its_length_is_cut_off(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(300):
            yield b"x" * 1000

    answer = client.post("/v1/classify", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_an_unknown_address_is_a_problem_too(client: TestClient) -> None:
    answer = client.get("/v1/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_prediction_can_be_looked_up_with_what_was_said_of_it(client: TestClient) -> None:
    made = ask(client, body="my money has not come back")
    said = client.post(
        f"/v1/predictions/{made['prediction_id']}/feedback",
        json={"service": "refunds", "actor": "mara", "source": "agent"},
    )
    assert said.status_code == 201
    assert said.json()["labels"] == {"stage": "return", "function": "returns_management", "service": "refunds"}
    kept = client.get(f"/v1/predictions/{made['prediction_id']}").json()
    assert kept["answer"]["labels"] == made["labels"]
    assert [word["actor"] for word in kept["feedback"]] == ["mara"]


def test_a_prediction_can_be_confirmed(client: TestClient) -> None:
    made = ask(client, body="where is my parcel")
    said = client.post(f"/v1/predictions/{made['prediction_id']}/feedback", json={"correct": True}).json()
    assert said["correct"] is True


@pytest.mark.parametrize(
    ("feedback", "status", "said"),
    [
        pytest.param({"service": "refund"}, 422, "no label 'refund'", id="unknown label"),
        pytest.param({"stage": "plan", "service": "refunds"}, 422, "not an allowed combination", id="forbidden"),
        pytest.param({"topic": "refunds"}, 422, "no level 'topic'", id="unknown level"),
        pytest.param({}, 422, "give the right labels", id="nothing"),
        pytest.param({"correct": False}, 422, "give the right labels", id="wrong, but not what is right"),
        pytest.param({"service": 5}, 422, "must be a text", id="number"),
        pytest.param({"correct": True, "service": "refunds"}, 422, "at once", id="both"),
    ],
)
def test_wrong_feedback_says_what_would_be_right(
    client: TestClient, feedback: dict[str, Any], status: int, said: str
) -> None:
    made = ask(client, body="where is my parcel")
    answer = client.post(f"/v1/predictions/{made['prediction_id']}/feedback", json=feedback)
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_feedback_on_nothing_is_not_found(client: TestClient) -> None:
    assert client.post("/v1/predictions/pred_0/feedback", json={"correct": True}).status_code == 404


def test_openapi_describes_the_answers_and_gives_examples(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["components"]["schemas"]["ClassifyIn"]["examples"]
    assert set(described["paths"]["/v1/classify"]["post"]["responses"]) >= {"200", "400", "413", "422", "503"}


def test_a_server_without_a_model_is_alive_but_not_ready(tmp_path: Path) -> None:
    with TestClient(
        create_app(Settings(home=tmp_path, registry=f"sqlite:///{tmp_path / 'none.db'}")), base_url="http://127.0.0.1"
    ) as bare:
        assert bare.get("/health/live").status_code == 200
        ready = bare.get("/health/ready")
        assert (ready.status_code, ready.headers["retry-after"]) == (503, "2")
        assert bare.post("/v1/classify", json={"body": "x"}).status_code == 503
