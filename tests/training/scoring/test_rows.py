"""Rows: what one says, or why nothing of it can be scored."""

import json
from pathlib import Path

import pytest

from model.errors import SortationError
from training.scoring.places import place
from training.scoring.rows import LONGEST_TEXT, Row, made, rows
from training.scoring.sources import LONGEST, chunks, inputs


def read(file: Path) -> list[Row]:
    (source,) = inputs(str(file), place("/nowhere"))
    return [row for chunk in chunks(source, {}, 100) for row in rows(chunk)]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        pytest.param("{", "the line is not JSON", id="not JSON"),
        pytest.param('{"a":' * 5000 + "1" + "}" * 5000, "nested too deeply", id="deep"),
        pytest.param("[1]", "the line is no object", id="no object"),
        pytest.param("{}", "subject and body are both empty", id="nothing"),
        pytest.param('{"id": "7", "text": " "}', "subject and body are both empty", id="white space"),
        pytest.param('{"text": {"a": 1}}', "subject and body are both empty", id="no text"),
        pytest.param(json.dumps({"text": "x" * (LONGEST_TEXT + 1)}), "longer than 1,000,000 characters", id="long"),
    ],
)
def test_a_line_without_text_keeps_its_place_and_says_why(tmp_path: Path, line: str, error: str) -> None:
    good = '{"text": "where is my order"}'
    (tmp_path / "a.jsonl").write_text(f"{good}\n{line}\n{good}\n")
    first, second, third = read(tmp_path / "a.jsonl")
    assert first.document == third.document
    assert second.document is None
    assert error in (second.error or "")


def test_a_line_beyond_all_bounds_is_one_row(tmp_path: Path) -> None:
    line = '{"text": "' + "x" * (2 * LONGEST) + '"}'
    (tmp_path / "a.jsonl").write_text(f'{line}\n{{"id": "2", "text": "where is it"}}\n')
    first, second = read(tmp_path / "a.jsonl")
    assert "too long" in (first.error or "")
    assert second.id == "2"


def test_cells_in_an_old_encoding_are_read_beside_those_in_utf_8(tmp_path: Path) -> None:
    old, new = "Wo bleibt die Tür für Müller?".encode("cp1252"), "Die Tür fehlt.".encode()
    (tmp_path / "a.csv").write_bytes(b"id,text\n1," + old + b"\n2," + new + b"\n")
    assert [row.document and row.document.body for row in read(tmp_path / "a.csv")] == [
        "Wo bleibt die Tür für Müller?",
        "Die Tür fehlt.",
    ]


def test_half_a_character_from_json_can_be_written_down() -> None:
    row = made({"id": "a\ud800", "body": "where \udfff is it"})
    assert row.id == "a?"
    assert row.document is not None
    assert row.document.body == "where ? is it"


def test_html_becomes_text_and_an_unknown_channel_none() -> None:
    row = made({"html": "<p>Where</p><p>is it</p>", "channel": "carrier pigeon"})
    assert row.document is not None
    assert "<p>" not in row.document.body
    assert row.document.channel is None
    mail = made({"body": "x", "channel": "E-Mail"}).document
    assert mail is not None
    assert mail.channel == "email"


def test_a_file_that_changed_since_it_was_cut_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,text\n1,where is it\n")
    (source,) = inputs(str(file), place("/nowhere"))
    (chunk,) = chunks(source, {}, 10)
    file.write_text("id,text\n1,where are they\n")
    with pytest.raises(SortationError, match="it changed"):
        list(rows(chunk))
