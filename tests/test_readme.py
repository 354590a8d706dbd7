"""The README's first screen is true: its words exist in the Makefile, its commands and its Python run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


def shell_lines() -> list[str]:
    lines = [line for kind, text in BLOCKS if kind == "sh" for line in text.replace("\\\n", " ").splitlines()]
    return [line.split("  #")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def test_the_two_commands_stand_in_the_first_screen() -> None:
    first = "\n".join(README.splitlines()[:25])
    assert "make run" in first
    assert "make test" in first


@pytest.mark.parametrize("line", [line for line in shell_lines() if line.startswith("make ")])
def test_every_make_word_exists(line: str) -> None:
    words = {match[1] for match in re.finditer(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)}
    assert shlex.split(line, comments=True)[1] in words


@pytest.mark.parametrize("line", [line for line in shell_lines() if line.startswith(".venv/bin/sortation ")])
def test_every_command_is_understood(line: str) -> None:
    command = shlex.split(line, comments=True)[1]
    done = subprocess.run(
        [sys.executable, "-m", "sortation", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", [text for kind, text in BLOCKS if kind == "python"])
def test_every_python_block_runs(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_make_alone_prints_its_words() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    for word in ("run", "test", "serve", "train", "lint", "fix", "bench"):
        assert f"make {word} " in done.stdout
