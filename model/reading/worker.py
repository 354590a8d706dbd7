"""The process in which strangers' files are parsed: frames come in by one pipe, answers leave by another.

A frame is its length in 8 bytes, a line of JSON, and the file's bytes. It knows nothing of who asks.
"""

import contextlib
import json
import os
import sys
from dataclasses import asdict
from typing import IO, Any

from model.errors import ReadingError
from model.reading.exchange import encode
from model.reading.limits import Limits


def frame(head: dict[str, Any], data: bytes) -> bytes:
    """A request or an answer as it goes through the pipe."""
    line = json.dumps(head).encode() + b"\n"
    return (len(line) + len(data)).to_bytes(8, "big") + line + data


def received(stream: IO[bytes], most: int) -> tuple[dict[str, Any], bytes] | None:
    """The next frame, or None at the end of the stream. Raises ValueError for one of over `most` bytes."""
    size = int.from_bytes(stream.read(8), "big")
    if not size:
        return None
    if size > most:
        raise ValueError(f"A frame of {size} bytes is over {most}.")
    body = stream.read(size)
    line, _, data = body.partition(b"\n")
    return (json.loads(line), data) if len(body) == size else None


def request(data: bytes, filename: str | None, media_type: str | None, limits: Limits) -> bytes:
    """The frame that asks for one file."""
    return frame({"filename": filename, "media_type": media_type, "limits": asdict(limits)}, data)


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answers frames until the source ends."""
    from model.reading.reader import read  # those who only ask have no use for every format's parser

    while (asked := received(source, 2**40)) is not None:
        head, data = asked
        limits = Limits(**head["limits"])
        confine(limits)
        try:
            document = read(data, filename=head["filename"], media_type=head["media_type"], limits=limits)
            answer = frame({"ok": True}, encode(document))
        except ReadingError as error:
            answer = frame({"ok": False, "reason": error.reason, "message": str(error)}, b"")
        sink.write(answer)
        sink.flush()


def confine(limits: Limits) -> None:
    """Bounds on this process: address space, processor time, no files written, no core dumps."""
    try:
        import resource
    except ImportError:  # Windows: only the clock bounds a worker there
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + limits.seconds) + 2
    for bound, value in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(bound)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(bound, (soft, hard))


def main() -> None:
    """Takes the pipes of standard input and output, and leaves no way to write into the answers by printing."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 stays open as long as the process
    serve(source, sink)
