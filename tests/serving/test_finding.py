"""The finder of identifiers: there when it is needed, and its own users' faults show at the start."""

import asyncio
import hashlib
import logging
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from model.entities import EntityError
from serving.app import create_app
from serving.finding import SHIPPED, Finding, finding_of, load_behind
from serving.settings import default_data
from tests.serving.conftest import ready, settings_of

PATTERNS = default_data() / "entities.jsonl"
FAULTY = '{"label": "dock", "pattern": [{"NO_SUCH": "b4"}]}\n'


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """A folder of data in which somebody may edit the patterns."""
    return Path(shutil.copytree(default_data(), tmp_path / "data", ignore=shutil.ignore_patterns("corpus")))


def test_the_shipped_patterns_are_the_ones_that_were_tried() -> None:
    assert hashlib.sha256(PATTERNS.read_bytes()).hexdigest() == SHIPPED


def test_the_first_question_loads_the_finder() -> None:
    finding = finding_of(PATTERNS)
    assert finding is not None
    assert [(found.kind, found.value) for found in finding.find("order 4500771 has not arrived")] == [
        ("order", "4500771")
    ]


def test_faulty_patterns_of_ones_own_are_told_at_the_start(tmp_path: Path) -> None:
    own = tmp_path / "entities.jsonl"
    own.write_text(FAULTY, encoding="utf-8")
    with pytest.raises(EntityError, match="spaCy's format"):
        finding_of(own)


def test_patterns_of_ones_own_are_found(tmp_path: Path) -> None:
    own = Path(shutil.copy(PATTERNS, tmp_path))
    with own.open("a", encoding="utf-8") as file:
        file.write('{"label": "urgency", "pattern": "line down"}\n')
    finding = finding_of(own)
    assert finding is not None
    assert [found.kind for found in finding.find("We have a line down")] == ["urgency"]


def test_without_a_file_there_is_no_finder(tmp_path: Path) -> None:
    assert finding_of(tmp_path / "entities.jsonl") is None


def test_faults_in_patterns_that_were_edited_end_the_start(edited: Path, home: Path) -> None:
    (edited / PATTERNS.name).write_text(PATTERNS.read_text(encoding="utf-8") + FAULTY, encoding="utf-8")
    with pytest.raises(EntityError, match="spaCy's format"):
        create_app(settings_of(home, data=edited))


def test_patterns_that_break_later_are_the_servers_fault(edited: Path, home: Path) -> None:
    app = create_app(settings_of(home, data=edited))
    (edited / PATTERNS.name).write_text(PATTERNS.read_text(encoding="utf-8") + FAULTY, encoding="utf-8")
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        asked = {"body": "order 4500771 has not arrived", "options": {"entities": True}}
        assert ready(client).post("/v1/classify", json=asked).status_code == 500


def test_a_finder_that_cannot_be_loaded_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "own.jsonl").write_text(FAULTY, encoding="utf-8")
    with caplog.at_level(logging.ERROR):
        asyncio.run(load_behind(Finding(tmp_path / "own.jsonl"), lambda: True))
    assert "spaCy's format" in caplog.text
