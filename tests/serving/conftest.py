"""Homes with a signed model, servers over them, and a real PostgreSQL where its programs are installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.settings import Settings

Serve = Callable[..., TestClient]


def settings_of(home: Path, **told: Any) -> Settings:
    return replace(Settings(home=home, registry=f"sqlite:///{home / 'none.db'}", max_body=100_000), **told)


def ready(client: TestClient) -> TestClient:
    until = time.monotonic() + 30
    while client.get("/health/ready").status_code != 200 and time.monotonic() < until:
        time.sleep(0.01)
    return client


@pytest.fixture
def home(model_home: Path, tmp_path: Path) -> Path:
    shutil.copytree(model_home, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def serve(home: Path) -> Iterator[Serve]:
    """Starts servers over `home`; each ends with the test."""
    with ExitStack() as stack:

        def start(**told: Any) -> TestClient:
            client = TestClient(
                create_app(settings_of(home, **told)), base_url="http://127.0.0.1", raise_server_exceptions=False
            )
            return ready(stack.enter_context(client))

        yield start


@pytest.fixture(scope="module")
def client(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One server for all tests of a file that do not mind each other."""
    home = tmp_path_factory.mktemp("shared") / "home"
    shutil.copytree(model_home, home)
    with TestClient(create_app(settings_of(home)), base_url="http://127.0.0.1", raise_server_exceptions=False) as made:
        yield ready(made)


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of its own, ended with the tests."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra: postgres)")
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's initdb is not installed")
    user = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = next((name for name in ("postgres", "nobody") if name in names), None)
        if user is None:
            pytest.skip("PostgreSQL does not run as root, and there is no other user")
    folder = Path(tempfile.mkdtemp(prefix="sortation-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*words: str) -> None:
        done = subprocess.run(words, user=user, capture_output=True, text=True, cwd=folder, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    where = str(folder / "data")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run(str(programs / "initdb"), "-D", where, "-U", "sortation", "-A", "trust", "-E", "UTF8", "--no-sync")
    run(str(programs / "pg_ctl"), "-D", where, "-l", str(folder / "log"), "-o", options, "-w", "start")
    yield f"postgresql://sortation@127.0.0.1:{port}/postgres"
    run(str(programs / "pg_ctl"), "-D", where, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    address: str = request.getfixturevalue("postgres")
    import psycopg

    name = f"t{time.time_ns()}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return address.rsplit("/", 1)[0] + f"/{name}"
