"""A server whose framework is loaded behind the first answers says what the whole application says."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from model.errors import SortationError
from serving.app import create_app
from serving.life import Life
from serving.opening import Opening
from tests.serving.conftest import ready, settings_of
from tests.serving.processes import ROOT

HEAVY = (
    "alembic", "email_validator", "fastapi", "jinja2", "matplotlib", "mlflow", "multipart", "opentelemetry", "pandas",
    "requests", "scipy.sparse", "scipy.stats", "sklearn", "spacy", "typer",
    "model.reading.mail", "model.reading.reader", "serving.app", "training",
)  # fmt: skip
"""What no first answer needs."""
ADDRESSES = ("/health/live", "/openapi.json", "/nowhere", "/v1/classify", "/v2/health/ready", "/v1/predictions/none")
LONG = 3600.0
"""Seconds after which no test is here any more."""


def opened(home: Path, pause: float = LONG) -> TestClient:
    life = Life.of(settings_of(home))
    return TestClient(Opening(life, pause), base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    with opened(home) as made:
        yield made


def classified(client: TestClient) -> dict[str, object]:
    """The first answer."""
    until = time.monotonic() + 30
    while (answer := client.post("/v1/classify", json={"body": "where is my parcel?"})).status_code == 503:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a_server_begins_without_what_a_first_answer_does_not_need(home: Path) -> None:
    code = (
        "import json, sys; from pathlib import Path\n"
        "import sortation.line, serving.starting\n"
        "from serving.life import Life; from serving.opening import Opening; from serving.settings import Settings\n"
        "Opening(Life.of(Settings(home=Path(sys.argv[1]))))\n"
        f"print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_first_answer_waits_for_no_framework(client: TestClient) -> None:
    app: Opening = client.app  # type: ignore[assignment]
    assert classified(client)["labels"]
    assert not app.whole


def test_the_framework_is_loaded_behind_the_first_answers(home: Path) -> None:
    with opened(home, pause=0) as client:
        app: Opening = client.app  # type: ignore[assignment]
        classified(client)
        until = time.monotonic() + 30
        while not app.whole and time.monotonic() < until:
            time.sleep(0.01)
        assert app.whole


def test_whoever_asks_for_another_address_gets_what_the_whole_application_says(home: Path, client: TestClient) -> None:
    with TestClient(create_app(settings_of(home)), base_url="http://127.0.0.1") as whole:
        for address in ADDRESSES:
            told, right = client.get(address), whole.get(address)
            assert (told.status_code, told.content) == (right.status_code, right.content), address


def test_all_who_ask_at_once_wait_for_one_loading(client: TestClient) -> None:
    with ThreadPoolExecutor(8) as callers:
        told = list(callers.map(lambda _: client.get("/health/live").status_code, range(8)))
    assert told == [200] * 8


def test_what_was_classified_before_is_known_afterwards(client: TestClient) -> None:
    number = classified(client)["prediction_id"]
    assert ready(client).get(f"/v1/predictions/{number}").json()["prediction_id"] == number


def test_a_server_may_end_before_it_was_ever_asked(home: Path) -> None:
    with opened(home, pause=0) as client:
        app: Opening = client.app  # type: ignore[assignment]
        assert not app._life.state.engine.draining
    assert app._life.state.engine.draining


def test_keys_are_asked_for_from_the_first_request_on(home: Path) -> None:
    life = Life.of(replace(settings_of(home), anonymous=False))
    with TestClient(Opening(life, LONG), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        assert client.post("/v1/classify", json={"body": "hello"}).status_code == 401
        assert client.get("/v1/models").status_code == 401


def test_faulty_files_end_the_start(home: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "taxonomy.yaml").write_text("levels: 3\n", encoding="utf-8")
    with pytest.raises(SortationError, match="taxonomy"):
        Life.of(settings_of(home, data=tmp_path / "data"))


def test_a_framework_that_cannot_be_loaded_is_tried_again_when_somebody_asks(home: Path) -> None:
    code = (
        "import json, logging, sys; from pathlib import Path\n"
        "logging.disable()\n"
        "from starlette.testclient import TestClient\n"
        "from serving.life import Life; from serving.opening import Opening; from serving.settings import Settings\n"
        "app = Opening(Life.of(Settings(home=Path(sys.argv[1]))), 3600)\n"
        "sys.modules['fastapi'] = None\n"
        "with TestClient(app, base_url='http://127.0.0.1') as client:\n"
        "    refused = client.get('/health/live')\n"
        "    del sys.modules['fastapi']\n"
        "    print(json.dumps([refused.status_code, dict(refused.headers), client.get('/health/live').status_code]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home)], cwd=ROOT, capture_output=True, text=True, check=True)
    status, headers, later = json.loads(done.stdout)
    assert (status, later) == (503, 200)
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"]
    assert headers["retry-after"]
