"""Several processes over one home: they share the address, the champion, the store and the metrics."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model.errors import SortationError
from serving.client import Client
from serving.settings import default_data
from serving.store import Store
from serving.workers import bound


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page(url: str) -> str:
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        return str(answer.read().decode())


def until(holds: object, patience: float = 60) -> None:
    """Waits until `holds()` is true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if holds():  # type: ignore[operator]
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError


@pytest.fixture(scope="module")
def served(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, int]]:
    """Two processes: their address, home, and the number of the one that watches them."""
    home = tmp_path_factory.mktemp("several") / "home"
    shutil.copytree(model_home, home)
    port = free()
    words = ["serve", "--home", str(home), "--data", str(default_data()), "--port", str(port), "--workers", "2"]
    environment = os.environ | {"PYTHONPATH": str(default_data().parent)}
    process = subprocess.Popen([sys.executable, "-m", "sortation", *words], env=environment, cwd=home)
    url = f"http://127.0.0.1:{port}"
    until(lambda: page(url).count("sortation_model_version{") == 2)
    yield url, home, process.pid
    process.terminate()
    assert process.wait(30) == 0


def test_a_crowd_is_answered_stored_and_counted_once_each(served: tuple[str, Path, int]) -> None:
    url, home, _ = served

    def ask(k: int) -> str:
        with Client(url) as client:  # a connection each: the system shares them out
            return str(client.ask("POST", "/v1/classify", {"body": f"parcel {k} is lost"})["prediction_id"])

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, range(60)))
    store = Store(f"sqlite:///{home / 'sortation.db'}")
    assert {store.get(each).id for each in told} == set(told)
    store.close()
    line = re.compile(r'sortation_requests_total\{worker="(\d+)",route="/v1/classify",status="200"\} (\d+)')

    def counted() -> bool:
        found = [int(count) for _, count in line.findall(page(url))]
        return len(found) == 2 and sum(found) == 60

    until(counted)


def test_both_map_the_same_arrays(served: tuple[str, Path, int]) -> None:
    workers = set(re.findall(r'worker="(\d+)"', page(served[0])))
    maps = [Path(f"/proc/{each}/maps") for each in workers]
    if not maps[0].exists():
        pytest.skip("this system has no /proc")
    found = [{line.split()[4] for line in each.read_text().splitlines() if line.endswith("table.npy")} for each in maps]
    assert len(found) == 2
    assert found[0] == found[1] != set()


def test_one_that_dies_is_replaced_and_the_address_goes_on_answering(served: tuple[str, Path, int]) -> None:
    url, _, _ = served
    before = set(re.findall(r'worker="(\d+)"', page(url)))
    os.kill(int(min(before)), signal.SIGKILL)

    def replaced() -> bool:
        now = set(re.findall(r'sortation_model_version\{worker="(\d+)"', page(url)))
        return len(now) == 2 and now != before

    until(replaced)
    with Client(url) as client:
        assert client.ask("POST", "/v1/classify", {"body": "where is my parcel"})["labels"]


def test_an_address_that_is_taken_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SortationError, match="cannot be listened on"):
            bound("127.0.0.1", other.getsockname()[1], 2)


FAILING = """
from serving.listening import listen
from serving.settings import Settings
from serving.workers import supervise

async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "the patterns are faulty"})

supervise(2, "127.0.0.1", 0, lambda own: listen(app, Settings(), own))
"""


def test_a_server_whose_processes_cannot_start_ends() -> None:
    done = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "the patterns are faulty" in done.stderr
    assert "SortationError: the server cannot start" in done.stderr
