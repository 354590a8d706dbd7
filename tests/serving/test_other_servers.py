"""Batches, and the addresses of other servers: same engine, same store, the shapes that their callers know."""

from typing import Any

import pytest
from starlette.testclient import TestClient


def test_a_batch_keeps_its_order_and_has_an_error_per_item(client: TestClient) -> None:
    items: list[Any] = [{"id": str(k), "body": f"where is parcel {k}"} for k in range(500)]
    items[3], items[400] = {"body": " "}, {"colour": 1}
    answer = client.post("/v1/classify/batch", json={"items": items}).json()
    assert (answer["answered"], answer["failed"]) == (498, 2)
    assert [item["status"] for item in answer["items"]].count(422) == 2
    assert answer["items"][3]["error"]["status"] == 422
    assert all(item["answer"]["id"] == str(k) for k, item in enumerate(answer["items"]) if item["answer"])
    number = answer["items"][499]["answer"]["prediction_id"]
    assert client.get(f"/v1/predictions/{number}").json()["answer"]["id"] == "499"


@pytest.mark.parametrize("body", [{"items": []}, {"items": [{}] * 1001}, {"item": []}, [], {"items": {}}])
def test_a_batch_of_another_shape_is_refused(client: TestClient, body: Any) -> None:
    assert client.post("/v1/classify/batch", json=body).status_code == 422


def test_a_batch_of_faulty_items_only_is_answered(client: TestClient) -> None:
    answer = client.post("/v1/classify/batch", json={"items": [5, None]}).json()
    assert answer["failed"] == 2


def test_models_and_taxonomy_say_what_answers(client: TestClient) -> None:
    (served,) = client.get("/v1/models").json()["models"]
    assert (served["name"], served["version"], served["signed"]) == ("sortation", 1, True)
    taxonomy = client.get("/v1/taxonomy").json()
    assert taxonomy["levels"] == ["stage", "function", "service"]
    assert all(set(each) == set(taxonomy["levels"]) for each in taxonomy["combinations"])


def infer(client: TestClient, **more: Any) -> Any:
    texts = ["where is my order", "I want my money back"]
    body = {"inputs": [{"name": "text", "shape": [2], "datatype": "BYTES", "data": texts}]} | more
    return client.post("/v2/models/sortation/infer", json=body)


def test_the_open_inference_protocol_answers_as_classify_does(client: TestClient) -> None:
    answer = infer(client, id="42", outputs=[{"name": "stage"}, {"name": "prediction_id"}]).json()
    assert (answer["id"], answer["model_name"], answer["model_version"]) == ("42", "sortation", "1")
    stage, numbers = answer["outputs"]
    assert (stage["name"], stage["datatype"], stage["shape"]) == ("stage", "BYTES", [2])
    kept = client.get(f"/v1/predictions/{numbers['data'][1]}").json()["answer"]
    assert kept["stage"]["label"] == stage["data"][1]


def test_the_open_inference_protocol_describes_itself(client: TestClient) -> None:
    assert client.get("/v2").json()["name"] == "sortation"
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    described = client.get("/v2/models/sortation/versions/1").json()
    assert described["inputs"][0] == {"name": "text", "datatype": "BYTES", "shape": [-1]}
    assert {each["name"] for each in described["outputs"]} == {each["name"] for each in infer(client).json()["outputs"]}
    assert client.get("/v2/models/sortation/ready").json() == {"name": "sortation", "ready": True}
    missing = client.get("/v2/models/sortation/versions/9")
    assert (missing.status_code, "version 9" in missing.json()["error"]) == (404, True)


@pytest.mark.parametrize(
    "tensor",
    [
        {"name": "text", "shape": [1], "datatype": "FP32", "data": [1.0]},
        {"name": "text", "shape": [2], "datatype": "BYTES", "data": ["x"]},
        {"name": "text", "shape": [1], "datatype": "BYTES", "data": [" "]},
        {"name": "text", "shape": [1], "datatype": "BYTES", "data": [5]},
        {"name": "image", "shape": [1], "datatype": "BYTES", "data": ["x"]},
    ],
)
def test_a_tensor_of_another_kind_is_refused_with_the_reason(client: TestClient, tensor: Any) -> None:
    answer = client.post("/v2/models/sortation/infer", json={"inputs": [tensor]})
    assert (answer.status_code, bool(answer.json()["error"])) == (422, True)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"dataframe_split": {"columns": ["text"], "data": [["a b"], ["c d"]]}}, id="split"),
        pytest.param({"dataframe_records": [{"text": "a b"}, {"body": "c d", "channel": None}]}, id="records"),
        pytest.param({"instances": ["a b", "c d"]}, id="instances"),
        pytest.param({"inputs": {"text": ["a b", "c d"]}}, id="columns"),
        pytest.param({"inputs": [["a b"], ["c d"]]}, id="lists"),
    ],
)
def test_mlflows_shapes_are_understood(client: TestClient, body: Any) -> None:
    answer = client.post("/invocations", json=body)
    assert answer.status_code == 200, answer.text
    first, _ = answer.json()["predictions"]
    assert set(first) >= {"stage", "function", "service", "probability", "prediction_id"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"instances": []},
        {"instances": [5]},
        {"dataframe_split": {"columns": ["a"], "data": [["x"]]}},
        {"inputs": 5},
    ],
)
def test_other_shapes_are_refused(client: TestClient, body: Any) -> None:
    assert client.post("/invocations", json=body).status_code == 422


def test_mlflows_health_addresses_answer(client: TestClient) -> None:
    assert client.get("/ping").status_code == 200
    assert client.get("/version").status_code == 200
