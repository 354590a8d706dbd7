"""The command `score`: what it refuses, and what it shows of its progress."""

import io
import sys
from pathlib import Path

import pytest

from sortation import main
from sortation.scoring import Shown
from training.scoring.progress import Progress


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["nowhere/*.csv"], "there is no file", id="no files"),
        pytest.param(["nowhere", "--address", "auto"], "add --engine ray", id="address without Ray"),
        pytest.param(["tape://drive/*.csv"], "tape://drive cannot be reached", id="unknown file system"),
    ],
)
def test_a_failure_is_a_sentence(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", *words, "--out", str(tmp_path / "out"), "--home", str(tmp_path)]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_workers_must_be_a_number_above_0(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["score", "x", "--out", "y", "--workers", "0"])
    assert "is no number above 0" in capsys.readouterr().err


class Terminal(io.StringIO):
    """Standard error with somebody before it."""

    def isatty(self) -> bool:
        return True


def test_a_bar_where_somebody_watches_and_plain_lines_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, expected in ((Terminal(), "\r"), (io.StringIO(), "")):
        monkeypatch.setattr(sys, "stderr", stream)
        shown = Shown(every=0)
        shown.show(Progress(1, 0, 0, 0.5, 0.0, 1.0))
        shown.end()
        lines = stream.getvalue()
        assert lines.startswith(expected)
        assert ("█" in lines) is bool(expected)
        assert lines.endswith("\n")


def test_what_came_just_before_the_end_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    shown = Shown(every=3600)
    for rows in (1, 2, 3):
        shown.show(Progress(rows, 0, 0, rows / 3, 0.0, 1.0))
    assert stream.getvalue() == ""
    shown.end()
    assert "100% 3 rows" in stream.getvalue()
