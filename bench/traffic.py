"""Mixed traffic at a fixed rate, as help desks make it: items, batches, jobs, feedback, and bodies that are wrong."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from bench.sets import ROOT

CLIENTS = 8
"""Connections, each with its part of the rate."""
WEIGHTS = {"single": 68, "feedback": 12, "batch": 8, "job": 1, "wrong": 8, "read": 3}
"""How often each kind of request is made, of a hundred."""
WRONG = (b"", b"{bad", b'{"body": "\xff"}', b'{"body": 5}', b'{"body": " "}', b"[" * 20_000, b'{"colour": "x"}')
EXPECTED = {
    "single": {200},
    "feedback": {201},
    "batch": {200},
    "job": {202},
    "wrong": {400, 422},
    "read": {200},
}
"""Statuses that are right."""


def bodies(length: int = 600) -> list[str]:
    """Texts of the starter corpus, up to `length` characters each."""
    found = []
    for file in sorted((ROOT / "data" / "corpus").glob("*.jsonl")):
        found += [json.loads(line)["body"][:length] for line in file.read_text(encoding="utf-8").splitlines()]
    return [body for body in found if body.strip()]


@dataclass
class Seen:
    """What came back since it was last asked for. Safe to share between threads."""

    latencies: list[float] = field(default_factory=list)
    """Seconds from when a request was due to its answer."""
    counts: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    """Kind and status of answers that were not right; status 0: none came."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int, seconds: float) -> None:
        """One answer."""
        with self._lock:
            self.latencies.append(seconds)
            self.counts[kind] += 1
            if status not in EXPECTED[kind]:
                self.wrong[f"{kind} {status}"] += 1

    def taken(self) -> list[float]:
        """The latencies so far, sorted; the next ones begin anew."""
        with self._lock:
            found, self.latencies = sorted(self.latencies), []
        return found


class Traffic:
    """Clients that send at fixed times whether or not the answers come."""

    def __init__(self, port: int, rate: float, seed: int = 7) -> None:
        self._port, self._rate, self._seed = port, rate, seed
        self._texts = bodies()
        self._ended = threading.Event()
        self.seen = Seen()
        self._threads = [threading.Thread(target=self._run, args=(k,)) for k in range(CLIENTS)]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self, which: int) -> None:
        draw = random.Random(self._seed + which)  # noqa: S311 - a load, no secret
        client = _Client(self._port, draw, self._texts)
        every = CLIENTS / self._rate
        due = time.monotonic() + every * which / CLIENTS
        while not self._ended.wait(max(due - time.monotonic(), 0)):
            (kind,) = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))
            status = client.send(kind)
            self.seen.note(kind, status, time.monotonic() - due)
            due += every
        client.connection.close()


class _Client:
    """One connection and what it remembers."""

    def __init__(self, port: int, draw: random.Random, texts: list[str]) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._draw, self._texts = draw, texts
        self._last = ""
        self._sends: dict[str, Callable[[], tuple[int, Any]]] = {
            "single": self._single,
            "feedback": self._feedback,
            "batch": lambda: self._ask("/v1/classify/batch", {"items": [self._item() for _ in range(20)]}),
            "job": lambda: self._ask("/v1/jobs", {"items": [self._item() for _ in range(100)]}),
            "wrong": lambda: self._ask("/v1/classify", draw.choice(WRONG)),
            "read": lambda: self._ask(draw.choice(("/metrics", "/v1/models", "/health/ready", "/v1/jobs")), None),
        }

    def send(self, kind: str) -> int:
        """Makes a request of a kind; the status, 0 where no answer came."""
        try:
            return self._sends[kind]()[0]
        except (OSError, HTTPException):
            self.connection.close()
            return 0

    def _item(self) -> dict[str, str]:
        return {"body": self._draw.choice(self._texts), "from": f"someone{self._draw.randrange(500)}@example.org"}

    def _single(self) -> tuple[int, Any]:
        status, said = self._ask("/v1/classify", self._item())
        self._last = said.get("prediction_id", "")
        return status, said

    def _feedback(self) -> tuple[int, Any]:
        if not self._last:
            self._single()
        return self._ask(f"/v1/predictions/{self._last}/feedback", {"correct": True})

    def _ask(self, path: str, body: Any) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        self.connection.request("GET" if raw is None else "POST", path, raw, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        said = answer.read()
        return answer.status, json.loads(said) if said.startswith(b"{") else None


def part_of_corpus(path: Path, most: int = 20) -> Path:
    """Writes up to `most` items of each label to `path`."""
    seen: Counter[str | None] = Counter()
    lines = []
    for file in sorted((ROOT / "data" / "corpus").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            label = json.loads(line)["service"]
            seen[label] += 1
            if seen[label] <= most:
                lines.append(line)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
