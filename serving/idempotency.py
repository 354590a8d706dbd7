"""The same request twice, answered once: `Idempotency-Key`."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from starlette.types import Message, Send

from serving.claims import Claims
from serving.errors import Conflict, Misused
from serving.quotas import Header
from serving.store import Store
from serving.store.connection import StoreFault
from serving.store.remembered import Told

log = logging.getLogger("sortation.idempotency")

Run = Callable[[Send], Awaitable[bytes | None]]
"""Answers a request; returns what may be kept of the answer's body, None: all of it."""
PASSING = (401, 403, 408, 413, 429)
"""Refusals that say nothing of the request itself: the same key may be tried again."""
LONGEST = 200
OF_BODY = (b"content-type", b"content-length")
"""Headers that are told of an answer's body, first or again; others, such as Retry-After, go with the first alone."""


class Replays:
    """Runs a request under a key once; later ones get what the first one got."""

    def __init__(self, store: Store, claims: Claims | None = None) -> None:
        """`claims`: what other processes of this machine are at; None: there are none."""
        self._store, self._claims = store, claims
        self._busy: set[tuple[str, str]] = set()

    async def once(self, tenant: str, key: bytes, request: bytes, run: Run, send: Send) -> None:
        """Answers from memory, or runs and remembers. Raises Misused or Conflict."""
        name = key.decode("latin-1").strip()
        if not name or len(name) > LONGEST or not name.isprintable():
            raise Misused(f"Idempotency-Key must be 1 to {LONGEST} printable characters")
        self._take(tenant, name)
        try:
            digest = hashlib.sha256(request).hexdigest()
            told = await asyncio.to_thread(self._store.remembered.find, tenant, name)
            if told is None:
                told, kept, more = await self._run(run, digest)
                if told.status < 500 and told.status not in PASSING:
                    await self._keep(tenant, name, told if kept is None else replace(told, body=kept))
                await _give(told, send, more)
                return
            if told.digest != digest:
                raise Misused("this Idempotency-Key was used for another request; a new request needs a new key")
            await _give(told, send, [(b"idempotency-replayed", b"true")])
        finally:
            self._busy.discard((tenant, name))
            if self._claims is not None:
                self._claims.give_back(tenant, name)

    def _take(self, tenant: str, name: str) -> None:
        free = (tenant, name) not in self._busy
        if not free or (self._claims is not None and not self._claims.take(tenant, name)):
            raise Conflict("a request with this Idempotency-Key is being answered right now; try again shortly")
        self._busy.add((tenant, name))

    async def _keep(self, tenant: str, name: str, told: Told) -> None:
        """Remembers an answer where it can: what was asked is done, and to say otherwise would have it done twice."""
        try:
            await asyncio.to_thread(self._store.remembered.keep, tenant, name, told)
        except StoreFault as error:
            log.error("an answer is not kept under its key: %s", type(error).__name__)

    async def _run(self, run: Run, digest: str) -> tuple[Told, bytes | None, list[Header]]:
        """What was answered, what may be kept of its body, and its headers but for the body's own."""
        status, kind, parts, more = 500, b"", [], []

        async def recorded(message: Message) -> None:
            nonlocal status, kind, more
            if message["type"] == "http.response.start":
                status = message["status"]
                kind = dict(message["headers"]).get(b"content-type", b"")
                more = [(name, value) for name, value in message["headers"] if name not in OF_BODY]
            else:
                parts.append(message.get("body", b""))

        kept = await run(recorded)
        return Told(digest, status, kind.decode("latin-1"), b"".join(parts)), kept, more


async def _give(told: Told, send: Send, more: Sequence[Header]) -> None:
    headers = [(b"content-type", told.kind.encode("latin-1")), (b"content-length", b"%d" % len(told.body))]
    await send({"type": "http.response.start", "status": told.status, "headers": [*headers, *more]})
    await send({"type": "http.response.body", "body": told.body})
