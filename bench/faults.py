"""What rough treatment does to a server: `python -m bench.faults`. Writes bench/results/faults.md.

The same faults are tests at a small size; here they have their full one.
"""

import json
import resource
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bench.machine import processor, versions
from bench.sets import ROOT
from bench.soak import furnish, served
from bench.tables import table, write
from model.errors import SortationError
from serving.client import Client, ServerProblem

GIGABYTE = 1_000_000_000
CONNECTIONS, SLOW, KILLS = 10_000, 500, 3
HEAD = b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
Row = list[str]


def memory(process: int, field: str = "VmRSS") -> float:
    """Resident memory, MB; VmHWM: the most there was."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def latencies(port: int, count: int = 200) -> list[float]:
    """Milliseconds of one client's requests, one after the other, sorted; every one must be answered."""
    found = []
    with Client(f"http://127.0.0.1:{port}") as client:
        for k in range(count):
            began = time.perf_counter()
            client.classify(f"where is parcel {k}?")
            found.append((time.perf_counter() - began) * 1000)
    return sorted(found)


def told(found: list[float]) -> str:
    """Median and 99th percentile."""
    return f"{statistics.median(found):.1f} / {found[int(0.99 * (len(found) - 1))]:.1f}"


@contextmanager
def connections(port: int, count: int, sent: bytes) -> Iterator[int]:
    """Holds connections on which these bytes were sent; how many came about."""
    with ExitStack() as stack:
        held = 0
        for _ in range(count):
            with suppress(OSError):
                made = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                made.sendall(sent)
                held += 1
        yield held


def crowded(name: str, port: int, process: int, count: int, sent: bytes) -> Row:
    """A client's latency beside many connections that do nothing or little."""
    before, alone = memory(process), latencies(port)
    with connections(port, count, sent) as held:
        beside = latencies(port)
        grown = memory(process) - before
    after = latencies(port)
    return [
        name,
        f"{held:,} connections held; a client's p50 / p99 ms alone {told(alone)}, beside them {told(beside)}, "
        f"after {told(after)}; memory {grown:+.0f} MB",
    ]


def gigabyte(name: str, port: int, process: int, head: bytes, part: bytes) -> Row:
    """A body of 1 GB: how much of it the server takes, and what it says."""
    before, sent, said = memory(process, "VmHWM"), 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(HEAD + head)
        with suppress(OSError):
            while sent < GIGABYTE:
                connection.sendall(part)
                sent += len(part)
        with suppress(OSError):
            said = connection.recv(1000)
    status = said.split(b" ")[1].decode() if said else "connection closed"
    latencies(port, 5)
    return [name, f"{sent / 1e6:.1f} MB sent until refused ({status}); peak memory {_grown(process, before)}"]


def _grown(process: int, before: float) -> str:
    return f"{memory(process, 'VmHWM') - before:+.1f} MB"


def killed(home: Path) -> Row:
    """Kills the server under load, again and again; what it had acknowledged must be there afterwards."""
    predictions: list[str] = []
    words: list[tuple[str, int]] = []
    for _ in range(KILLS):
        with suppress(ProcessLookupError), served(home) as (process, port):
            threads = [threading.Thread(target=_until_killed, args=(port, predictions, words)) for _ in range(8)]
            for thread in threads:
                thread.start()
            time.sleep(3)
            process.kill()
            for thread in threads:
                thread.join()
    said = dict(words)
    with served(home) as (_, port), Client(f"http://127.0.0.1:{port}") as client:
        lost = sum(not _kept(client, number, said.get(number)) for number in predictions)
    return [
        f"kill -9 under load, {KILLS} times",
        f"{len(predictions):,} predictions and {len(words):,} words of feedback were acknowledged; {lost} are lost",
    ]


def _kept(client: Client, number: str, word: int | None) -> bool:
    """Whether a prediction is there, and the word that was said of it, if any."""
    try:
        found = client.ask("GET", f"/v1/predictions/{number}")
    except ServerProblem:
        return False
    return word is None or bool(found["feedback"])


def _until_killed(port: int, predictions: list[str], words: list[tuple[str, int]]) -> None:
    with Client(f"http://127.0.0.1:{port}") as client, suppress(SortationError, OSError):
        while True:
            number = client.classify("where is parcel 4471?").prediction_id
            predictions.append(number)
            words.append((number, int(client.correct(number, correct=True)["number"])))


def _shown(row: Row) -> Row:
    print(": ".join(row), flush=True)
    return row


def main() -> None:
    """Runs everything and writes the table."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    item = json.dumps({"body": "x"}).encode()
    with tempfile.TemporaryDirectory(prefix="sortation-faults-") as folder:
        home = Path(folder)
        furnish(home)
        with served(home) as (process, port):
            latencies(port)
            number = process.pid
            faults: list[Callable[[], Row]] = [
                lambda: gigabyte("1 GB, announced", port, number, b"Content-Length: 1000000000\r\n\r\n", item * 1000),
                lambda: gigabyte("1 GB, in chunks", port, number, b"Transfer-Encoding: chunked\r\n\r\n", chunk),
                lambda: crowded("10,000 idle connections", port, number, CONNECTIONS, b""),
                lambda: crowded(
                    "500 clients that stop within the body", port, number, SLOW, HEAD + b"Content-Length: 99\r\n\r\n{"
                ),
                lambda: crowded("500 clients that stop within the headers", port, number, SLOW, HEAD),
            ]
            rows = [_shown(fault()) for fault in faults]
        rows.append(_shown(killed(home)))
    parts = [
        f"`python -m bench.faults` · {processor()} · {versions()}",
        "Client and server share the machine with other work. A connection without a request is closed after "
        "10 s, so that of 10,000 the first may have gone by the time the last has come.",
        table(["fault", "what came of it"], rows),
    ]
    write(ROOT / "bench" / "results" / "faults.md", "A server treated roughly", parts)


if __name__ == "__main__":
    main()
