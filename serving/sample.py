"""A first request to a running server, as `sortation try` makes it. Only the standard library."""

import json
import os
import time
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from model.errors import SortationError

SAMPLE = {
    "subject": "Two of five",
    "body": "Only two of the five lamps we ordered were in the box and the shop opens "
    "on Saturday. Please send the other three.",
    "channel": "email",
}


def ask(url: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The server's answer; the key in SORTATION_KEY goes along. Raises OSError."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if os.environ.get("SORTATION_KEY"):
        headers["Authorization"] = f"Bearer {os.environ['SORTATION_KEY']}"
    with urlopen(Request(url + path, data, headers), timeout=10) as answer:  # noqa: S310 - the operator's own address
        return json.load(answer)


def wait(url: str, patience: float) -> None:
    """Returns once the server is ready. Raises SortationError after `patience` seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            ask(url, "/health/ready")
            return
        except (URLError, OSError) as error:
            if time.monotonic() > until:
                raise SortationError(f"no server is ready at {url}: {error}") from error
            time.sleep(0.3)


def after(url: str) -> str:
    """What to do next."""
    return f"""
Sortation is up.
  API pages      {url}/docs
  ready?         {url}/health/ready

Try it:
  curl -s {url}/v1/classify -H 'Content-Type: application/json' \\
    -d '{{"body": "The blender you sent stopped after two weeks. Who repairs it?"}}'
"""
