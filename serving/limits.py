"""Request bodies of bounded size, whatever their headers claim. Plain ASGI."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import problem


class BodyLimit:
    """Answers 413 as soon as a body is known to be larger than `most` bytes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        claimed = dict(scope["headers"]).get(b"content-length", b"0")
        if not claimed.isdigit() or int(claimed) > self._most:
            await self._refuse(scope, receive, send)
            return
        read = 0
        begun = False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most and not begun:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except _TooLarge:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(413, f"the body is larger than {self._most:,} bytes; send the part that matters",
                         headers={"Connection": "close"})
        await answer(scope, receive, send)


class _TooLarge(Exception):  # noqa: N818 - never leaves this file
    pass
