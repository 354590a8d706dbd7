"""The application as a server of one process has it: classifying is there at once, and all else soon after.

FastAPI, its routes and their schemas take as long to load as everything that classifying needs. So they are loaded
behind the first answers, or when somebody asks for another address, who then waits for them.
"""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from model.scoring import load_sparse
from serving.engine import NotReady
from serving.front import classifies
from serving.lane import Lane
from serving.life import Life

log = logging.getLogger("sortation")
PAUSE = 0.3
"""Seconds that the first callers have for themselves before the rest is loaded beside them."""


class Opening:
    """Plain ASGI around a life that begins and ends with it."""

    lane: Lane | None = None
    """A shorter way still, for servers that know it; None until the application has started, and where it is traced."""

    def __init__(self, life: Life, pause: float = PAUSE) -> None:
        """`pause`: seconds from the first model on until the rest is loaded unasked."""
        self._life, self._pause = life, pause
        self._front = life.front(self._any)
        self._unavailable = life.front(_unavailable)
        self._begun = Router(lifespan=self._lived)
        self._loading: asyncio.Task[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the application's life."""
        if scope["type"] == "lifespan":
            await self._begun(scope, receive, send)
        elif classifies(scope):
            await self._front(scope, receive, send)
        else:
            await self._any(scope, receive, send)

    @property
    def whole(self) -> bool:
        """Whether everything is loaded."""
        return self._loading is not None and self._loading.done()

    async def _any(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            app = await self.loaded()
        except Exception:
            app = self._unavailable
        await app(scope, receive, send)

    async def loaded(self) -> ASGIApp:
        """The whole application, loaded once, however many ask for it meanwhile and whoever of them goes away.

        Raises whatever went wrong; who asks next tries again.
        """
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        loading = self._loading
        try:
            return await asyncio.shield(loading)
        except Exception:
            if self._loading is loading:
                self._loading = None
            raise

    def _load(self) -> ASGIApp:
        try:
            from serving.app import framework

            made = framework(self._life)
            load_sparse()
        except Exception as error:
            log.critical("only POST /v1/classify is answered: %s: %s", type(error).__name__, error)
            raise
        gc.freeze()  # as in `listen`
        return made

    @asynccontextmanager
    async def _lived(self, _: object) -> AsyncIterator[None]:
        async with self._life.lived():
            self.lane = self._life.lane()
            behind = asyncio.create_task(self._load_behind())
            try:
                yield
            finally:
                behind.cancel()
                await asyncio.gather(behind, return_exceptions=True)

    async def _load_behind(self) -> None:
        while self._life.state.engine.served is None:
            await asyncio.sleep(0.05)
        await asyncio.sleep(self._pause)
        with suppress(Exception):  # the log says why, and whoever asks tries again
            await self.loaded()


async def _unavailable(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotReady("this address cannot be served now; the server's log says why")
