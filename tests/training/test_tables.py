"""Tables: whatever the format, the same items; what is broken or too large says so."""

import csv
import datetime
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from openpyxl import Workbook

from model.errors import CorpusError, SortationError
from model.taxonomy import Taxonomy
from training.corpus import read, read_corpus
from training.scoring.places import place
from training.scoring.rows import rows
from training.scoring.sources import chunks, inputs
from training.tables import Bounds, records, texts

HEAD = (
    "Ticket ID",
    "Subject",
    "Description",
    "Channel",
    "Stage",
    "Function",
    "Service",
    "Language",
    "Tenant",
    "Author",
)
ROWS = (
    ("A-1", "Refund", "My money, \nplease", "E-Mail", "return", "returns_management", "refunds", "en", "acme", "ana"),
    ("A-2", "", "Where is it; the crate?", "ticket", None, None, "Order Tracking", None, None, None),
    ("A-3", "Lunch", "Who orders pizza", "chat", "out_of_scope", "", "", None, None, None),
)
Write = Callable[[Path], Path]


def as_csv(folder: Path) -> Path:
    path = folder / "a.csv"
    with path.open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows([HEAD, *ROWS])
    return path


def as_tsv(folder: Path) -> Path:
    path = folder / "a.tsv"
    with path.open("w", encoding="utf-16", newline="") as file:
        csv.writer(file, delimiter="\t").writerows([HEAD, *ROWS])
    return path


def as_parquet(folder: Path) -> Path:
    path = folder / "a.parquet"
    columns = dict(zip(HEAD, map(list, zip(*ROWS, strict=True)), strict=True))
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def as_workbook(folder: Path) -> Path:
    book = Workbook()
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


@pytest.mark.parametrize("write", [as_csv, as_tsv, as_parquet, as_workbook])
def test_every_format_gives_the_same_items(tmp_path: Path, taxonomy: Taxonomy, write: Write) -> None:
    one, two, three = read_corpus(write(tmp_path), taxonomy)
    assert (one.id, one.document.subject, one.document.channel) == ("A-1", "Refund", "email")
    assert one.document.body == "My money, \nplease"
    assert one.labels == ("return", "returns_management", "refunds")
    assert one.facts == {"language": "en", "tenant": "acme", "writer": "ana"}
    assert two.labels == ("deliver", "order_processing", "order_tracking")  # the only ones that fit
    assert three.labels == taxonomy.combinations[-1]


def test_a_folder_may_mix_formats_and_says_what_it_passed_over(tmp_path: Path, taxonomy: Taxonomy) -> None:
    as_csv(tmp_path)
    line = dict(zip(("id", "body", "stage", "function", "service"), ("j", "x", *[None] * 3), strict=True))
    (tmp_path / "b.jsonl").write_text(json.dumps(line))
    (tmp_path / "notes.odt").write_text("?")
    reading = read(tmp_path, taxonomy)
    assert [item.id for item in reading.items] == ["A-1", "A-2", "A-3", "j"]
    assert [(found.kind, found.place) for found in reading.findings] == [("passed over", "notes.odt")]


def test_a_row_of_a_table_without_any_label_is_not_taken_for_out_of_scope(tmp_path: Path, taxonomy: Taxonomy) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,stage,function,service\nhello there,,,\n")
    with pytest.raises(CorpusError, match=r"a\.csv:2: .* is missing"):
        read_corpus(path, taxonomy)


SAID = ("Die Größe fehlt.", "Wo bleibt die Tür für Müller?", "Où est ma commande ?")


def test_every_line_of_json_is_decoded_by_itself_in_training_as_in_scoring(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"body": said}, ensure_ascii=False) for said in SAID]
    old = [line.encode("cp1252" if k == 1 else "utf-8") for k, line in enumerate(lines)]
    path.write_bytes(b"\r\n".join([*old, *[lines[0].encode()] * 40]))
    assert [record.values["body"] for record in records(path)][:3] == list(SAID)
    (source,) = inputs(str(path), place("/nowhere"))
    scored = [row.document and row.document.body for chunk in chunks(source, {}, 100) for row in rows(chunk)]
    assert scored[:3] == list(SAID)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_json_may_be_in_any_unicode_and_end_in_any_way(tmp_path: Path, codec: str, end: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(f'{{"body": "Größe"}}{end}{end}{{"body": "Ȋ"}}{end}'.encode(codec))
    assert [(record.place, record.values) for record in records(path)] == [
        ("a.jsonl:1", {"body": "Größe"}),
        ("a.jsonl:3", {"body": "Ȋ"}),
    ]


def test_numbers_days_errors_and_formulas_of_a_workbook_are_values_or_nothing(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["n", "whole", "day", "failed", "formula"])
    book.active.append([1.5, 4.0, datetime.datetime(2026, 3, 4, 10), "#REF!", "=1+1"])
    hidden = book.create_sheet("hidden")
    hidden.append(["n"])
    hidden.append([2])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    (record,) = records(tmp_path / "a.xlsx")
    assert texts(record.values) == {"n": "1.5", "whole": "4", "day": "2026-03-04 10:00:00"}


def test_missing_numbers_and_nested_values_of_parquet(tmp_path: Path) -> None:
    table = pyarrow.table({"id": [1.0, float("nan")], "via": [{"channel": "web"}, None], "tags": [["a", "b"], []]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert [texts(record.values) for record in records(tmp_path / "a.parquet")] == [
        {"id": "1", "via.channel": "web", "tags": "a, b"},
        {"id": "", "tags": ""},
    ]


@pytest.mark.parametrize(
    ("name", "said"), [("a.xlsx", r"no \.xlsx file"), ("a.parquet", "Parquet"), ("a.json", "JSON")]
)
def test_a_broken_file_is_named_and_gives_no_items(tmp_path: Path, taxonomy: Taxonomy, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(b"neither")
    with pytest.raises(CorpusError, match=said):
        read_corpus(tmp_path, taxonomy)


def test_a_workbook_without_sheets_or_with_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    for content, said in (("<x/>", "cannot be read as a workbook"), ("<!DOCTYPE x [<!ENTITY a 'b'>]><x/>", "entities")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("xl/workbook.xml", content)
        with pytest.raises(SortationError, match=said):
            list(records(path))


@pytest.mark.parametrize(
    ("write", "bounds"),
    [
        *((write, Bounds(size=10)) for write in (as_csv, as_parquet, as_workbook)),
        *((write, Bounds(rows=2)) for write in (as_csv, as_parquet, as_workbook)),
        *((write, Bounds(expanded=10)) for write in (as_parquet, as_workbook)),
    ],
)
def test_what_is_larger_than_its_bound_is_refused(tmp_path: Path, write: Write, bounds: Bounds) -> None:
    path = write(tmp_path)
    with pytest.raises(SortationError, match=r"allowed|more than"):
        list(records(path, bounds))


def test_a_column_of_a_table_may_say_that_rows_are_predictions(tmp_path: Path, taxonomy: Taxonomy) -> None:
    row: dict[str, list[Any]] = {"text": ["where is it"], "service": ["order_tracking"], "prediction_id": ["p"]}
    pyarrow.parquet.write_table(pyarrow.table(row), tmp_path / "a.parquet")
    with pytest.raises(CorpusError, match="nobody reviewed"):
        read_corpus(tmp_path / "a.parquet", taxonomy)
    pyarrow.parquet.write_table(pyarrow.table(row | {"reviewer": ["mara"]}), tmp_path / "a.parquet")
    assert read_corpus(tmp_path / "a.parquet", taxonomy)[0].facts == {"reviewer": "mara"}
