"""A server over SQLite and over PostgreSQL: the same promises on both."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from model.errors import NotFound
from serving import commands
from serving.store import Store, Stored
from serving.store.remembered import KEPT_HOURS, Told
from serving.store.repository import now
from serving.store.tables import remembered
from tests.serving.conftest import Serve, settings_of

LABELS = {"stage": "return", "function": "returns_management", "service": "refunds"}


def ask(client: TestClient, **more: Any) -> Any:
    item = {"body": "where is parcel 4471?", "from": "ana@example.org"}
    return client.post("/v1/classify", json=item, **more).json()


def test_what_a_server_kept_the_next_one_knows(serve: Serve, url: str) -> None:
    first = serve(database=url)
    made = ask(first, headers={"Idempotency-Key": "once"})
    where = f"/v1/predictions/{made['prediction_id']}"
    assert first.post(f"{where}/feedback", json={"service": "refunds"}).status_code == 201
    job = first.post("/v1/jobs", json={"items": [{"body": "x y"}, {"colour": 1}]}).json()["job_id"]
    again = serve(database=url)
    assert again.get(where).json()["answer"] == made
    assert [word["labels"]["service"] for word in again.get(where).json()["feedback"]] == ["refunds"]
    assert ask(again, headers={"Idempotency-Key": "once"}) == made
    until = time.monotonic() + 60
    while again.get(f"/v1/jobs/{job}").json()["state"] != "done" and time.monotonic() < until:
        time.sleep(0.02)
    assert len(again.get(f"/v1/jobs/{job}/results").text.splitlines()) == 2
    assert again.get("/v1/corrections").text.count("\n") == 1
    assert again.post("/v1/erasures", json={"requester": "ANA@example.org"}).json()["predictions"] == 1
    assert again.get(where).status_code == 404
    assert ask(again, headers={"Idempotency-Key": "once"})["prediction_id"] != made["prediction_id"]


def test_a_running_server_erases_what_is_too_old_of_every_tenant(serve: Serve, url: str) -> None:
    store = Store(url)
    old = Stored("pred_1", now() - timedelta(days=40), None, None, "", "b", LABELS, "{}", 1, "f")
    young = replace(old, id="pred_3", created_at=now() - timedelta(days=20))
    store.add([old, replace(old, id="pred_2", tenant="acme"), young])
    client = serve(database=url, retention_days=30)
    until = time.monotonic() + 60
    while store.count() > 1 and time.monotonic() < until:
        time.sleep(0.02)
    assert store.get("pred_3").id == "pred_3"
    assert store.count() == 1
    (erased,) = client.get("/v1/erasures").json()["erasures"]
    assert (erased["reason"], erased["predictions"]) == ("age", 1)
    assert [each.predictions for each in store.erasures.all("acme")] == [1]
    store.close()


def test_keys_and_quotas_are_kept(home: Path, url: str) -> None:
    settings = settings_of(home, database=url)
    secret, said = commands.create_key(settings, "acme", "classify,review", "desk")
    commands.set_quota(settings, "acme", 7)
    listed = "\n".join(commands.list_keys(settings))
    assert "acme" in listed
    assert "quota of acme: 7" in listed
    assert secret not in listed
    number = said.split()[1]
    commands.revoke_key(settings, number)
    assert "revoked 20" in commands.list_keys(settings)[0]
    with pytest.raises(NotFound):
        commands.revoke_key(settings, number)


def test_an_answer_is_remembered_for_a_day(url: str) -> None:
    store = Store(url)
    told = Told("d" * 64, 200, "application/json", b"\x00\xff")
    store.remembered.keep("acme", "k", told)
    assert store.remembered.find("acme", "k") == told
    assert store.remembered.find("other", "k") is None
    assert store.remembered.forget() == 0
    with store._engine.begin() as connection:
        connection.execute(remembered.update().values(created_at=now() - timedelta(hours=KEPT_HOURS, minutes=1)))
    assert store.remembered.find("acme", "k") is None
    store.remembered.keep("acme", "k", replace(told, status=201))
    assert store.remembered.forget() == 0
    store.close()


def test_servers_at_once_take_each_job_once(url: str) -> None:
    store = Store(url)
    for number in range(6):
        store.jobs.create(f"job_{number}", "default", [("{}", None)])
    taken: list[str] = []

    def work(owner: str) -> None:
        while sum(job.state == "queued" for job in store.jobs.all("default")):
            job = store.jobs.claim(owner)
            if job is not None:
                taken.append(job.id)

    threads = [threading.Thread(target=work, args=(f"owner {k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"job_{number}" for number in range(6)]
    store.close()


def test_a_nul_in_what_a_database_would_not_take_is_refused(serve: Serve, url: str) -> None:
    client = serve(database=url)
    where = f"/v1/predictions/{client.post('/v1/classify', json={'body': 'x'}).json()['prediction_id']}/feedback"
    for path, said in (
        (where, {"correct": True, "actor": "ma\0ra"}),
        (where, {"correct": True, "source": "\0"}),
        ("/v1/erasures", {"requester": "ana\0@example.org"}),
    ):
        refused = client.post(path, json=said)
        assert (refused.status_code, "pattern" in refused.json()["detail"]) == (422, True)
