"""The finder of identifiers: there when it is needed, and its own users' faults show at the start."""

import shutil
from pathlib import Path

import pytest

from model.entities import EntityError
from serving.finding import finding_of
from serving.settings import default_data

PATTERNS = default_data() / "entities.jsonl"


def test_the_first_question_loads_the_finder() -> None:
    finding = finding_of(PATTERNS)
    assert finding is not None
    assert [(found.kind, found.value) for found in finding.find("order 4500771 has not arrived")] == [
        ("order", "4500771")
    ]


def test_faulty_patterns_of_ones_own_are_told_at_the_start(tmp_path: Path) -> None:
    own = tmp_path / "entities.jsonl"
    own.write_text('{"label": "dock", "pattern": [{"NO_SUCH": "b4"}]}\n', encoding="utf-8")
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
