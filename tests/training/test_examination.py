"""What is known before training: the store's corrections in their places, with who and when."""

import json
from pathlib import Path

from model.taxonomy import Taxonomy
from serving.store import Feedback, Store, Stored
from serving.store.corrections import export_corrections
from serving.store.repository import now
from training.examination import Sources, examine

REFUND = {"stage": "return", "function": "returns_management", "service": "refunds"}
EXCHANGE = REFUND | {"service": "exchanges"}


def stored(number: int, item: str | None, body: str) -> Stored:
    return Stored(f"pred_{number}", now(), item, "email", "", body, REFUND, '{"a": 1}', 3, "f" * 64)


def test_the_stores_corrections_take_their_places_with_who_and_when(tmp_path: Path, taxonomy: Taxonomy) -> None:
    line = {"id": "ticket-7", "channel": "email", "body": "the blue one instead", **REFUND}
    (tmp_path / "c.jsonl").write_text(json.dumps(line))
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.add(
        [stored(1, "ticket-7", "the blue one instead"), stored(2, None, "money back"), stored(3, None, "unjudged")]
    )
    store.say(Feedback("pred_1", now(), REFUND, True, "agent", "jo"))
    store.say(Feedback("pred_1", now(), EXCHANGE, False, "agent", "mara"))
    store.say(Feedback("pred_2", now(), REFUND, True))
    export_corrections(store, tmp_path / "corrections.jsonl")
    store.close()
    sources = Sources(tmp_path / "taxonomy.yaml", tmp_path / "c.jsonl", tmp_path / "corrections.jsonl")
    found = examine(sources, taxonomy, seed=7)
    seven, two = found.items
    assert (seven.id, seven.labels[-1], seven.facts["actor"]) == ("ticket-7", "exchanges", "mara")
    assert (two.id, two.labels[-1]) == ("pred_2", "refunds")
    assert all(item.corrected_at[:2] == "20" for item in found.items)
    assert (found.rows, found.corrections) == (3, 2)


def test_a_table_of_corrections_outranks_the_store_where_it_is_newer(tmp_path: Path, taxonomy: Taxonomy) -> None:
    (tmp_path / "c.csv").write_text(
        "id,text,service,corrected_at,reviewer\nticket-7,the blue one instead,warranty_repairs,2999-01-01,ole\n"
    )
    line = {"id": "ticket-7", "body": "the blue one instead", **EXCHANGE, "corrected_at": "2026-05-01", "actor": "mara"}
    (tmp_path / "corrections.jsonl").write_text(json.dumps(line))
    found = examine(Sources(tmp_path, tmp_path / "c.csv", tmp_path / "corrections.jsonl"), taxonomy, seed=7)
    assert [(item.labels[-1], item.facts["reviewer"]) for item in found.items] == [("warranty_repairs", "ole")]
