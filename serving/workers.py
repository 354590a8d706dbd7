"""Several processes that answer at one address: made, watched, ended together. Knows nothing of what they answer.

They are forked once everything is imported, so that code is in memory once, and each has a socket of its own at the
same address, among which the system shares out connections.
"""

import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable

from model.errors import SortationError
from serving import memory

log = logging.getLogger("sortation.workers")
BACKLOG = 2048
BREATH = 1.0
"""Seconds before a process that ended by itself is replaced: one that cannot start must not busy the machine."""
REFUSED = 78
"""Status of a process that ended with a SortationError."""
Answer = Callable[[socket.socket], None]


def supervise(count: int, host: str, port: int, answer: Answer) -> None:
    """Runs `answer` in `count` processes until this one is told to end; one that ends by itself is replaced.

    Raises SortationError where the address cannot be had, or one of the first processes refuses with such an error:
    another in its place would do the same.
    """
    sockets = bound(host, port, count)
    memory.share()  # before a process has threads
    gc.collect()
    gc.freeze()  # what exists now is never looked at again, and so stays shared
    running: dict[int, int] = {}
    ending = refused = False

    def end(*_: object) -> None:
        nonlocal ending
        ending = True
        for process in running:
            os.kill(process, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    waiting = list(range(count))
    first: set[int] = set()
    while waiting or running:
        while waiting and not ending:
            place = waiting.pop()
            running[_forked(answer, sockets[place])] = place
        first = first or set(running)
        if not running:
            break
        if ending:
            end()
        process, status = os.wait()
        waiting.append(running.pop(process))
        code = os.waitstatus_to_exitcode(status)
        if code == REFUSED and process in first:
            ending = refused = True
        if not ending:
            log.error("process %d ended (%d); another takes its place", process, code)
            time.sleep(BREATH)
    if refused:
        raise SortationError("the server cannot start; its log says why")


def bound(host: str, port: int, count: int) -> list[socket.socket]:
    """Sockets at one address that nobody else has, one for each process. Raises SortationError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            port = probe.getsockname()[1]
        made = []
        for _ in range(count):
            each = socket.socket(family, socket.SOCK_STREAM)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind((host, port))
            each.listen(BACKLOG)
            made.append(each)
        return made
    except OSError as error:
        raise SortationError(f"{host}:{port} cannot be listened on: {error.strerror}") from error


def _forked(answer: Answer, own: socket.socket) -> int:
    """The number of a new process that answers."""
    parent = os.getpid()
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        answer(own)
        status = 0
    except SortationError as error:
        status = REFUSED
        log.error("a process failed: %s", error)
    except BaseException as error:
        log.error("a process failed: %s", type(error).__name__)
    finally:
        os._exit(status)


def _end_with(parent: int) -> None:
    """Ends this process where its parent is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
