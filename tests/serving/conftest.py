"""A server over a real classifier and a real store, as tests of its faces use it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.settings import Settings

Start = Callable[..., TestClient]


@pytest.fixture(scope="session")
def start(model_home: Path) -> Iterator[Start]:
    """Starts servers with settings; they end with the tests."""
    with ExitStack() as stack:

        def started(**told: Any) -> TestClient:
            database = f"sqlite:///{model_home / 'store.db'}"
            registry = f"sqlite:///{model_home / 'none.db'}"
            settings = Settings(home=model_home, registry=registry, database=database, poll=3_600)
            client = stack.enter_context(TestClient(create_app(replace(settings, **told))))
            while client.get("/health/ready").status_code != 200:
                pass
            return client

        yield started


@pytest.fixture(scope="session")
def server(start: Start) -> TestClient:
    """A server with the settings as they come."""
    return start()
