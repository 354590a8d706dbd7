"""The fast path of POST /v1/classify says what the framework's own route says."""

import json
import re
from contextlib import AsyncExitStack
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.testclient import TestClient

from serving.auth import LOCAL

FREE = re.compile(rb'"prediction_id":"[^"]*"|"timing_ms":[\d.]+|"sla_due_at":"[^"]*"')
"""What differs from one answer to the next."""
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=30), st.lists(st.text(max_size=5), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)  # fmt: skip
WORDS = st.lists(
    st.sampled_from(["where", "is", "my", "parcel", "refund", "4471", "Retoure", "ñ", "😀", "\x00"]), max_size=12
)
GOOD = st.fixed_dictionaries(
    {"body": WORDS.map(" ".join)},
    optional={
        "subject": st.text(max_size=40),
        "channel": st.sampled_from(["email", "chat", "fax"]),
        "id": st.text(max_size=10),
        "options": st.fixed_dictionaries({}, optional={"top_k": st.integers(-1, 25), "cleaning": st.booleans()}),
        "metadata": st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    },
)
ODD = st.dictionaries(st.sampled_from(["body", "subject", "channel", "id", "options", "from", "boddy"]), VALUES)
BODIES = st.one_of(
    (GOOD | ODD | VALUES).map(lambda plain: json.dumps(plain).encode()), st.binary(max_size=40)
)  # fmt: skip
KINDS = st.sampled_from(["application/json"] * 6 + ["application/json; charset=utf-8", "text/plain", "image/png", ""])


def slowly(client: TestClient, body: bytes, kind: str) -> tuple[int, bytes]:
    """Status and body as the framework's route answers, without anything in front of it."""
    app: Any = client.app
    handlers: Any = app.exception_handlers
    inner = ExceptionMiddleware(app.router, handlers=handlers)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/classify", "raw_path": b"/v1/classify", "root_path": "",
        "query_string": b"", "headers": [(b"content-type", kind.encode())], "app": app, "sortation.caller": LOCAL,
    }  # fmt: skip

    async def run() -> None:
        async with AsyncExitStack() as stack:
            scope["fastapi_middleware_astack"] = stack
            await inner(scope, receive, send)

    portal = client.portal  # the engine lives on the server's own loop
    assert portal is not None
    portal.call(run)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@settings(max_examples=150, deadline=None)
@given(body=BODIES, kind=KINDS)
def test_both_paths_answer_alike(client: TestClient, body: bytes, kind: str) -> None:
    fast = client.post("/v1/classify", content=body, headers={"Content-Type": kind})
    status, raw = slowly(client, body, kind)
    assert (fast.status_code, FREE.sub(b"", fast.content)) == (status, FREE.sub(b"", raw))
