"""`sortation check`: what it prints and writes, and how it ends."""

import csv
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from sortation import main

ROOT = Path(__file__).resolve().parents[2]
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


def test_a_faulty_corpus_trains_nothing_and_registers_nothing(
    told: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *told[1:]]) == 1
    assert "c.jsonl:2: subject and body are both empty" in capsys.readouterr().err
    assert not list((tmp_path / "home").glob("mlflow*"))
    assert not (tmp_path / "home" / "artifacts").exists()


TOPICS = {
    "delivery": "parcel courier tracking doorstep shipment",
    "refund": "money refund bank returned voucher",
    "repair": "broken warranty crack screen fix",
    "invoice": "bill invoice amount vat accounting",
    "login": "password account locked email reset",
}


def test_a_new_taxonomy_with_eight_items_a_label_trains_at_once_and_says_what_to_expect(tmp_path: Path) -> None:
    labels = "\n".join(f"    {name}: about {words}" for name, words in TOPICS.items())
    (tmp_path / "taxonomy.yaml").write_text(f"name: five\nlevels: [topic]\nlabels:\n  topic:\n{labels}\n")
    draw = random.Random(1)  # noqa: S311 - not a secret
    filler = [
        "we",
        "wrote",
        "twice",
        "about",
        "this",
        "since",
        "monday",
        "and",
        "nobody",
        "answered",
        "please",
        "look",
        "into",
        "it",
        "soon",
    ]
    with (tmp_path / "few.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["Description", "Topic"])
        for name, words in TOPICS.items():
            out.writerows([" ".join([*draw.sample(words.split(), 3), *draw.sample(filler, 9)]), name] for _ in range(8))
    command = [
        "train",
        "--data",
        str(tmp_path),
        "--corpus",
        str(tmp_path / "few.csv"),
        "--home",
        str(tmp_path / "home"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "sortation", *command], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "expected accuracy per label, by cross-validation in 5 folds" in done.stdout
    assert "at most 5% wrong is promised for 0 of 5 labels; each other takes at least" in done.stdout
    assert "version 1 is the champion" in done.stdout
