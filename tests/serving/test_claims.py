"""Idempotency keys across processes: one works on a key, and its death frees it."""

import os
import signal
from pathlib import Path

from serving.claims import Claims


def test_a_key_that_another_process_is_at_is_not_free_until_that_dies(tmp_path: Path) -> None:
    path = tmp_path / "workers" / "keys.lock"
    ends = os.pipe()
    child = os.fork()
    if child == 0:
        theirs = Claims(path)
        os.write(ends[1], b"1" if theirs.take("default", "k-1") else b"0")
        signal.pause()
    assert os.read(ends[0], 1) == b"1"
    mine = Claims(path)
    try:
        assert not mine.take("default", "k-1")
        assert mine.take("default", "k-2")
        assert mine.take("another", "k-1")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert mine.take("default", "k-1")
    mine.close()
    for end in ends:
        os.close(end)


def test_a_key_that_was_given_back_is_free_for_others(tmp_path: Path) -> None:
    mine = Claims(tmp_path / "keys.lock")
    assert mine.take("default", "k")
    mine.give_back("default", "k")
    child = os.fork()
    if child == 0:
        os._exit(0 if Claims(tmp_path / "keys.lock").take("default", "k") else 1)
    _, status = os.waitpid(child, 0)
    mine.close()
    assert os.waitstatus_to_exitcode(status) == 0
