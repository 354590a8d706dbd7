"""Request bodies of bounded size, whatever their headers claim. Plain ASGI."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import problem


class BodyLimit:
    """Reads each body up to `most` bytes before anything else sees the request; beyond that answers 413."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        claimed = dict(scope["headers"]).get(b"content-length", b"0")
        held = await self._body(receive) if claimed.isdigit() and int(claimed) <= self._most else None
        if held is None:
            answer = problem(
                413,
                f"the body is larger than {self._most:,} bytes; send the part that matters",
                headers={"Connection": "close"},
            )
            await answer(scope, receive, send)
            return

        async def replayed() -> Message:
            return held.pop(0) if held else await receive()

        await self._app(scope, replayed, send)

    async def _body(self, receive: Receive) -> list[Message] | None:
        """The messages that make up the body; None where it is too large."""
        held: list[Message] = []
        size = 0
        while True:
            message = await receive()
            held.append(message)
            size += len(message.get("body", b""))
            if size > self._most:
                return None
            if message["type"] != "http.request" or not message.get("more_body", False):
                return held
