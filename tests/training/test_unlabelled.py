"""Texts without labels, from exports."""

import json
from pathlib import Path

from model.document import Document
from training.corpus import Item
from training.suggestion import Suggestion
from training.unlabelled import COLUMNS, Text, as_row, read_texts, unlabelled


def test_lines_of_json_and_csv_are_read_with_their_places(tmp_path: Path) -> None:
    lines, table = tmp_path / "a.jsonl", tmp_path / "b.csv"
    lines.write_text(json.dumps({"id": "1", "subject": "Broken", "body": "The lid is cracked"}) + "\n")
    table.write_text("Ticket ID,Description\n7,Where is my parcel\n8,\n")
    texts, faults = read_texts([lines, table], ["service"])
    assert [(text.id, text.document.subject, text.where) for text in texts] == [
        ("1", "Broken", "a.jsonl:1"), ("7", "", "b.csv:2"),
    ]  # fmt: skip
    assert faults == ["b.csv:3: it has no text, or none in a column named body, text, description or the like"]


def test_what_is_labelled_by_id_or_wording_is_not_asked_again_nor_anything_twice() -> None:
    labelled = [Item("1", Document(body="the lid is cracked"), ("a",), "x:1")]
    bodies = {"1": "anything", "2": "the lid is cracked", "3": "my money", "4": "my money", "5": "late"}
    texts = [Text(key, Document(body=body), key) for key, body in bodies.items()]
    assert [text.id for text in unlabelled(texts, labelled)] == ["3", "5"]


def test_a_row_has_every_column() -> None:
    chosen = Suggestion(0, 0.9, ((("a", "b"), 0.4), (("a", "c"), 0.3)), 2, ("near tie", "stands for 2 texts like it"))
    row = as_row(1, chosen, Text("7", Document("S", "one\ntwo"), "b.csv:2"))
    assert tuple(row) == COLUMNS
    assert (row["answer"], row["second"], row["text"]) == ("a/b", "a/c", "S one two")
