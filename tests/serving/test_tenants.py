"""What a tenant is promised: taxonomy, model, rules and data of its own, the defaults for the rest, no strangers."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from model import bundle, signing
from model import taxonomy as taxonomies
from model.document import Document
from serving import commands
from serving.app import create_app
from serving.models import current
from serving.settings import Settings, default_data
from serving.store import Feedback
from serving.store.repository import now
from tests.serving.conftest import ready, settings_of
from training.corpus import Item
from training.fitting import Settings as Wishes
from training.fitting import fit

TAXONOMY = """
name: acme-desks
version: 1
levels: [desk]
out_of_scope: Anything else.
labels:
  desk:
    parcels: Where things are.
    money: Refunds and invoices.
"""
RULES = "version: 1\nfallback: {queue: acme-only}\n"
TEXTS = {"parcels": "where is parcel number {}", "money": "please pay back my money for invoice {}"}


@pytest.fixture(scope="module")
def settings(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """`acme` has a taxonomy, a model and rules of its own; `other` has a key and nothing else."""
    home, data = tmp_path_factory.mktemp("tenants") / "home", tmp_path_factory.mktemp("tenants") / "data"
    shutil.copytree(model_home, home)
    shutil.copytree(default_data(), data, ignore=shutil.ignore_patterns("corpus"))
    acme = data / "tenants" / "acme"
    acme.mkdir(parents=True)
    (acme / "taxonomy.yaml").write_text(TAXONOMY, encoding="utf-8")
    (acme / "routing.yaml").write_text(RULES, encoding="utf-8")
    items = [
        Item(f"{desk}-{k}", Document(body=text.format(k)), (desk,), "made up") for desk, text in TEXTS.items()
        for k in range(40)
    ]  # fmt: skip
    folder = home / "models" / "acme-5"
    bundle.save(fit(items, [], taxonomies.load(acme / "taxonomy.yaml"), Wishes()), folder)
    signing.sign(folder, signing.own_key(home))
    (home / "models" / current("sortation-acme")).write_text(json.dumps({"folder": folder.name, "version": 5}))
    return settings_of(home, data=data)


@pytest.fixture(scope="module")
def keys(settings: Settings) -> dict[str, dict[str, str]]:
    """Tenant -> headers that say so."""
    made = {name: commands.create_key(settings, name, "admin", "")[0] for name in ("acme", "other", "default")}
    return {name: {"Authorization": f"Bearer {secret}"} for name, secret in made.items()}


@pytest.fixture(scope="module")
def client(settings: Settings, keys: dict[str, dict[str, str]]) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as made:
        until = time.monotonic() + 60
        while "sortation-acme" not in made.get("/v1/models", headers=keys["acme"]).text and time.monotonic() < until:
            time.sleep(0.01)
        yield ready(made)


Keys = dict[str, dict[str, str]]


def ask(client: TestClient, headers: dict[str, str], **item: Any) -> Any:
    answer = client.post("/v1/classify", json={"body": "where is parcel number 7"} | item, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_tenants_own_taxonomy_and_model_answer_it(client: TestClient, keys: Keys) -> None:
    found = ask(client, keys["acme"])
    assert found["labels"] == {"desk": "parcels"}
    assert (found["model"]["name"], found["model"]["version"]) == ("sortation-acme", 5)
    assert client.get("/v1/taxonomy", headers=keys["acme"]).json()["labels"] == {"desk": ["parcels", "money"]}


def test_a_tenants_own_rules_route_it(client: TestClient, keys: Keys) -> None:
    assert ask(client, keys["acme"])["route"]["queue"] == "acme-only"


def test_a_tenant_without_files_inherits_all_defaults(client: TestClient, keys: Keys) -> None:
    other, default = ask(client, keys["other"]), ask(client, keys["default"])
    for key in ("labels", "model", "confidence"):
        assert other[key] == default[key]
    assert other["route"]["queue"] == default["route"]["queue"] != "acme-only"
    taxonomy = client.get("/v1/taxonomy", headers=keys["other"]).json()
    assert taxonomy == client.get("/v1/taxonomy", headers=keys["default"]).json()


def test_feedback_is_judged_by_the_tenants_own_taxonomy(client: TestClient, keys: Keys) -> None:
    where = f"/v1/predictions/{ask(client, keys['acme'])['prediction_id']}/feedback"
    assert client.post(where, json={"service": "refunds"}, headers=keys["acme"]).status_code == 422
    assert client.post(where, json={"desk": "money"}, headers=keys["acme"]).json()["labels"] == {"desk": "money"}


def test_another_tenants_items_jobs_and_words_are_not_found(client: TestClient, keys: Keys) -> None:
    number = ask(client, keys["acme"])["prediction_id"]
    job = client.post("/v1/jobs", json={"items": [{"body": "x y"}]}, headers=keys["acme"]).json()["job_id"]
    for name in ("other", "default"):
        for path in (f"/v1/predictions/{number}", f"/v1/jobs/{job}", f"/v1/jobs/{job}/results"):
            assert client.get(path, headers=keys[name]).status_code == 404
        for path in (f"/v1/predictions/{number}/feedback", f"/v1/jobs/{job}/cancel"):
            assert client.post(path, json={"correct": True}, headers=keys[name]).status_code == 404
        assert job not in client.get("/v1/jobs", headers=keys[name]).text
        assert number not in client.get("/v1/corrections", headers=keys[name]).text


def test_another_tenants_model_is_not_found(client: TestClient, keys: Keys) -> None:
    assert client.get("/v2/models/sortation-acme", headers=keys["acme"]).status_code == 200
    assert client.get("/v2/models/sortation-acme", headers=keys["other"]).status_code == 404
    assert "acme" not in client.get("/v1/models", headers=keys["other"]).text


def test_the_same_idempotency_key_of_two_tenants_is_two_keys(client: TestClient, keys: Keys) -> None:
    first, second = (ask(client, keys[name] | {"Idempotency-Key": "k"}) for name in ("acme", "other"))
    assert first["prediction_id"] != second["prediction_id"]
    assert first["labels"] != second["labels"]


def test_metrics_of_all_tenants_are_the_operators(client: TestClient, keys: Keys) -> None:
    assert client.get("/metrics", headers=keys["default"]).status_code == 200
    refused = client.get("/metrics", headers=keys["acme"])
    assert (refused.status_code, "tenant default" in refused.json()["detail"]) == (403, True)


def test_an_erasure_is_one_tenants_and_names_the_versions_that_had_learned(
    client: TestClient, keys: Keys, settings: Settings
) -> None:
    numbers = {name: ask(client, keys[name], **{"from": "Ana <ana@example.org>"})["prediction_id"] for name in keys}
    with commands.opened(settings) as store:
        for name, number in numbers.items():
            kept = store.get(number, name)
            store.say(Feedback(number, now(), kept.labels, True), name)
            store.note_training(f"sortation-{name}", 9, [number])
    erased = client.post("/v1/erasures", json={"requester": "ana@example.org"}, headers=keys["acme"]).json()
    assert (erased["predictions"], erased["versions"]) == (1, ["sortation-acme/9"])
    found = {name: client.get(f"/v1/predictions/{number}", headers=keys[name]) for name, number in numbers.items()}
    assert {name: answer.status_code for name, answer in found.items()} == {"acme": 404, "other": 200, "default": 200}
    assert client.get("/v1/erasures", headers=keys["acme"]).json()["erasures"] == [erased]
    assert client.get("/v1/erasures", headers=keys["other"]).json() == {"erasures": []}
