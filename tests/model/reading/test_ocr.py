import stat
from pathlib import Path

import pytest

from model.errors import ReadingError
from model.reading import Limits, read
from model.reading.ocr import recognise

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def engine(folder: Path, script: str) -> str:
    """A stand-in for the engine: a program of its name that answers as told."""
    program = folder / "tesseract"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}:/usr/bin:/bin"


def test_a_scanned_page_is_read_by_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scanned_pdf: bytes
) -> None:
    monkeypatch.setenv("PATH", engine(tmp_path, 'head -c 2 >"$0.magic"; cat >/dev/null; echo "Gate 4 is shut ($4)"'))
    document = read(scanned_pdf, limits=Limits(ocr_languages="deu+eng"))
    assert document.body == "Gate 4 is shut (deu+eng)"
    assert (tmp_path / "tesseract.magic").read_bytes() == b"P5"


def test_a_picture_is_read_by_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", engine(tmp_path, "cat >/dev/null; echo label 12"))
    assert read(PNG).body == "label 12"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param("cat >/dev/null; echo no such language >&2; exit 1", "ocr_failed", id="failure"),
        pytest.param("cat >/dev/null", "no_text", id="silence"),
    ],
)
def test_an_engine_that_fails_is_named(
    script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", engine(tmp_path, script))
    with pytest.raises(ReadingError) as raised:
        read(PNG)
    assert raised.value.reason == reason


def test_an_engine_that_hangs_is_a_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", engine(tmp_path, "exec sleep 5"))
    with pytest.raises(ReadingError) as raised:
        recognise(PNG, Limits(seconds=0.2))
    assert raised.value.reason == "timeout"
