"""What every request passes: its number, its caller, quota, body limits, counting. Plain ASGI, in front of FastAPI.

POST /v1/classify is answered right here: at thousands of requests a second a framework's own work would cost more
than classifying.
"""

import re
import time
from typing import Any

from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.auth import CLASSIFY, Caller
from serving.errors import WrongMedia, rendered
from serving.limits import Gone, is_file, packed
from serving.noting import number_of
from serving.settings import Settings

LARGE = re.compile(r"/v1/classify/batch|/v1/jobs|/v2/models/.*/infer|/invocations")
"""Addresses that take files of items."""
COUNTED = re.compile(r"/v1/classify/.*|/v2/models/.*/infer|/invocations")
"""Addresses besides CLASSIFY whose items count against the quota at the door; a job's count when they are worked on."""
JSON = (b"content-type", b"application/json")


def classifies(scope: Scope) -> bool:
    """Whether a request is one that is answered here."""
    kind: bool = scope["type"] == "http" and scope["path"] == CLASSIFY and scope["method"] == "POST"
    return kind


class Front:
    """Middleware around the application; its collaborators stand in `state` once the application has started."""

    def __init__(self, app: ASGIApp, state: State, settings: Settings) -> None:
        self._app = app
        self._state = state
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = dict(scope["headers"])
        number = number_of(headers)
        status = 0
        caller: Caller | None = None

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                more = [(b"x-request-id", number)]
                if caller is not None:
                    more += self._state.quotas.headers(caller.tenant)
                message["headers"] = [*message["headers"], *more]
            await send(message)

        try:
            caller = self._state.door.admit(scope["path"], headers)
            await self._admitted(scope, receive, sending, headers, caller)
        except Gone:
            status = 499
        except Exception as error:
            if status:
                raise
            await rendered(error, scope["path"])(scope, receive, sending)
        finally:
            self._note(scope, number, status, time.perf_counter() - began, caller)

    async def _admitted(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], caller: Caller
    ) -> None:
        scope["sortation.caller"] = caller
        path, method = scope["path"], scope["method"]
        if method not in ("POST", "PUT", "PATCH", "DELETE"):
            await self._app(scope, receive, send)
            return
        kind = headers.get(b"content-type", b"")
        if packed(headers):
            raise WrongMedia("a compressed body is not read; send it without Content-Encoding")
        bodies = self._state.bodies
        body = await bodies.read(receive, headers.get(b"content-length", b""), self._most(path, kind))
        try:
            if path == CLASSIFY or COUNTED.fullmatch(path):
                self._state.quotas.take(caller.tenant, 1)
            key = headers.get(b"idempotency-key")
            if key is None or method != "POST":
                await self._answer(scope, receive, send, headers, body)
                return
            request = b"\n".join((method.encode(), path.encode(), scope["query_string"], kind, body))

            async def run(recorded: Send) -> bytes | None:
                await self._answer(scope, receive, recorded, headers, body)
                kept: bytes | None = scope.get("sortation.kept")
                return kept

            await self._state.replays.once(caller.tenant, key, request, run, send)
        finally:
            bodies.held -= len(body)

    def _most(self, path: str, kind: bytes) -> int:
        """Bytes that a body may have."""
        if LARGE.fullmatch(path):
            return self._settings.max_upload
        return self._settings.max_file if path == CLASSIFY and is_file(kind) else self._settings.max_body

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], body: bytes
    ) -> None:
        if scope["path"] == CLASSIFY and scope["method"] == "POST":
            await self._classify(scope, receive, send, headers, body)
            return
        message: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def replayed() -> Message:
            nonlocal message
            given, message = message, None
            return given if given is not None else await receive()

        await self._app(scope, replayed, send)

    async def _classify(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], body: bytes
    ) -> None:
        try:
            kind, tenant = headers.get(b"content-type", b""), scope["sortation.caller"].tenant
            work = await self._state.intake.body(body, kind, scope["query_string"], tenant)
            answer = await self._state.engine.classify(work)
            raw, scope["sortation.kept"] = answer.raw, answer.kept
        except Exception as error:
            await rendered(error)(scope, receive, send)
            return
        start: dict[str, Any] = {"type": "http.response.start", "status": 200}
        start["headers"] = [JSON, (b"content-length", b"%d" % len(raw))]
        await send(start)
        await send({"type": "http.response.body", "body": raw})

    def _note(self, scope: Scope, number: bytes, status: int, seconds: float, caller: Caller | None) -> None:
        route = CLASSIFY if scope["path"] == CLASSIFY else getattr(scope.get("route"), "path", "other")
        self._state.noting.note(scope["method"], route, number, status, seconds, caller)
