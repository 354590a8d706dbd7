"""Where the threads of a process keep what they allocate, asked of the C library in processes of their own."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's own")

ROOT = Path(__file__).resolve().parents[2]
THREADS = """
import asyncio, ctypes, sys, threading
from pathlib import Path

def arenas(report):
    "How many arenas there are while six threads hold something of their own."
    together = threading.Barrier(6)

    def hold():
        held = [bytes(1_000 + k) for k in range(100)]
        together.wait()
        return held

    async def run():
        return await asyncio.gather(*(asyncio.to_thread(hold) for _ in range(6)))

    held = asyncio.run(run())
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    file = ctypes.c_void_p(library.fopen(report.encode(), b"w"))
    library.malloc_info(0, file)
    library.fclose(file)
    return Path(report).read_text().count("<heap nr=")
"""
"""A function that a process of its own is given."""


def said(program: str, *words: str) -> str:
    """What a program prints, run in a process of its own."""
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout.strip()


def test_threads_have_arenas_of_their_own_unless_they_are_told_to_share(tmp_path: Path) -> None:
    found = said(THREADS + "print(arenas(sys.argv[1]))", str(tmp_path / "report"))
    assert int(found) > 1


def test_threads_that_begin_after_the_word_share_one_arena(tmp_path: Path) -> None:
    program = THREADS + "from serving import memory\nprint(memory.share(), arenas(sys.argv[1]))"
    assert said(program, str(tmp_path / "report")) == "True 1"


def test_the_threads_of_a_server_share_one_arena(tmp_path: Path) -> None:
    program = (
        THREADS
        + """
import os, signal
from serving.listening import listen
from serving.settings import Settings

async def app(scope, receive, send):
    while scope["type"] == "lifespan":
        kind = (await receive())["type"]
        if kind == "lifespan.startup":
            print(await asyncio.to_thread(arenas, sys.argv[1]), flush=True)
            os.kill(os.getpid(), signal.SIGTERM)
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return

signal.signal(signal.SIGTERM, signal.SIG_IGN)
listen(app, Settings(port=0))
"""
    )
    assert said(program, str(tmp_path / "report")) == "1"


def test_free_pages_between_others_are_given_back() -> None:
    program = """
from serving import memory
held = [bytes(50_000) for _ in range(400)]
kept = held[::2]
del held
print(memory.give_back(), all(each == bytes(50_000) for each in kept))
"""
    assert said(program) == "True True"
