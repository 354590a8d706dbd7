"""A typed client of a Sortation server. Only the standard library; one connection, kept open, tried again when told."""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

from model.errors import SortationError

RETRIES = 3
"""How often a request is sent again after 429 or 503, or where the connection broke."""
IDLE = 4.0
"""Seconds after which an unused connection is opened anew: servers close idle ones, ours after five seconds, and a
request that meets the closing is lost."""


class ServerProblem(SortationError):
    """The server refused; what it said."""

    def __init__(self, status: int, detail: str, errors: Sequence[str] = ()) -> None:
        self.status, self.errors = status, list(errors)
        super().__init__(f"{status}: {detail}")


@dataclass(frozen=True)
class Answer:
    """One item's answer."""

    prediction_id: str
    labels: Mapping[str, str]
    """Level -> label."""
    confidence: float
    decision: str
    queue: str
    """Empty where no route was asked for."""
    plain: Mapping[str, Any]
    """All of it, as the server said it."""

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """From the server's JSON."""
        return cls(
            plain["prediction_id"],
            plain["labels"],
            plain["confidence"],
            plain["decision"],
            plain["route"]["queue"] if plain["route"] else "",
            plain,
        )


class Client:
    """Speaks to one server. Safe to share between threads, which then take turns."""

    def __init__(self, url: str = "", key: str = "", timeout: float = 30, idle: float = IDLE) -> None:
        """`url` and `key` default to SORTATION_URL (else http://127.0.0.1:8000) and SORTATION_KEY.

        A connection that was not used for `idle` seconds is opened anew.
        """
        parts = urlsplit(url or os.environ.get("SORTATION_URL", "http://127.0.0.1:8000"))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SortationError(f"a server's address is such as http://127.0.0.1:8000, not {url!r}")
        made = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = made(parts.hostname, parts.port, timeout=timeout)
        self._base = parts.path.rstrip("/")
        self._key = key or os.environ.get("SORTATION_KEY", "")
        self._lock = Lock()
        self._idle, self._used = idle, 0.0

    def classify(self, body: str, subject: str = "", *, idempotency_key: str = "", **more: Any) -> Answer:
        """One item's answer; `more` are further fields, such as id or channel. Raises ServerProblem."""
        item = {"body": body, "subject": subject} | more
        return Answer.of(self.ask("POST", "/v1/classify", item, idempotency_key))

    def classify_batch(self, items: Sequence[Mapping[str, Any]]) -> list[Answer | ServerProblem]:
        """Up to 1,000 items, each with its answer or its own problem. Raises ServerProblem where all are refused."""
        done = self.ask("POST", "/v1/classify/batch", {"items": list(items)})["items"]
        return [
            Answer.of(each["answer"]) if each["answer"] else ServerProblem(each["status"], each["error"]["detail"])
            for each in done
        ]

    def correct(self, prediction_id: str, **said: Any) -> Mapping[str, Any]:
        """Confirms (`correct=True`) or corrects (`service="refunds"`) a prediction. Raises ServerProblem."""
        found: Mapping[str, Any] = self.ask("POST", f"/v1/predictions/{quote(prediction_id, safe='')}/feedback", said)
        return found

    def job(self, items: Sequence[Mapping[str, Any]]) -> str:
        """Sends a large file; its number. Raises ServerProblem."""
        return str(self.ask("POST", "/v1/jobs", {"items": list(items)})["job_id"])

    def results(self, job: str, patience: float = 3600, every: float = 0.2) -> Iterator[Mapping[str, Any]]:
        """Waits until a job has ended and gives its outcomes in the file's order. Raises ServerProblem."""
        until = time.monotonic() + patience
        where = f"/v1/jobs/{quote(job, safe='')}"
        while self.ask("GET", where)["state"] in ("queued", "running"):
            if time.monotonic() > until:
                raise SortationError(f"job {job} has not ended within {patience:g} s")
            time.sleep(every)
        yield from (json.loads(line) for line in self._sent("GET", f"{where}/results", None, {}).splitlines())

    def ask(self, method: str, path: str, body: Any = None, idempotency_key: str = "") -> Any:
        """Any address's JSON. Raises ServerProblem where the server refuses, SortationError where none answers."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return json.loads(self._sent(method, path, body, headers))

    def _sent(self, method: str, path: str, body: Any, headers: dict[str, str]) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = headers | {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        keyed = "Idempotency-Key" in headers
        again = (409, 429, 503) if keyed else (429, 503)  # 409: the same key is being answered right now
        for turn in range(RETRIES + 1):
            try:
                with self._lock:
                    if time.monotonic() - self._used > self._idle:
                        self._connection.close()
                    self._connection.request(method, self._base + path, data, headers)
                    answer = self._connection.getresponse()
                    status, said, wait = answer.status, answer.read(), answer.getheader("Retry-After")
                    self._used = time.monotonic()
            except (OSError, HTTPException) as error:
                self._connection.close()
                if turn == RETRIES or not (keyed or method == "GET"):
                    raise SortationError(f"no server answers at {self._connection.host}: {error}") from error
                time.sleep(0.1 * 2**turn)
                continue
            if status not in again or turn == RETRIES:
                return _checked(status, said)
            time.sleep(min(float(wait or 1), 60))
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncClient:
    """The same for asyncio: each call waits in a thread."""

    def __init__(self, url: str = "", key: str = "", timeout: float = 30, idle: float = IDLE) -> None:
        self._client = Client(url, key, timeout, idle)

    async def classify(self, body: str, subject: str = "", *, idempotency_key: str = "", **more: Any) -> Answer:
        """One item's answer. Raises ServerProblem."""
        return await asyncio.to_thread(
            lambda: self._client.classify(body, subject, idempotency_key=idempotency_key, **more)
        )

    async def classify_batch(self, items: Sequence[Mapping[str, Any]]) -> list[Answer | ServerProblem]:
        """Up to 1,000 items, each with its answer or its own problem. Raises ServerProblem."""
        return await asyncio.to_thread(self._client.classify_batch, items)

    async def correct(self, prediction_id: str, **said: Any) -> Mapping[str, Any]:
        """Confirms or corrects a prediction. Raises ServerProblem."""
        return await asyncio.to_thread(lambda: self._client.correct(prediction_id, **said))

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Any address's JSON. Raises ServerProblem."""
        return await asyncio.to_thread(self._client.ask, method, path, body)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: Any, error: Any, at: Any) -> None:
        self._client.close()


def _checked(status: int, said: bytes) -> bytes:
    if status < 400:
        return said
    try:
        plain = json.loads(said)
        detail, errors = str(plain.get("detail", plain)), plain.get("errors", [])
    except (ValueError, AttributeError):
        detail, errors = said[:200].decode("utf-8", "replace"), []
    raise ServerProblem(status, detail, errors)
