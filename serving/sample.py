"""A first request to a running server, as `sortation try` makes it."""

import time

from model.errors import SortationError
from serving.client import Client

SAMPLE = {
    "subject": "Two of five",
    "body": "Only two of the five lamps we ordered were in the box and the shop opens "
    "on Saturday. Please send the other three.",
    "channel": "email",
}


def wait(client: Client, url: str, patience: float) -> None:
    """Returns once the server is ready. Raises SortationError after `patience` seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            client.ask("GET", "/health/ready")
            return
        except SortationError as error:
            if time.monotonic() > until:
                raise SortationError(f"no server is ready at {url}: {error}") from error
            time.sleep(0.1)


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
