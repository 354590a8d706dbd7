"""Traces with the real OpenTelemetry SDK: whole, in order, linked across a batch, without a word of any message."""

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from starlette.testclient import TestClient

pytest.importorskip("opentelemetry.sdk", reason="the extra trace is not installed")
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from model.errors import SortationError
from serving.app import create_app
from serving.tracing import provider_of
from tests.serving.conftest import ready, settings_of

STEPS = ["read", "wait", "prepare", "score", "decode", "route", "store"]
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-1] + "0"


class Traced:
    """A server and the spans that it made."""

    def __init__(self, home: Path, share: float = 1.0) -> None:
        self.memory = InMemorySpanExporter()
        provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(share)), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.memory))
        self.app = create_app(settings_of(home), provider)

    def spans(self, name: str = "") -> list[Any]:
        return [span for span in self.memory.get_finished_spans() if name in (span.name, "")]

    def request(self, name: str) -> Any:
        (found,) = self.spans(name)
        return found

    def below(self, span: Any) -> list[Any]:
        found = [each for each in self.spans() if each.parent and each.parent.span_id == span.context.span_id]
        return sorted((each for each in found if not each.name.startswith("batch")), key=lambda each: each.start_time)


@pytest.fixture(scope="module")
def running(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Traced, TestClient]]:
    shutil.copytree(model_home, home := tmp_path_factory.mktemp("traced") / "home")
    made = Traced(home)
    with TestClient(made.app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield made, ready(client)


@pytest.fixture
def traced(running: tuple[Traced, TestClient]) -> tuple[Traced, TestClient]:
    running[0].memory.clear()
    return running


def test_a_request_has_a_span_for_each_step_in_order(traced: tuple[Traced, TestClient]) -> None:
    made, client = traced
    client.post("/v1/classify", json={"body": "where is my order"})
    span = made.request("POST /v1/classify")
    steps = made.below(span)
    assert [each.name for each in steps] == STEPS
    assert all(before.end_time <= after.start_time for before, after in pairwise(steps))
    assert span.start_time <= steps[0].start_time
    assert steps[-1].end_time <= span.end_time
    assert dict(span.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/classify",
        "http.response.status_code": 200,
        "sortation.tenant": "default",
    }


def test_requests_of_one_batch_are_linked(home: Path) -> None:
    made = Traced(home)

    async def crowd() -> None:
        from httpx2 import ASGITransport, AsyncClient

        async with AsyncExitStack() as stack:
            await stack.enter_async_context(made.app.router.lifespan_context(made.app))
            sending = AsyncClient(transport=ASGITransport(app=made.app), base_url="http://127.0.0.1")
            client = await stack.enter_async_context(sending)
            while (await client.get("/health/ready")).status_code != 200:
                await asyncio.sleep(0.01)
            made.memory.clear()
            await asyncio.gather(*(client.post("/v1/classify", json={"body": f"late {k}"}) for k in range(12)))

    asyncio.run(crowd())
    requests = made.spans("POST /v1/classify")
    batches = [span for span in made.spans() if span.name.startswith("batch of ")]
    assert len(requests) == 12
    assert len(batches) < 12
    assert sum(int(span.name.removeprefix("batch of ")) for span in batches) == 12
    known = {span.context.span_id for span in batches}
    linked = [link.context.span_id for span in made.spans("score") for link in span.links]
    assert len(linked) == 12
    assert set(linked) == known
    assert sum(1 + len(span.links) for span in batches) == 12


def test_a_callers_trace_goes_on(traced: tuple[Traced, TestClient]) -> None:
    made, client = traced
    client.post("/v1/classify", json={"body": "x"}, headers={"traceparent": PARENT})
    span = made.request("POST /v1/classify")
    assert f"{span.context.trace_id:032x}" in PARENT
    assert f"{span.parent.span_id:016x}" in PARENT


def test_a_caller_that_does_not_trace_is_not_traced(traced: tuple[Traced, TestClient]) -> None:
    made, client = traced
    assert client.post("/v1/classify", json={"body": "x"}, headers={"traceparent": UNSAMPLED}).status_code == 200
    assert made.spans() == []


@pytest.mark.parametrize("sent", ["", "nonsense", "00-0-0-01", "ff" + PARENT[2:]])
def test_a_traceparent_that_is_none_begins_a_trace(traced: tuple[Traced, TestClient], sent: str) -> None:
    made, client = traced
    client.post("/v1/classify", json={"body": "x"}, headers={"traceparent": sent})
    assert made.request("POST /v1/classify").parent is None


def test_no_span_holds_a_word_of_a_message(traced: tuple[Traced, TestClient]) -> None:
    made, client = traced
    secret = {"id": "xyzzy-1", "subject": "xyzzy", "body": "xyzzy plugh", "from": "ana@example.com"}
    answer = client.post("/v1/classify", json=secret | {"options": {"explain": True}}).json()
    client.post("/v1/classify/batch", json={"items": [secret, {"body": ""}]})
    client.post("/v1/classify?subject=xyzzy", content=b"xyzzy", headers={"Content-Type": "text/plain"})
    client.get(f"/v1/predictions/{answer['prediction_id']}")
    client.get("/v1/predictions/xyzzy")
    assert len(made.spans()) > 20
    told = " ".join(span.to_json() for span in made.spans())
    assert "xyzzy" not in told
    assert "ana@" not in told
    assert answer["prediction_id"] not in told


def test_large_requests_show_each_of_their_batches(traced: tuple[Traced, TestClient]) -> None:
    made, client = traced
    client.post("/v1/classify/batch", json={"items": [{"body": f"late {k}"} for k in range(300)]})
    steps = made.below(made.request("POST /v1/classify/batch"))
    batches = [span for span in made.spans() if span.name.startswith("batch of ")]
    assert len(batches) > 1
    assert [sum(each.name == name for each in steps) for name in STEPS] == [1] + [len(batches)] * 6


def test_a_request_that_fails_has_its_status(traced: tuple[Traced, TestClient]) -> None:
    made, client = traced
    client.post("/v1/classify", json={"body": ""})
    span = made.request("POST /v1/classify")
    assert span.attributes["http.response.status_code"] == 422
    assert made.below(span) == []


def test_a_share_of_requests_is_traced(home: Path) -> None:
    made = Traced(home, share=0.0)
    with TestClient(made.app, base_url="http://127.0.0.1") as client:
        ready(client).post("/v1/classify", json={"body": "x"})
        assert made.spans() == []
        client.post("/v1/classify", json={"body": "x"}, headers={"traceparent": PARENT})
    assert len(made.spans()) == 1 + len(STEPS) + 1


class Collector(BaseHTTPRequestHandler):
    bodies: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_a_setting_sends_spans_to_a_collector(home: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        Thread(target=collector.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{collector.server_port}/v1/traces"
        with TestClient(
            create_app(settings_of(home, trace=where, trace_share=1.0)), base_url="http://127.0.0.1"
        ) as client:
            ready(client).post("/v1/classify", json={"body": "xyzzy"})
        collector.shutdown()
    sent = b"".join(Collector.bodies)
    assert b"POST /v1/classify" in sent
    assert b"xyzzy" not in sent


def test_without_the_setting_the_tracing_library_is_not_even_loaded(home: Path) -> None:
    import subprocess

    code = (
        "import json, sys; from pathlib import Path; from serving.app import create_app\n"
        "from serving.settings import Settings; create_app(Settings(home=Path(sys.argv[1])))\n"
        "found = [n for n in sys.modules if n.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))]\n"
        "print(json.dumps(found))"
    )
    words = [sys.executable, "-c", code, str(home)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_that_is_none_is_refused(home: Path, share: float) -> None:
    with pytest.raises(SortationError, match="between 0 and 1"):
        provider_of(settings_of(home, trace="http://127.0.0.1:1", trace_share=share))
