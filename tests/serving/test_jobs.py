"""Jobs: in the file's order, an error a line, cancelled when told, going on after a stop."""

import json
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from model.errors import NotFound
from serving.store import Store
from serving.store.jobs import Outcome
from tests.serving.conftest import Serve

LINES = "application/x-ndjson"


def create(client: TestClient, lines: list[Any]) -> Any:
    content = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    made = client.post("/v1/jobs", content=content.encode(), headers={"Content-Type": LINES})
    assert made.status_code == 202, made.text
    return made.json()


def finished(client: TestClient, number: str) -> Any:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        job = client.get(f"/v1/jobs/{number}").json()
        if job["state"] in ("done", "cancelled"):
            return job
        time.sleep(0.02)
    raise AssertionError("the job never ended")


def results(client: TestClient, number: str) -> list[Any]:
    answer = client.get(f"/v1/jobs/{number}/results")
    assert answer.headers["content-type"].startswith(LINES)
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_job_answers_every_line_in_order(client: TestClient) -> None:
    made = create(client, [{"id": str(k), "body": f"where is parcel {k}?"} for k in range(300)])
    assert (made["total"], made["done"]) == (300, 0) or made["state"] != "queued"
    assert finished(client, made["job_id"])["done"] == 300
    found = results(client, made["job_id"])
    assert [line["answer"]["id"] for line in found] == [str(k) for k in range(300)]
    kept = client.get(f"/v1/predictions/{found[7]['answer']['prediction_id']}").json()
    assert kept["answer"]["id"] == "7"


def test_a_faulty_line_has_an_error_of_its_own(client: TestClient) -> None:
    made = create(client, [{"body": "fine"}, "{bad", {"colour": 1}, {"body": "fine"}])
    assert finished(client, made["job_id"])["failed"] == 2
    found = results(client, made["job_id"])
    assert [line.get("error", {}).get("status") for line in found] == [None, 400, 422, None]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        pytest.param(b"", LINES, 422, id="empty"),
        pytest.param(b"\n\n", LINES, 422, id="blank"),
        pytest.param(b"\xff\n", LINES, 422, id="not UTF-8"),
        pytest.param(b'{"items": []}', "application/json", 422, id="no items"),
        pytest.param(b'{"item": []}', "application/json", 422, id="another key"),
        pytest.param(b'{"items"', "application/json", 400, id="not JSON"),
        pytest.param(b"a,b", "text/csv", 415, id="another type"),
    ],
)
def test_a_file_that_is_none_is_refused(client: TestClient, content: bytes, kind: str, status: int) -> None:
    assert client.post("/v1/jobs", content=content, headers={"Content-Type": kind}).status_code == status


def test_a_job_survives_its_server(serve: Serve) -> None:
    first = serve()
    made = create(first, [{"body": f"refund {k}"} for k in range(2000)])
    first.__exit__(None, None, None)
    second = serve()
    assert finished(second, made["job_id"])["done"] == 2000
    assert [line["number"] for line in results(second, made["job_id"])] == list(range(2000))


def test_a_cancelled_job_ends_and_keeps_what_it_has(client: TestClient) -> None:
    made = create(client, [{"body": f"refund {k}"} for k in range(3000)])
    said = client.post(f"/v1/jobs/{made['job_id']}/cancel").json()
    assert said["state"] in ("cancelled", "done")
    job = finished(client, made["job_id"])
    assert len(results(client, made["job_id"])) == job["done"]


def test_only_one_server_works_on_a_job(url: str) -> None:
    store = Store(url)
    store.jobs.create("job_1", "default", [("{}", None)])
    first = store.jobs.claim("a")
    assert first is not None
    assert (first.id, store.jobs.claim("b")) == ("job_1", None)
    assert store.jobs.answer("job_1", "a", [Outcome(0, "{}", failed=False)])
    assert not store.jobs.answer("job_1", "b", [Outcome(0, "{}", failed=False)])
    store.jobs.release("a")
    assert store.jobs.claim("b") is not None
    store.jobs.finish("job_1", "done")
    assert store.jobs.claim("a") is None
    store.close()


def test_a_tenant_does_not_see_anothers_jobs(url: str) -> None:
    store = Store(url)
    store.jobs.create("job_1", "acme", [("{}", None)])
    with pytest.raises(NotFound):
        store.jobs.get("job_1", "default")
    store.jobs.finish("job_1", "cancelled", "default")
    assert store.jobs.get("job_1", "acme").state == "queued"
    assert store.jobs.all("default") == []
    store.close()
