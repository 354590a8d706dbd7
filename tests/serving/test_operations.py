"""What operators rely on: request numbers, metrics, logs without texts, limits, refusals that say when to come back."""

import asyncio
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.answering import Request
from serving.engine import Engine, NotReady, Overloaded
from serving.errors import TooLarge, TooSlow
from serving.limits import Bodies, Gone
from serving.logs import Lines
from serving.models import Served
from serving.routing import load
from serving.settings import default_data
from serving.store import Store
from tests.serving.conftest import Serve


def test_a_request_number_comes_back(client: TestClient) -> None:
    assert client.get("/health/live", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert (
        client.post("/v1/classify", json={"body": "x"}, headers={"X-Request-ID": "abc-2"}).headers["x-request-id"]
        == "abc-2"
    )


@pytest.mark.parametrize("sent", ["", "x" * 129, "two words"])
def test_a_number_is_made_where_none_or_a_wrong_one_was_sent(client: TestClient, sent: str) -> None:
    for path in ("/health/live", "/v1/nothing"):
        assert re.fullmatch("[0-9a-f]{16}", client.get(path, headers={"X-Request-ID": sent}).headers["x-request-id"])


def value(exposed: str, name: str) -> float:
    return sum(float(line.rsplit(" ", 1)[1]) for line in exposed.splitlines() if line.startswith(name))


def test_metrics_count_what_was_answered(serve: Serve) -> None:
    client = serve()
    for _ in range(3):
        client.post("/v1/classify", json={"body": "where is it"})
    client.post("/v1/classify", json={"body": ""})
    exposed = client.get("/metrics").text
    assert value(exposed, 'sortation_requests_total{route="/v1/classify",status="200"}') == 3
    assert value(exposed, 'sortation_requests_total{route="/v1/classify",status="422"}') == 1
    assert value(exposed, "sortation_decisions_total") == 3
    assert value(exposed, "sortation_confidence_count") == 3
    assert value(exposed, "sortation_batch_items_sum") == 3
    assert value(exposed, 'sortation_model_version{tenant="default"}') == 1
    for step in ("wait", "score", "store"):
        assert value(exposed, f'sortation_step_seconds_count{{step="{step}"}}') == 3


def test_addresses_that_do_not_exist_share_one_name_in_metrics(serve: Serve) -> None:
    client = serve()
    for k in range(5):
        client.get(f"/nothing/{k}")
    assert value(client.get("/metrics").text, 'sortation_requests_total{route="other",status="404"}') == 5


def test_the_log_holds_no_text(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client = serve(access_log=True)
        client.post("/v1/classify", json={"body": "xyzzy plugh", "from": "ana@example.com"})
        client.post("/v1/classify", json={"body": 5, "subject": "xyzzy"})
    assert any(record.getMessage() == "POST /v1/classify 200" for record in caplog.records)
    assert not any("xyzzy" in str(vars(record)) or "ana@" in str(vars(record)) for record in caplog.records)


def test_a_log_line_is_json_and_says_where_an_error_came_from_but_not_its_words() -> None:
    try:
        raise ValueError("somebody's text")
    except ValueError as error:
        record = logging.LogRecord("n", 40, "f", 1, "it %s", ("broke",), (type(error), error, error.__traceback__))
    record.request_id = "r-1"
    line = json.loads(Lines().format(record))
    assert (line["level"], line["message"], line["request_id"], line["error"]) == (
        "error",
        "it broke",
        "r-1",
        "ValueError",
    )
    assert "somebody" not in json.dumps(line)
    assert line["at"][0].endswith(f"{Path(__file__).name}:{record.exc_info[2].tb_lineno}")  # type: ignore[index,union-attr]


def test_an_error_in_the_store_is_said_and_ridden_out(serve: Serve, home: Path) -> None:
    client = serve()
    import sqlite3

    lock = sqlite3.connect(home / "sortation.db", isolation_level=None)
    lock.execute("ALTER TABLE predictions RENAME TO elsewhere")
    refused = client.post("/v1/classify", json={"body": "x"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    lock.execute("ALTER TABLE elsewhere RENAME TO predictions")
    lock.close()
    assert client.post("/v1/classify", json={"body": "x"}).status_code == 200


def test_json_is_told_by_its_type(client: TestClient) -> None:
    for kind in ("application/x-www-form-urlencoded", ""):
        answer = client.post("/v1/classify", content=b'{"body": "x"}', headers={"Content-Type": kind})
        assert answer.status_code == 415
    kind = "Application/JSON; charset=utf-8"
    assert client.post("/v1/classify", content=b'{"body": "x"}', headers={"Content-Type": kind}).status_code == 200


def parts(*given: bytes, ends: bool = True) -> Any:
    messages = [{"type": "http.request", "body": each, "more_body": True} for each in given]
    if ends:
        messages[-1]["more_body"] = False

    async def receive() -> Any:
        return messages.pop(0) if messages else await asyncio.sleep(60)

    return receive


@pytest.mark.parametrize(
    ("receive", "claimed", "error"),
    [
        pytest.param(parts(b"x"), b"11", TooLarge, id="claims too much"),
        pytest.param(parts(b"x" * 6, b"x" * 6), b"", TooLarge, id="says nothing and sends too much"),
        pytest.param(parts(b"x"), b"-1", TooLarge, id="claims nonsense"),
        pytest.param(parts(b"x", ends=False), b"", TooSlow, id="never ends"),
    ],
)
def test_a_body_beyond_a_limit_is_refused_and_nothing_is_held(
    receive: Any, claimed: bytes, error: type[Exception]
) -> None:
    bodies = Bodies(100, 0.01)
    with pytest.raises(error):
        asyncio.run(bodies.read(receive, claimed, 10))
    assert bodies.held == 0


def test_bodies_are_bounded_together() -> None:
    bodies = Bodies(10, 1)
    assert asyncio.run(bodies.read(parts(b"x" * 3, b"y" * 3), b"6", 8)) == b"xxxyyy"
    with pytest.raises(Overloaded):
        asyncio.run(bodies.read(parts(b"x" * 6), b"6", 8))
    assert bodies.held == 6


def test_a_client_that_goes_away_is_not_waited_for() -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    with pytest.raises(Gone):
        asyncio.run(Bodies(10, 1).read(receive, b"", 8))


@pytest.fixture
def served(client: TestClient) -> Served:
    found: Served = client.app.state.engine.served  # type: ignore[attr-defined]
    return found


def engine_of(store: Store, served: Served, **limits: int) -> Engine:
    engine = Engine(store, lambda _, it: load(default_data() / "routing.yaml", it.classifier.taxonomy), **limits)  # type: ignore[arg-type]
    engine.use(served)
    return engine


def test_what_waits_is_bounded_by_items_and_by_characters(served: Served, url: str) -> None:
    from model.document import Document

    async def crowd(engine: Engine, body: str) -> list[Any]:
        asks = [asyncio.ensure_future(engine.classify(Request(Document(body=body)))) for _ in range(20)]
        await asyncio.sleep(0)
        await engine.start()
        found = await asyncio.gather(*asks, return_exceptions=True)
        await engine.stop()
        return found

    store = Store(url)
    for limits in ({"waiting_limit": 8}, {"waiting_characters": 80}):
        found = asyncio.run(crowd(engine_of(store, served, **limits), "x" * 10))
        assert [isinstance(each, Overloaded) for each in found] == [False] * 8 + [True] * 12
    store.close()


def test_an_engine_that_ends_answers_what_waits_and_takes_nothing_new(served: Served, url: str) -> None:
    from model.document import Document

    async def end() -> tuple[list[Any], Any]:
        engine = engine_of(store, served)
        asks = [asyncio.ensure_future(engine.classify(Request(Document(body=f"x {k}", id=str(k))))) for k in range(700)]
        await asyncio.sleep(0)
        await engine.start()
        stopping = asyncio.ensure_future(engine.stop())
        await asyncio.sleep(0)
        late = (await asyncio.gather(engine.classify(Request(Document(body="late"))), return_exceptions=True))[0]
        await stopping
        return await asyncio.gather(*asks), late

    store = Store(url)
    done, late = asyncio.run(end())
    assert [answer.plain["id"] for answer in done] == [str(k) for k in range(700)]
    assert isinstance(late, NotReady)
    assert store.count() == 700
    store.close()
