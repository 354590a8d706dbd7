"""Erasure: by requester, by age, with jobs and corrections; and which models had learned."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from model.errors import NotFound
from serving import commands
from serving.requesters import hidden
from serving.settings import Settings
from serving.store import Feedback, Store, Stored
from serving.store.corrections import correction_lines
from serving.store.repository import now
from serving.watching import sweep
from tests.serving.conftest import Serve
from training.cache import Cache

LABELS = {"stage": "return", "function": "returns_management", "service": "refunds"}


def stored(number: int, requester: str | None, days: int = 0, tenant: str = "default") -> Stored:
    at = now() - timedelta(days=days)
    return Stored(f"pred_{number}", at, None, None, "", f"secret {number}", LABELS, "{}", 1, "f", tenant, requester)


@pytest.fixture
def store(url: str) -> Store:
    made = Store(url)
    made.add(
        [
            stored(1, "Ana@example.com"),
            stored(2, "bo@example.com", days=40),
            stored(3, None, days=40),
            stored(4, "ana@example.com", tenant="acme"),
        ]
    )
    for number in (1, 2):
        made.say(Feedback(f"pred_{number}", now(), LABELS, True))
    made.note_training("sortation", 7, ["pred_1", "pred_2"])
    made.note_training("sortation", 8, ["pred_1"])
    return made


def test_a_requester_is_erased_in_one_tenant_with_what_was_said(store: Store) -> None:
    erased = store.erasures.of_requester("default", "ana@EXAMPLE.com")
    assert (erased.predictions, erased.versions) == (1, ["sortation/7", "sortation/8"])
    with pytest.raises(NotFound):
        store.get("pred_1")
    assert store.said("pred_1") == []
    assert store.get("pred_4", "acme").requester == "ana@example.com"
    assert [each.predictions for each in store.erasures.all("default")] == [1]
    assert store.erasures.all("acme") == []
    store.close()


@pytest.mark.parametrize(
    ("stands", "asked"),
    [
        ("Özlem Ünal", "özlem ünal"),
        ("özlem ünal", "ÖZLEM ÜNAL"),
        ("ÄNNE@example.org", "ÄNNE@example.org"),
        ("Änne@example.org", "Änne <änne@EXAMPLE.org>"),
        (hidden("ÄNNE@example.org"), "änne@example.org"),
    ],
)
def test_letters_beyond_ascii_have_no_case_either(url: str, stands: str, asked: str) -> None:
    store = Store(url)
    store.add([stored(1, stands), stored(2, "anne@example.org"), stored(3, stands, tenant="acme")])
    store.jobs.create("job_1", "default", [('{"body": "x"}', stands), ('{"body": "y"}', "Ozlem Unal")])
    assert store.erasures.of_requester("default", asked).predictions == 1
    assert store.count() == 2
    assert store.jobs.lines("job_1", 10) == [(1, '{"body": "y"}')]
    store.close()


def test_what_is_too_old_is_erased_everywhere(store: Store, tmp_path: Path) -> None:
    sweep(store, Settings(home=tmp_path, retention_days=30))
    assert store.count() == 2
    assert store.erasures.all("default")[0].versions == ["sortation/7"]
    store.close()


def test_nothing_is_erased_by_age_unless_told(store: Store, tmp_path: Path) -> None:
    sweep(store, Settings(home=tmp_path))
    assert store.count() == 4
    store.close()


def test_lines_of_jobs_are_erased_too(store: Store) -> None:
    store.jobs.create("job_1", "default", [('{"body": "x"}', "ana@example.com"), ('{"body": "y"}', None)])
    store.erasures.of_requester("default", "ana@example.com")
    assert store.jobs.lines("job_1", 10) == [(1, '{"body": "y"}')]
    assert json.loads(next(iter(store.jobs.results("job_1"))))["error"]["status"] == 410
    store.close()


def test_an_erased_text_is_in_no_file_of_the_store(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'sortation.db'}")
    store.add([replace(stored(1, "ana"), body="xyzzy-needle")])
    store.add([stored(number, None) for number in range(2, 50)])
    assert any(b"xyzzy-needle" in file.read_bytes() for file in tmp_path.iterdir())
    store.erasures.of_requester("default", "ana")
    assert not any(b"xyzzy-needle" in file.read_bytes() for file in tmp_path.iterdir())
    store.close()


def test_the_command_erases_and_writes_the_corrections_again(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with commands.opened(settings) as store:
        store.add([stored(1, "ana")])
        store.say(Feedback("pred_1", now(), LABELS, True))
        (tmp_path / "corrections.jsonl").write_text("\n".join(correction_lines(store)))
    lines = commands.erase(settings, "default", "ana", None)
    assert lines[0] == "1 predictions erased"
    assert (tmp_path / "corrections.jsonl").read_text() == ""


def with_prepared_items(home: Path, needle: str) -> Cache:
    """Training's cache in a home, which holds a text, whole and half-written."""
    cache = Cache(home / "cache")
    cache.put("items", {"texts": np.array([needle.encode()])})
    (entry,) = cache.folder.iterdir()
    (cache.folder / "killed.1.draft").write_bytes(entry.read_bytes())
    assert all(needle.encode() in file.read_bytes() for file in cache.folder.iterdir())
    return cache


def test_an_erased_text_is_in_no_file_that_training_keeps(serve: Serve, home: Path) -> None:
    client = serve()
    made = client.post("/v1/classify", json={"body": "xyzzy-needle", "from": "ana"}).json()
    assert client.post(f"/v1/predictions/{made['prediction_id']}/feedback", json={"correct": True}).status_code == 201
    (home / "corrections.jsonl").write_text(client.get("/v1/corrections").text)
    cache = with_prepared_items(home, "xyzzy-needle")
    assert client.post("/v1/erasures", json={"requester": "ana"}).json()["predictions"] == 1
    holding = [file for file in home.rglob("*") if file.is_file() and b"xyzzy-needle" in file.read_bytes()]
    assert holding == []
    assert cache.get("items") is None


def test_the_command_and_the_age_limit_empty_what_training_keeps_too(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, retention_days=30)
    with commands.opened(settings) as store:
        store.add([stored(1, "ana"), stored(2, None, days=40)])
        cache = with_prepared_items(tmp_path, "secret 2")
        sweep(store, settings)
    assert list(cache.folder.iterdir()) == []
    with_prepared_items(tmp_path, "secret 1")
    commands.erase(settings, "default", "ana", None)
    assert list(cache.folder.iterdir()) == []
