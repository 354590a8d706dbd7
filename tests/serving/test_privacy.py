"""What is stored and logged: no personal data where the setting says so, and never a message's text in a log."""

import logging
import sqlite3
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.serving.conftest import Serve

TEXT = (
    "Please pay my 80.00 EUR to DE89 3704 0044 0532 0130 00 and call +49 30 1234567. Where is the blender? "
    "Mail ana.lima@example.org.\n\n-- \nAna Lima\n"
)
ITEM = {
    "subject": "Refund for Ana Lima",
    "body": TEXT,
    "channel": "email",
    "from": "Ana Lima <ana.lima@example.org>",
    "metadata": {"reply": "ana.lima@example.org", "type": "email"},
    "options": {"entities": True, "cleaning": True},
}
SECRETS = ("ana.lima", "Lima", "3704 0044", "37040044", "1234567")


def stored(home: Path) -> str:
    """Everything in the store, as text."""
    with sqlite3.connect(home / "sortation.db") as database:
        rows = database.execute("SELECT * FROM predictions").fetchall()
    return "\n".join(str(row) for row in rows)


def test_personal_data_are_replaced_in_the_store_and_counted_in_the_answer(
    serve: Serve, client: TestClient, home: Path
) -> None:
    redacting = serve(redact=True)
    answer = redacting.post("/v1/classify", json=ITEM).json()
    assert answer["redacted"] == {"email": 1, "iban": 1, "phone": 1, "name": 1}
    kept = stored(home)
    assert "[IBAN]" in kept
    assert "80.00 EUR" in kept
    for secret in SECRETS:
        assert secret not in kept

    # The caller and the classifier see the original.
    plain = client.post("/v1/classify", json=ITEM).json()
    assert plain["redacted"] is None
    for each in (answer, plain):
        assert each["route"].pop("sla_due_at")  # counted from when it was answered
    changing = ("prediction_id", "timing_ms", "redacted")
    assert {key: answer[key] for key in answer if key not in changing} == {
        key: plain[key] for key in plain if key not in changing
    }
    shown = redacting.get(f"/v1/predictions/{answer['prediction_id']}").text
    assert not any(secret in shown for secret in SECRETS)


MARKER = "zarquonophobia"


@pytest.mark.parametrize("redact", [False, True])
def test_no_log_line_holds_a_word_of_the_message(
    serve: Serve, home: Path, caplog: pytest.LogCaptureFixture, redact: bool
) -> None:
    with caplog.at_level(logging.DEBUG):
        client = serve(redact=redact)
        mail = f"From: {MARKER}@x.org\nSubject: {MARKER}\n\n{MARKER} where is it\n".encode()
        for kind in ("message/rfc822", "text/plain", "text/html", "application/pdf"):
            client.post("/v1/classify", content=mail, headers={"Content-Type": kind})
        assert client.post("/v1/classify", json={"body": f"where is my {MARKER}"}).status_code == 200
        assert client.post("/v1/classify", json={"body": MARKER, "channel": MARKER}).status_code == 422
        # A store that fails is an error of which the log tells, without the row that it could not keep.
        with sqlite3.connect(home / "sortation.db") as broken:
            broken.execute("DROP TABLE predictions")
        assert client.post("/v1/classify", json={"body": MARKER}).status_code == 503
    assert "the store failed" in caplog.text
    assert MARKER not in caplog.text


def everything(home: Path) -> str:
    """Every row of every table, as text."""
    with sqlite3.connect(home / "sortation.db") as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(str(row) for name in names for row in database.execute(f"SELECT * FROM {name}"))  # noqa: S608


def test_batches_jobs_and_remembered_answers_are_redacted_too_and_erased_by_address(serve: Serve, home: Path) -> None:
    client = serve(redact=True)
    for path, body in (("/v1/classify", ITEM), ("/v1/classify/batch", {"items": [ITEM]})):
        assert client.post(path, json=body, headers={"Idempotency-Key": path}).status_code == 200
    job = client.post("/v1/jobs", json={"items": [ITEM]}).json()["job_id"]
    until = time.monotonic() + 60
    while client.get(f"/v1/jobs/{job}").json()["state"] != "done" and time.monotonic() < until:
        time.sleep(0.02)
    assert "[IBAN]" in client.get(f"/v1/jobs/{job}/results").text + everything(home)
    assert not [secret for secret in SECRETS if secret in everything(home)]
    erased = client.post("/v1/erasures", json={"requester": "Ana.Lima@example.org"}).json()
    assert erased["predictions"] == 3
