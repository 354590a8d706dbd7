"""Chunks: every row of a file is in exactly one of them, whatever the file holds."""

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pyarrow import parquet

from model.errors import SortationError
from training.scoring.places import place
from training.scoring.rows import Row, rows
from training.scoring.sources import BROKEN, Chunk, as_plain, chunks, inputs, parsed, runs

CELLS = some.text(some.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8)
MOST = some.integers(1, 5)
FILES = settings(deadline=None, max_examples=40)


def cut(file: Path, most: int = 3, told: dict[str, str] | None = None) -> list[Chunk]:
    (source,) = inputs(str(file), place("/nowhere"))
    return list(chunks(source, told or {}, most))


def joined(found: list[Chunk], most: int) -> list[Row]:
    """The rows of all chunks, once it is seen that the chunks are numbered without gaps and are not too large."""
    at = 0
    for chunk in found:
        assert chunk.first == at
        assert 1 <= chunk.rows <= most
        at += chunk.rows
    return [row for chunk in found for row in rows(parsed(json.loads(json.dumps(as_plain(chunk)))))]


@given(some.lists(some.integers(0, 12), max_size=8), MOST)
def test_runs_of_row_groups_hold_every_row_once(groups: list[int], most: int) -> None:
    numbered = [(k, row) for k, rows in enumerate(groups) for row in range(rows)]
    found: list[tuple[int, int]] = []
    for start, end, skip, count in runs(groups, most):
        inside = [pair for pair in numbered if start <= pair[0] < end]
        assert 1 <= count <= most
        found += inside[skip : skip + count]
    assert found == numbered


@FILES
@given(some.integers(1, 40), some.integers(1, 12), MOST)
def test_parquet_is_read_as_it_was_written(count: int, group: int, most: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.parquet"
        table = pa.table({"id": range(count), "other": [[1]] * count, "text": [f"text {k}" for k in range(count)]})
        parquet.write_table(table, file, row_group_size=group)
        assert [row.id for row in joined(cut(file, most), most)] == [str(k) for k in range(count)]


@FILES
@given(some.lists(some.tuples(CELLS, CELLS), max_size=12), MOST, some.sampled_from([",", ";", "\t"]), some.booleans())
def test_csv_is_read_as_python_reads_it(table: list[tuple[str, str]], most: int, mark: str, all_quoted: bool) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, quoting=csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL)
    writer.writerows([("id", "text"), *(("x" + id, text) for id, text in table)])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / ("a.tsv" if mark == "\t" else "a.csv")
        file.write_bytes(out.getvalue().encode())
        found = cut(file, most)
        assert [row.id for row in joined(found, most)] == ["x" + id for id, _ in table]


@FILES
@given(some.lists(some.one_of(some.none(), CELLS), max_size=12), MOST)
def test_empty_lines_between_json_are_no_rows(table: list[str | None], most: int) -> None:
    lines = ["" if cell is None else json.dumps({"id": "x" + cell, "text": "words"}) for cell in table]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.jsonl"
        file.write_text("\n".join(lines), encoding="utf-8")
        assert [row.id for row in joined(cut(file, most), most)] == ["x" + cell for cell in table if cell is not None]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        pytest.param("a.csv", b"x,y\n1,2\n", "no column is known as text", id="no text"),
        pytest.param("a.csv", b"", "no column is known as text", id="empty"),
        pytest.param("a.csv", b"text,text\n1,2\n", "more than one column is called text", id="one name twice"),
        pytest.param("a.csv", "id,text\n1,2\n".encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param("a.txt", b"text\n", "its ending is none of .parquet", id="ending"),
        pytest.param("a.csv.gz", b"text\n", "its ending is none of .parquet", id="compressed"),
    ],
)
def test_a_file_that_cannot_be_cut_says_why(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SortationError, match=said):
        cut(tmp_path / name)


def test_a_damaged_parquet_file_is_an_error_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(BROKEN):
        cut(tmp_path / "a.parquet")


def test_a_column_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Nr,Words\n7,where is it\n")
    (row,) = joined(cut(tmp_path / "a.csv", 3, {"Words": "body", "Nr": "id"}), 3)
    assert row.id == "7"
    assert row.document is not None
    assert row.document.body == "where is it"


def test_a_column_that_is_told_must_be_there_and_a_field_known(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n7,where is it\n")
    for told, said in (({"Words": "body"}, "no column 'Words'"), ({"text": "bodies"}, "no field 'bodies'")):
        with pytest.raises(SortationError, match=said):
            cut(tmp_path / "a.csv", 3, told)


def test_columns_of_other_types_become_text(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "id": pa.array([1, None]),
        "subject": pa.array(["a", "b"]).dictionary_encode(),
        "text": pa.array([b"caf\xc3\xa9 chairs", None]),
    }
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    first, second = joined(cut(tmp_path / "a.parquet"), 3)
    assert (first.id, second.id) == ("1", None)
    assert first.document is not None
    assert (first.document.subject, first.document.body) == ("a", "café chairs")
