"""Identifiers: never given twice, neither in one process nor in a forked one."""

import os
import re

from serving.chance import MANY, drawn


def test_no_identifier_is_given_twice() -> None:
    found = [drawn() for _ in range(3 * MANY + 1)]
    assert len(set(found)) == len(found)
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in found)


def test_a_forked_process_draws_its_own() -> None:
    drawn()  # so that there is something to inherit
    ends = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(ends[1], "".join(drawn() for _ in range(10)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(ends[0], 160).decode()
    for end in ends:
        os.close(end)
    assert len(theirs) == 160
    assert {drawn() for _ in range(MANY)}.isdisjoint(theirs[k : k + 16] for k in range(0, 160, 16))
