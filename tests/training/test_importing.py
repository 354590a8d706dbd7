"""Importing: every export becomes items that training reads, or rows with reasons; files appear whole or not at all."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from model.errors import NotFound, SortationError
from model.taxonomy import Taxonomy
from training.corpus import read_corpus
from training.importing import Imported, Wishes, import_items

HEAD = ["Ticket ID", "Title", "Description", "Source", "Stage", "Function", "Service", "Created"]
ROWS = [
    ["A-1", "Refund", "<p>My money,</p><p>please</p>", "E-Mail", "", "", "Refunds", "2026-03-04 10:00"],
    ["A-2", "Hello", "Where is it", "Web form", "", "", "", "4.3.2026"],
    ["A-3", "Lunch", "Who orders pizza", "chat", "out of scope", "", "", "03/04/2026"],
]


def table(folder: Path, *rows: list[str], mark: str = ";", head: list[str] = HEAD) -> Path:
    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows([head, *rows])
    path = folder / "export.csv"
    path.write_bytes(out.getvalue().encode("cp1252"))
    return path


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def run(
    source: Path, folder: Path, taxonomy: Taxonomy, wishes: Wishes | None = None
) -> tuple[Imported, list[Any], list[Any]]:
    out, rest = folder / "out.jsonl", folder / "rest.jsonl"
    done = import_items(source, out, rest, taxonomy, wishes or Wishes())
    return done, lines(out), lines(rest)


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_a_table_becomes_items_that_training_reads(tmp_path: Path, taxonomy: Taxonomy, mark: str) -> None:
    done, labelled, rest = run(table(tmp_path, *ROWS, mark=mark), tmp_path, taxonomy)
    assert (done.labelled, done.unlabelled, done.rejected) == (2, 1, {})
    assert labelled[0] == {
        "id": "A-1",
        "subject": "Refund",
        "body": "My money,\n\nplease",
        "channel": "email",
        "stage": "return",
        "function": "returns_management",
        "service": "refunds",
        "date": "2026-03-04 10:00",
    }
    assert (labelled[1]["stage"], "date" in labelled[1]) == (None, False)  # March or April: nobody can tell
    assert rest == [{"id": "A-2", "subject": "Hello", "body": "Where is it", "channel": "ticket", "date": "2026-03-04"}]
    items = read_corpus(tmp_path / "out.jsonl", taxonomy)
    assert [item.labels[-1] for item in items] == ["refunds", "out_of_scope"]


def test_every_rejected_row_has_its_reason(tmp_path: Path, taxonomy: Taxonomy) -> None:
    rows = [
        ["A-1", "x", "", "email", "", "", "refunds", ""],
        ["A-1", "again", "", "email", "", "", "refunds", ""],
        ["A-4", " ", "", "email", "", "", "refunds", ""],
        ["A-5", "x", "", "pigeon", "", "", "refunds", ""],
        ["A-6", "x", "", "email", "", "", "pizza", ""],
        ["A-7", "x", "", "email", "return", "", "", ""],
        ["A-8", "x", "", "email", "", "", "", ""],
    ]
    done, labelled, rest = run(table(tmp_path, *rows), tmp_path, taxonomy, Wishes(keep_unlabelled=False))
    assert (len(labelled), rest) == (1, [])
    said = {places[0].rpartition(":")[2]: reason for reason, places in done.rejected.items()}
    for row, reason in {
        "3": "stands already",
        "4": "both empty",
        "5": "channel 'pigeon' is unknown",
        "6": "no label 'pizza'",
        "7": "combinations fit",
        "8": "no labels",
    }.items():
        assert reason in said[row]


def sheet(rows: list[dict[str, str]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        for place, value in row.items():
            book.active[place] = value
    book.save(out)
    return out.getvalue()


def test_empty_cells_of_a_workbook_do_not_shift_the_others(tmp_path: Path, taxonomy: Taxonomy) -> None:
    path = tmp_path / "export.xlsx"
    head = {"A1": "Key", "B1": "Summary", "C1": "Description", "D1": "Service"}
    path.write_bytes(sheet([head, {"A2": "J-1", "C2": "my money", "D2": "refunds"}, {"B3": "Only a title"}]))
    done, labelled, rest = run(path, tmp_path, taxonomy)
    assert (labelled[0]["id"], labelled[0]["subject"], labelled[0]["body"]) == ("J-1", "", "my money")
    assert (rest[0]["id"], rest[0]["subject"]) == ("export.xlsx:3", "Only a title")
    assert not done.rejected


def test_objects_may_be_nested_and_lack_fields(tmp_path: Path, taxonomy: Taxonomy) -> None:
    rich = {"type": "doc", "content": [{"type": "paragraph", "content": [{"text": "my "}, {"text": "money"}]}]}
    path = tmp_path / "export.jsonl"
    objects = [
        {"id": 7, "subject": "x", "description": "y", "via": {"channel": "web"}, "group": {"id": 4, "name": "g"}},
        {"key": "J-2", "fields": {"summary": "x", "description": rich}},
        {"id": 9},
        [1],
    ]
    path.write_text("\n".join([*map(json.dumps, objects), "{broken"]), encoding="utf-8")
    done, _, rest = run(path, tmp_path, taxonomy, Wishes({"group.name": "writer"}, {"world": "w"}))
    assert rest == [
        {"id": "7", "subject": "x", "body": "y", "channel": "ticket", "world": "w", "writer": "g"},
        {"id": "J-2", "subject": "x", "body": "my money", "world": "w"},
    ]
    assert sorted(done.rejected) == ["subject and body are both empty", "the line is not JSON", "the row is no object"]


MAIL = (
    "From a@b.org Mon Mar  2 10:00:00 2026\nMessage-ID: <{0}@x>\nSubject: s{0}\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n"
)


def test_mailboxes_and_folders_of_mails_give_newest_messages(tmp_path: Path, taxonomy: Taxonomy) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "a.mbox").write_text("".join(MAIL.format(n) + f"\nnote {n}\n\n-- \nAna\n\n" for n in (1, 2)))
    (folder / "b.eml").write_text("Message-ID: <3@x>\nIn-Reply-To: <1@x>\nSubject: s3\nFrom: a@b.org\n\nnote 3\n")
    (folder / "c.pdf").write_bytes(b"%PDF-1.4\nbroken")
    done, labelled, rest = run(folder, tmp_path, taxonomy, Wishes({}, {"service": "refunds"}))
    assert [(item["id"], item["body"], item["channel"]) for item in labelled] == [
        (f"<{n}@x>", f"note {n}", "email") for n in (1, 2, 3)
    ]
    assert (labelled[0]["date"][:10], labelled[2]["thread"], rest) == ("2026-03-02", "<1@x>", [])
    assert labelled[0]["thread"] == "<1@x>"
    assert sum(map(len, done.rejected.values())) == 1


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        pytest.param(Wishes({"Titel": "subject"}), "no column 'Titel'; the columns are Ticket ID, Title", id="column"),
        pytest.param(Wishes({"Title": "betreff"}), "no field 'betreff'; the fields are id, subject", id="field"),
        pytest.param(Wishes({}, {"colour": "red"}), "no field 'colour'", id="constant"),
    ],
)
def test_a_wrong_wish_writes_nothing(tmp_path: Path, taxonomy: Taxonomy, wishes: Wishes, said: str) -> None:
    source = table(tmp_path, *ROWS)
    with pytest.raises(SortationError, match=said):
        run(source, tmp_path, taxonomy, wishes)
    assert sorted(tmp_path.iterdir()) == [source]


def test_a_source_that_breaks_half_way_writes_nothing(tmp_path: Path, taxonomy: Taxonomy) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    table(folder, *ROWS)
    (folder / "z.xlsx").write_bytes(b"no workbook")
    with pytest.raises(SortationError, match=r"z\.xlsx cannot be read"):
        run(folder, tmp_path, taxonomy)
    assert sorted(tmp_path.iterdir()) == [folder]


def test_what_exists_is_not_replaced_unless_told(tmp_path: Path, taxonomy: Taxonomy) -> None:
    source, out = table(tmp_path, *ROWS), tmp_path / "out.jsonl"
    out.write_text("precious")
    with pytest.raises(SortationError, match="exists already"):
        run(source, tmp_path, taxonomy)
    assert out.read_text() == "precious"
    import_items(source, out, tmp_path / "rest.jsonl", taxonomy, Wishes(), replace=True)
    assert len(lines(out)) == 2


def test_a_source_that_is_not_there_is_named(tmp_path: Path, taxonomy: Taxonomy) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        run(tmp_path / "none.csv", tmp_path, taxonomy)
