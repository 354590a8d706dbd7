"""The store: what it says it kept is there, newer words outrank older ones."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from model.errors import NotFound
from serving.store import Feedback, Store, Stored
from serving.store.corrections import export_corrections
from serving.store.repository import now

RIGHT = {"stage": "return", "function": "returns_management", "service": "refunds"}


def stored(number: int, item: str | None = None) -> Stored:
    return Stored(f"pred_{number}", now(), item, "email", "s", f"body {number}", RIGHT, '{"a": 1}', 3, "f" * 64)


def test_predictions_survive_a_restart(url: str) -> None:
    first = Store(url)
    first.add([stored(k) for k in range(3)])
    first.close()
    again = Store(url)
    assert again.count() == 3
    assert again.get("pred_1").body == "body 1"
    again.close()


def test_a_batch_is_kept_whole_or_not_at_all(url: str) -> None:
    store = Store(url)
    store.add([stored(1)])
    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        store.add([stored(2), stored(1)])
    assert store.count() == 1
    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        store.add([*(stored(k) for k in range(100, 300)), stored(1)])  # more rows than go into one statement
    assert store.count() == 1
    store.close()


def test_large_batches_are_kept_row_by_row(url: str) -> None:
    store = Store(url)
    store.add([stored(k) for k in range(200)])
    assert store.count() == 200
    assert store.get("pred_137").body == "body 137"
    store.close()


def test_feedback_on_nothing_is_refused(url: str) -> None:
    store = Store(url)
    with pytest.raises(NotFound, match="pred_9"):
        store.say(Feedback("pred_9", now(), RIGHT, True))
    store.close()


def test_the_newest_word_on_an_item_is_exported_once(url: str, tmp_path: Path) -> None:
    store = Store(url)
    store.add([stored(1, "ticket-7"), stored(2, "ticket-7"), stored(3)])
    store.say(Feedback("pred_1", now(), RIGHT | {"service": "exchanges"}, False, "agent", "mara"))
    store.say(Feedback("pred_3", now(), RIGHT, True))
    store.say(Feedback("pred_2", now(), RIGHT | {"service": "warranty_repairs"}, False, "agent", "ole"))
    export_corrections(store, tmp_path / "corrections.jsonl")
    store.close()
    lines = [json.loads(line) for line in (tmp_path / "corrections.jsonl").read_text().splitlines()]
    assert {line["id"]: (line["service"], line["actor"]) for line in lines} == {
        "ticket-7": ("warranty_repairs", "ole"),
        "pred_3": ("refunds", None),
    }


def test_predictions_that_nobody_judged_are_not_exported(url: str, tmp_path: Path) -> None:
    store = Store(url)
    store.add([stored(1)])
    assert export_corrections(store, tmp_path / "corrections.jsonl") == []
    assert (tmp_path / "corrections.jsonl").read_text() == ""
    store.close()


def test_a_tenant_does_not_see_anothers_rows(url: str) -> None:
    store = Store(url)
    store.add([replace(stored(1), tenant="acme"), stored(2)])
    assert store.get("pred_1", "acme").tenant == "acme"
    for tenant, number in (("default", "pred_1"), ("acme", "pred_2")):
        with pytest.raises(NotFound):
            store.get(number, tenant)
        with pytest.raises(NotFound):
            store.say(Feedback(number, now(), RIGHT, True), tenant)
    store.say(Feedback("pred_1", now(), RIGHT, True), "acme")
    assert [row.id for row, _ in store.corrections("acme")] == ["pred_1"]
    assert list(store.corrections("default")) == []
    store.close()


def test_a_text_with_nul_is_kept(url: str) -> None:
    store = Store(url)
    store.add([replace(stored(1), body="a\x00b", item_id="x\x00")])
    assert store.get("pred_1").body in ("a\x00b", "a\ufffdb")
    store.close()


def test_times_come_back_in_utc(url: str) -> None:
    store = Store(url)
    row = stored(1)
    store.add([row])
    assert store.get("pred_1").created_at == row.created_at
    store.close()
