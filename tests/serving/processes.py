"""Servers as processes of their own, and what one sees of them from outside."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from model.errors import SortationError
from serving.client import Client

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """A server process over a home with a model in its cache; `told` are settings."""

    def __init__(self, home: Path, **told: object) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "sortation", "serve", "--home", str(home), "--port", str(self.port)]
        told = {"LOG_FORMAT": "json", "REGISTRY": f"sqlite:///{home / 'none.db'}"} | told
        settings = {f"SORTATION_{name.upper()}": str(value) for name, value in told.items()}
        self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings)
        until = time.monotonic() + 60
        with Client(self.url) as client:
            while True:
                try:
                    client.ask("GET", "/health/ready")
                    return
                except SortationError:
                    assert time.monotonic() < until, "the server never became ready"

    def end(self, kind: signal.Signals = signal.SIGKILL) -> int:
        self.process.send_signal(kind)
        return self.process.wait(60)

    def connect(self, sent: bytes = b"") -> socket.socket:
        """A connection on which these bytes were sent."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        made.sendall(sent)
        return made

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON of one request, made once; (0, None) where no answer comes."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        except (OSError, HTTPException):
            return 0, None
        finally:
            connection.close()

    def peak(self) -> float:
        """The most memory that the process has held so far, MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmHWM:\s+(\d+)", status)
        assert found is not None
        return int(found[1]) / 1024

    def healthy(self) -> bool:
        """Whether it is ready and answers."""
        with Client(self.url) as client:
            return bool(client.ask("GET", "/health/ready") and client.classify("where is my parcel?").prediction_id)


def reply(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what comes until the server closes the connection or the body is whole."""
    said = b""
    while b"\r\n\r\n" not in said:
        part = connection.recv(65_536)
        if not part:
            return 0, {}, said
        said += part
    head, _, body = said.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    return int(first.split()[1]), headers, body


def post(length: int | str, *headers: str, path: str = "/v1/classify") -> bytes:
    """The head of a request whose body has so many bytes, or comes in chunks."""
    size = "Transfer-Encoding: chunked" if length == "chunked" else f"Content-Length: {length}"
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", size, *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def closed(connection: socket.socket) -> bool:
    """Whether the server closes the connection without a word."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
