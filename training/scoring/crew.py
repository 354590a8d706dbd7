"""Processes that answer JSON lines and may die at any moment. Knows nothing of chunks."""

import json
import os
import selectors
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, cast

from model.errors import SortationError
from training.cluster import ONE_THREAD, ROOT

READY = "ready"
"""What a process answers to its first line, once it can work."""
STARTS = 3
"""How often a process is started in vain before that is an error."""
PATIENCE = 10
"""Seconds that a process may take to end."""


class Hand:
    """One process, idle or at work on one thing."""

    def __init__(self, command: Sequence[str], first: str) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | ONE_THREAD | {"PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the parent, which then ends its processes
        )
        self._in, self._out = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        self._ready = False
        self.say(first)

    def fileno(self) -> int:
        """What can be waited on until it has replied or died."""
        return self._out.fileno()

    def is_ready(self) -> bool:
        """Waits for its first reply; False where it is dead."""
        self._ready = self._process.poll() is None and (self._ready or self._out.readline().strip() == READY)
        return self._ready

    def say(self, line: str) -> None:
        """Gives it a line; if it is dead, that shows when its reply is read."""
        with suppress(BrokenPipeError):
            self._in.write(f"{line}\n")
            self._in.flush()

    def reply(self) -> Any:
        """What it replied; None where it died."""
        line = self._out.readline()
        return json.loads(line) if line.endswith("\n") else None

    def end(self, now: bool = False) -> None:
        """Lets it end, or stops it `now`."""
        if now:
            self._process.terminate()
        with suppress(BrokenPipeError):
            self._in.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._out.close()


class Crew:
    """Some processes of one kind; those that die are replaced."""

    def __init__(self, command: Sequence[str], first: Mapping[str, Any], size: int) -> None:
        self._make = (tuple(command), json.dumps(first))
        self._selector = selectors.DefaultSelector()
        self._idle = [Hand(*self._make) for _ in range(size)]
        self._busy: dict[Hand, Any] = {}

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Lets the idle ones end; nobody waits for the others any more, and they are stopped."""
        for hand in self._idle:
            hand.end()
        for hand in self._busy:
            hand.end(now=True)
        self._selector.close()

    @property
    def free(self) -> bool:
        """Whether somebody is idle."""
        return bool(self._idle)

    @property
    def at_work(self) -> bool:
        """Whether somebody is busy."""
        return bool(self._busy)

    def give(self, task: Any, plain: Mapping[str, Any]) -> None:
        """Gives somebody idle a task, which is `plain` as JSON. Raises SortationError where no process starts."""
        hand = self._idle.pop()
        for _ in range(STARTS):
            if hand.is_ready():
                break
            hand.end(now=True)
            hand = Hand(*self._make)
        else:
            hand.end(now=True)
            raise SortationError("the worker processes end before they are ready; what they print says why")
        hand.say(json.dumps(plain))
        self._busy[hand] = task
        self._selector.register(hand, selectors.EVENT_READ)

    def replies(self) -> Iterator[tuple[Any, Any]]:
        """Waits until somebody has replied or died; those tasks, each with the reply, or None for the dead."""
        for key, _ in self._selector.select():
            hand: Any = key.fileobj
            self._selector.unregister(hand)
            task, reply = self._busy.pop(hand), hand.reply()
            if reply is None:
                hand.end(now=True)
                hand = Hand(*self._make)
            self._idle.append(hand)
            yield task, reply
