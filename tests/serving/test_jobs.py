"""Jobs: in the file's order, an error a line, cancelled when told, going on after a stop."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from model.errors import NotFound
from serving import commands
from serving.store import Store
from serving.store.jobs import Outcome
from tests.serving.conftest import Serve, settings_of

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


def test_a_jobs_items_count_against_the_quota_and_wait_where_it_is_used_up(serve: Serve, home: Path) -> None:
    settings = settings_of(home)
    secret = commands.create_key(settings, "acme", "classify", "")[0]
    commands.set_quota(settings, "acme", 5)
    client, acme = serve(poll=0.05), {"Authorization": f"Bearer {secret}"}
    items = {"items": [{"body": f"refund {k}"} for k in range(8)]}
    made = client.post("/v1/jobs", json=items, headers=acme)
    assert made.headers["ratelimit-limit"] == "5"
    where = f"/v1/jobs/{made.json()['job_id']}"
    until = time.monotonic() + 30
    while client.get(where, headers=acme).json()["done"] < 5 and time.monotonic() < until:
        time.sleep(0.02)
    assert finished(client, create(client, [{"body": "another tenant's"}])["job_id"])["done"] == 1
    assert client.get(where, headers=acme).json()["done"] == 5
    assert client.post("/v1/classify", json={"body": "x"}, headers=acme).status_code == 429
    spare = client.post("/v1/jobs", json=items, headers=acme).json()["job_id"]
    assert client.post(f"/v1/jobs/{spare}/cancel", headers=acme).json()["state"] == "cancelled"
    commands.set_quota(settings, "acme", 100)
    while client.get(where, headers=acme).json()["state"] != "done" and time.monotonic() < until:
        time.sleep(0.02)
    done = client.get(where, headers=acme)
    assert (done.json()["done"], done.headers["ratelimit-remaining"]) == (8, "92")


def test_jobs_of_some_tenants_can_be_left_for_later(url: str) -> None:
    store = Store(url)
    for number, tenant in (("job_1", "acme"), ("job_2", "other")):
        store.jobs.create(number, tenant, [("{}", None)])
    found = store.jobs.claim("a", without=["acme"])
    assert found is not None
    assert (found.id, store.jobs.claim("a", without=["acme"])) == ("job_2", None)
    store.close()


def test_lines_that_are_done_are_not_read_again(url: str) -> None:
    store = Store(url)
    store.jobs.create("job_1", "acme", [(str(k), None) for k in range(6)])
    assert store.jobs.lines("job_1", 2, after=2) == [(3, "3"), (4, "4")]
    store.close()


def test_a_look_at_a_job_reads_no_texts(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.jobs.create("job_1", "acme", [("{}", None)])
    asked: list[str] = []

    def plan(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if "job_items" in statement:
            found = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            asked.extend(row[3] for row in found if "job_items" in row[3])

    sa.event.listen(sa.Engine, "before_cursor_execute", plan)
    try:
        store.jobs.get("job_1", "acme")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", plan)
    assert len(asked) == 2
    assert all("USING COVERING INDEX" in step for step in asked)
    store.close()
