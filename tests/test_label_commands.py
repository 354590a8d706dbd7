"""doctor and suggest on the command line: tables, files, exit statuses."""

import csv
import json
import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from serving.store import Store
from serving.store.repository import Feedback, Stored, now
from sortation import main

TAXONOMY = "name: tiny\nlevels: [matter]\nlabels:\n  matter:\n    money: a\n    boats: b\n"
WORDS = {
    "money": ["refund", "cash", "credit", "account", "card", "paid", "bank", "coin", "invoice"],
    "boats": ["sail", "mast", "harbour", "anchor", "deck", "tide", "rope", "oar", "hull"],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "corpus").mkdir(parents=True)
    (folder / "taxonomy.yaml").write_text(TAXONOMY)
    drawn = random.Random(5)  # noqa: S311 - not a secret
    lines = []
    for label, words in WORDS.items():
        for k in range(25):
            said = "boats" if (label, k) == ("money", 3) else label
            body = " ".join(drawn.sample(words, 5))
            lines.append(json.dumps({"id": f"{label}{k}", "body": body, "matter": said}))
    (folder / "corpus" / "items.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_the_doctor_writes_a_table_a_page_and_lines_of_json(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, page = tmp_path / "found.csv", tmp_path / "found.html"
    assert main(["doctor", "--data", str(data), "--csv", str(table), "--html", str(page)]) == 0
    said = capsys.readouterr().out
    assert "money3 (items.jsonl:4) matter: boats -> money" in said
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"kind", "id", "where", "level", "given", "proposed", "score", "text"} <= set(rows[0])
    assert rows[0]["id"] == "money3"
    assert "money3" in page.read_text()
    assert main(["doctor", "--data", str(data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["proposed"] == "money"


def test_a_kind_of_finding_can_fail_a_build(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--data", str(data), "--fail-on", "label"]) == 1
    assert "there are findings: 1 of kind label" in capsys.readouterr().err
    assert main(["doctor", "--data", str(data), "--fail-on", "stranger", "--fail-on", "overlap"]) == 0
    assert main(["doctor", "--data", str(data), "--fail-on", "typo"]) == 1
    assert "the kinds are label, contradiction" in capsys.readouterr().err


@pytest.fixture
def home(model_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_home, tmp_path / "home"))


def served(home: Path) -> None:
    store = Store(f"sqlite:///{home / 'sortation.db'}")
    texts = {"p1": "where is my refund", "p2": "the pump leaks", "p3": "the parcel came late"}
    for number, (key, body) in enumerate(texts.items()):
        at = now() + timedelta(seconds=number)
        store.add([Stored(key, at, None, "chat", "", body, {}, "{}", 1, "f")])
    store.add([Stored("p4", now(), None, "chat", "", "of another tenant", {}, "{}", 1, "f", "other")])
    store.say(Feedback("p2", now(), {}, True))
    assert [row.id for row in store.unreviewed()] == ["p3", "p1"]
    assert [row.id for row in store.unreviewed(most=1)] == ["p3"]
    store.close()


def test_what_was_served_and_not_reviewed_is_suggested(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    served(home)
    assert main(["suggest", "--served", "--home", str(home), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["id"] for row in rows} == {"p1", "p3"}
    assert all(row["because"] for row in rows)


def test_texts_of_files_are_ranked(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, table, page = tmp_path / "a.csv", tmp_path / "out.csv", tmp_path / "out.html"
    source.write_text("id,text\n1,where is my refund\n2,where is my refund\n3,the pump leaks oil\n4,\n")
    words = ["suggest", str(source), "--home", str(home), "--csv", str(table), "--html", str(page)]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "1 of 3 rows were left out" in said.err
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rank"] for row in rows] == ["1", "2"]
    assert {row["id"] for row in rows} == {"1", "3"}
    assert "the pump leaks oil" in page.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["suggest"], "name files, or say --served", id="nothing"),
        pytest.param(["suggest", "none.csv"], "none.csv", id="no file"),
    ],
)
def test_a_failure_is_a_sentence(words: list[str], said: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--home", str(home)]) == 1
    assert said in capsys.readouterr().err
