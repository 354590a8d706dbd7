"""What may go wrong while a server runs: it is killed, told to end, or given another model under load."""

import asyncio
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from model.document import Document
from model.errors import SortationError
from serving.answering import Request
from serving.client import AsyncClient, Client, ServerProblem
from serving.engine import Engine
from serving.models import Served
from serving.routing import load
from serving.settings import default_data
from serving.store import Store
from tests.serving.conftest import Serve
from tests.serving.processes import Process, closed, post, reply


@pytest.fixture(scope="module")
def shared(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("faults") / "home"
    shutil.copytree(model_home, home)
    return home


@pytest.fixture
def process(shared: Path) -> Iterator[Process]:
    made = Process(shared)
    yield made
    if made.process.poll() is None:
        made.end()


def crowd(url: str, acknowledged: list[str], broken: list[SortationError], threads: int = 8) -> list[threading.Thread]:
    """Clients that ask until the server is gone."""

    def ask() -> None:
        with Client(url) as client:
            try:
                while True:
                    acknowledged.append(client.classify("where is parcel 4471?").prediction_id)
            except SortationError as error:
                broken.append(error)

    made = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in made:
        thread.start()
    return made


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM])
def test_no_acknowledged_prediction_is_lost_when_the_server_ends_under_load(
    process: Process, shared: Path, kind: signal.Signals
) -> None:
    acknowledged: list[str] = []
    broken: list[SortationError] = []
    threads = crowd(process.url, acknowledged, broken)
    while len(acknowledged) < 100:
        time.sleep(0.01)
    process.end(kind)
    for thread in threads:
        thread.join()
    assert len(broken) == 8
    again = Process(shared)
    with Client(again.url) as client:
        for number in acknowledged:
            assert client.ask("GET", f"/v1/predictions/{number}")["prediction_id"] == number
    again.end()


def test_a_request_that_had_begun_is_answered_by_a_server_that_is_told_to_end(process: Process) -> None:
    body = b'{"body": "where is parcel 4471?"}'
    with process.connect(post(len(body)) + body[:10]) as connection:
        assert process.healthy()
        process.process.send_signal(signal.SIGTERM)
        connection.sendall(body[10:])
        status, headers, said = reply(connection)
        assert (status, headers["content-type"], b"prediction_id" in said) == (200, "application/json", True)
        assert closed(connection)
    assert process.process.wait(60) in (0, -signal.SIGTERM)


def test_a_server_that_is_about_to_end_is_alive_but_not_ready(serve: Serve) -> None:
    client = serve()
    client.app.state.engine.draining = True  # type: ignore[attr-defined]
    assert client.get("/health/live").status_code == 200
    for path in ("/health/ready", "/v2/health/ready"):
        refused = client.get(path)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert client.post("/v1/classify", json={"body": "x"}).status_code == 503


def test_a_client_says_what_the_server_said(process: Process) -> None:
    with Client(process.url) as client:
        answer = client.classify("where is it", id="7", idempotency_key="once")
        assert client.classify("where is it", id="7", idempotency_key="once") == answer
        assert client.correct(answer.prediction_id, correct=True)["correct"] is True
        with pytest.raises(ServerProblem, match="422: there is nothing") as refused:
            client.classify(" ")
        assert refused.value.status == 422
        first, second = client.classify_batch([{"body": "one two"}, {"body": 5}])
        assert isinstance(second, ServerProblem)
        assert not isinstance(first, ServerProblem)
        found = list(client.results(client.job([{"id": "a", "body": "x"}])))
        assert found[0]["answer"]["id"] == "a"


def test_many_may_ask_at_once(process: Process) -> None:
    async def ask() -> set[str]:
        async with AsyncClient(process.url) as client:
            answers = await asyncio.gather(*(client.classify(f"where is {k}") for k in range(30)))
            return {answer.prediction_id for answer in answers}

    assert len(asyncio.run(ask())) == 30


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(SortationError, match="address"):
        Client("ftp://x")
    with pytest.raises(SortationError, match="no server answers"):
        Client("http://127.0.0.1:1").classify("x")


def test_a_hundred_champions_drop_no_request_and_mix_no_answer(client: TestClient, tmp_path: Path) -> None:
    served: Served = client.app.state.engine.served  # type: ignore[attr-defined]
    versions = [replace(served, version=k, fingerprint=f"{k:064x}") for k in range(100)]

    async def load_and_swap() -> list[Any]:
        store = Store(f"sqlite:///{tmp_path / 's.db'}")
        engine = Engine(store, lambda _, it: load(default_data() / "routing.yaml", it.classifier.taxonomy))
        engine.use(served)
        await engine.start()
        asks = []
        for version in versions:
            asks += [asyncio.ensure_future(engine.classify(Request(Document(body=f"where is {k}")))) for k in range(7)]
            engine.use(version)
            await asyncio.sleep(0)
        done = await asyncio.gather(*asks)
        await engine.stop()
        kept = [store.get(answer.plain["prediction_id"]) for answer in done]
        store.close()
        return list(zip(done, kept, strict=True))

    pairs = asyncio.run(load_and_swap())
    assert len(pairs) == 700
    for answer, row in pairs:
        said = answer.plain["model"]
        assert said["version"] == row.model_version
        assert said["fingerprint"] == row.fingerprint[:16]
