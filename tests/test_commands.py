"""The commands that read files: what they print, and what they say when something cannot be read."""

import io
import json
import sys
from pathlib import Path

import pytest

from sortation import main
from sortation.files import progress

WORDS = "The blender from order 4500123 stopped after two weeks and I want my 80.00 EUR back."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "in"
    (inside / "more").mkdir(parents=True)
    (inside / "a.txt").write_text(f"{WORDS}\n\n-- \nAna Lima\n", encoding="utf-16")
    (inside / "b.eml").write_text(f"From: a@b.org\nSubject: Broken\nMessage-ID: <1@x>\n\n{WORDS}\n")
    (inside / "more" / "c.mbox").write_text(
        "".join(f"From a@b.org Mon Mar  2 10:00:00 2026\nFrom: a@b.org\nSubject: s{n}\n\n{WORDS}\n\n" for n in (1, 2))
    )
    (inside / ".hidden").write_text("no")
    return inside


def test_folders_are_classified_as_lines_of_json(
    folder: Path, model_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", str(folder), "--json", "--home", str(model_home)]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = [str(Path(answer["source"]).relative_to(folder)) for answer in answers]
    assert names == ["a.txt", "b.eml", "more/c.mbox#1", "more/c.mbox#2"]
    assert all(set(answer) >= {"stage", "function", "service", "confidence", "doubts"} for answer in answers)
    assert {answer["language"] for answer in answers} == {"en"}


def test_files_that_cannot_be_read_are_sentences_and_the_rest_is_a_table(
    folder: Path, model_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing")
    assert main(["classify", str(folder), "--home", str(model_home)]) == 1
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 5
    assert "broken.pdf: " in said.err
    assert "1 of 5 could not be read" in said.err


def test_a_text_in_a_foreign_language_is_doubted(model_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "Wo bleibt unsere Bestellung? Wir warten seit zwei Wochen auf die Ware."
    assert main(["classify", text, "--home", str(model_home)]) == 0
    assert "unsupported_language" in capsys.readouterr().out


def test_identifiers_are_listed_with_their_normal_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["entities", f"{WORDS} IBAN DE89 3704 0044 0532 0130 01"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == ["order", "amount", "iban"]
    assert rows[1][-3:-1] == ["80.00", "EUR"] or "80.00 EUR" in " ".join(rows[1])
    assert rows[2][-3:] == ["wrong", "check", "digit"]


def test_patterns_of_ones_own_can_be_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.jsonl"
    mine.write_text(json.dumps({"label": "batch", "pattern": [{"LOWER": "lot"}, {"TEXT": {"REGEX": "^L\\d+$"}}]}))
    note = tmp_path / "note.txt"
    note.write_text("The crate of lot L7781 is wet.")
    assert main(["entities", str(note), "--patterns", str(mine), "--json"]) == 0
    (found,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (found["type"], found["value"]) == ("batch", "lot L7781")


def test_an_export_is_imported_with_a_count_of_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "export.csv", tmp_path / "new" / "items.jsonl"
    source.write_text("Nr,Betreff,Service\n1,my money,refunds\n2,hello,\n3,,refunds\n")
    options = ["--map", "Nr=id", "--set", "channel=email", "--world", "w", "--rejected", str(tmp_path / "no.jsonl")]
    assert main(["import", str(source), "--out", str(out), *options]) == 0
    said = capsys.readouterr().out
    assert "Nr as id, Betreff as subject" in said
    assert "1: subject and body are both empty (export.csv:4)" in said
    assert json.loads(out.read_text())["world"] == "w"
    assert json.loads((tmp_path / "new" / "items.unlabelled.jsonl").read_text())["id"] == "2"
    assert json.loads((tmp_path / "no.jsonl").read_text())["row"] == "export.csv:4"


class Terminal(io.StringIO):
    """Standard error with somebody before it."""

    def isatty(self) -> bool:
        return True


def test_a_bar_is_shown_for_many_files_where_somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: dict[bool, str] = {}
    for watched in (True, False):
        stream = Terminal() if watched else io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        assert list(progress(iter("abcde"), 5, "files")) == list("abcde")
        shown[watched] = stream.getvalue()
    assert shown[True].endswith("5/5 files\n")
    assert shown[False] == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["entities", "missing.txt"], "there is no file missing.txt", id="no file"),
        pytest.param(["entities", "x", "--patterns", "nowhere"], "nowhere cannot be read", id="no patterns"),
        pytest.param(["import", "none.csv", "--out", "x.jsonl"], "there is no file none.csv", id="no export"),
        pytest.param(["import", "none.csv", "--out", "x.jsonl", "--map", "x"], "two names with =", id="no mapping"),
        pytest.param(["classify", "x", "--channel", "fax"], "channel 'fax' is unknown", id="channel"),
    ],
)
def test_a_failure_is_a_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 1
    assert said in capsys.readouterr().err
