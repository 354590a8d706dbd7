"""`sortation check`: what it prints and writes, and how it ends."""

import csv
import json
from pathlib import Path

import pytest

from sortation import main

LINE = {"channel": "email", "stage": "return", "function": "returns_management", "service": "refunds"}


@pytest.fixture
def told(tmp_path: Path) -> list[str]:
    lines = [LINE | {"id": "1", "body": "my money, please"}, LINE | {"id": "2", "body": "", "service": "pizza"}]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return ["check", "--corpus", str(tmp_path / "c.jsonl"), "--home", str(tmp_path / "home")]


def test_faults_are_a_table_and_a_status(told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(told) == 1
    said = capsys.readouterr()
    assert "2 rows, 0 of them corrections; 1 items are sound" in said.out
    assert "c.jsonl:2: subject and body are both empty" in said.out
    assert "c.jsonl:2: service has no label 'pizza'" in said.out
    assert "would stop training" in said.err


def test_findings_are_lines_of_json_and_rows_of_a_file(
    told: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*told, "--json", "--csv", str(tmp_path / "out.csv")]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == lines
    assert {"weight": "fault", "kind": "missing text", "place": "c.jsonl:2"}.items() <= lines[0].items()


def test_a_sound_corpus_ends_well(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["check", "--home", str(tmp_path)]) == 0
    assert "are sound" in capsys.readouterr().out
