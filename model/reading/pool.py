"""Reading in worker processes that can be killed: a hang or a crash of a parser is an error for its file alone."""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from model.document import Document
from model.errors import ReadingError
from model.reading.exchange import decode
from model.reading.limits import Limits
from model.reading.worker import received, request

FILES = 200
"""Files after which a worker is replaced, so that a leak in a parser stays small."""

ANSWER = 64 * 2**20
"""Largest answer in bytes that a worker may send."""

_SEEDED = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from model.reading.worker import main; main()"


class _Worker:
    """One process and its pipes."""

    def __init__(self) -> None:
        paths = [path or str(Path.cwd()) for path in sys.path]
        self.process = subprocess.Popen(  # noqa: S603 our own interpreter, fixed program
            [sys.executable, "-I", "-B", "-c", _SEEDED, json.dumps(paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(os.sep),
            env={name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TESSDATA_PREFIX") if name in os.environ},
            start_new_session=True,
        )
        self.files = 0

    def kill(self) -> None:
        """Ends the process and what it started, such as an OCR engine."""
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self.process.wait()


class Readers:
    """A few worker processes, started when first needed, that read files one at a time each.

    Safe to call from several threads, and through `asyncio.to_thread` from a server's loop. Use it in a `with` block,
    or call `close`; workers also end by themselves when this process ends.
    """

    def __init__(self, workers: int = 2) -> None:
        """`workers`: how many files are read at the same time; further callers wait."""
        self._places = threading.BoundedSemaphore(workers)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.kill()

    def read(
        self,
        data: bytes,
        *,
        filename: str | None = None,
        media_type: str | None = None,
        limits: Limits = Limits(),  # noqa: B008 frozen
    ) -> Document:
        """As `reading.read`, bounded in time and memory.

        Raises ReadingError with its reasons, and `timeout`, `memory` or `crashed`.
        """
        if len(data) > limits.size:
            raise ReadingError("too_large", f"The file has {len(data)} bytes; {limits.size} are allowed.")
        with self._places, self._worker() as worker:
            head, body = _asked(worker, request(data, filename, media_type, limits), limits)
            worker.files += 1
        if not head.get("ok"):
            raise ReadingError(str(head.get("reason", "crashed")), str(head.get("message", "")))
        try:
            return decode(body)
        except (ValueError, KeyError, TypeError) as error:
            raise ReadingError("crashed", "The parser's process sent no document.") from error

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        """A worker that nobody else uses; it is killed if its file was not answered."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        if worker is None or worker.process.poll() is not None:
            worker = _Worker()
        try:
            yield worker
        except BaseException:
            worker.kill()
            raise
        if worker.files >= FILES:
            worker.kill()
            return
        with self._lock:
            self._idle.append(worker)


def _asked(worker: _Worker, question: bytes, limits: Limits) -> tuple[dict[str, object], bytes]:
    """The worker's answer. A timer kills a worker that is late, which ends the reading of its pipe."""
    source, sink = worker.process.stdin, worker.process.stdout
    assert source is not None and sink is not None  # noqa: S101 they are pipes
    late = threading.Event()

    def kill() -> None:
        late.set()
        with suppress(OSError):
            os.killpg(worker.process.pid, signal.SIGKILL) if hasattr(os, "killpg") else worker.process.kill()

    timer = threading.Timer(limits.seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        source.write(question)
        source.flush()
        answer = received(sink, ANSWER)
    except (OSError, ValueError):
        answer = None
    finally:
        timer.cancel()
    if answer is not None:
        return answer
    if late.is_set():
        raise ReadingError("timeout", f"Reading the file took longer than {limits.seconds:g} s.")
    raise ReadingError(
        "crashed", "The parser crashed on this file, perhaps for want of memory; save it anew and resend."
    )


_readers: tuple[int, Readers] | None = None
"""The process that made the shared workers, and they; a process that was forked from it makes its own."""
_starting = threading.Lock()


def read_safely(
    data: bytes,
    *,
    filename: str | None = None,
    media_type: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 frozen
) -> Document:
    """`Readers.read` on two workers that this process shares; they start with the first file."""
    global _readers  # noqa: PLW0603 one pool a process, made when first needed
    with _starting:
        if _readers is None or _readers[0] != os.getpid():
            _readers = (os.getpid(), Readers())
            atexit.register(_readers[1].close)
        readers = _readers[1]
    return readers.read(data, filename=filename, media_type=media_type, limits=limits)
