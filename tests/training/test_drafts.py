"""Folders of runs at work, and what killed processes leave of them."""

import multiprocessing
import os
from pathlib import Path

import pytest

from training.drafts import draft, leftovers, replace_whole

CONTEXT = multiprocessing.get_context("forkserver")


def killed(folder: Path) -> None:
    with draft(folder) as made:
        (made / "half.bin").write_text("x")
        os._exit(9)


def test_a_folder_goes_when_its_run_ends_well_or_badly(tmp_path: Path) -> None:
    with draft(tmp_path) as made:
        (made / "x").write_text("x")
    assert not made.exists()
    with pytest.raises(ZeroDivisionError), draft(tmp_path) as made:
        raise ZeroDivisionError
    assert not made.exists()


def test_what_a_killed_process_left_is_found_and_what_a_living_one_uses_is_not(tmp_path: Path) -> None:
    with draft(tmp_path) as mine:
        process = CONTEXT.Process(target=killed, args=(tmp_path,))
        process.start()
        process.join(60)
        with leftovers(tmp_path) as found:
            assert len(found) == 1
            assert (found[0] / "half.bin").exists()
        assert mine.exists()
        assert not found[0].exists()
        with leftovers(tmp_path) as found:
            assert found == []


def test_of_two_that_put_a_folder_in_place_the_first_stays(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
        replace_whole(tmp_path / name, tmp_path / "target")
    assert (tmp_path / "target" / "file").read_text() == "a"
