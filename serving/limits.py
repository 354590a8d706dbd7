"""Request bodies of bounded size, whatever their headers claim. Plain ASGI."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import problem


class BodyLimit:
    """Reads each body up to `most` bytes before anything else sees the request; beyond that answers 413.

    Bodies that are files, or forms with files, may have `most_of_file` bytes.
    """

    def __init__(self, app: ASGIApp, most: int, most_of_file: int) -> None:
        self._app = app
        self._most = most
        self._most_of_file = most_of_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        claimed = headers.get(b"content-length", b"0")
        most = self._most_of_file if _is_file(headers.get(b"content-type", b"")) else self._most
        held = await self._body(receive, most) if claimed.isdigit() and int(claimed) <= most else None
        if held is None:
            answer = problem(
                413,
                f"the body is larger than {most:,} bytes; send the part that matters",
                headers={"Connection": "close"},
            )
            await answer(scope, receive, send)
            return

        async def replayed() -> Message:
            return held.pop(0) if held else await receive()

        await self._app(scope, replayed, send)

    async def _body(self, receive: Receive, most: int) -> list[Message] | None:
        """The messages that make up the body; None where it is too large."""
        held: list[Message] = []
        size = 0
        while True:
            message = await receive()
            held.append(message)
            size += len(message.get("body", b""))
            if size > most:
                return None
            if message["type"] != "http.request" or not message.get("more_body", False):
                return held


def _is_file(content_type: bytes) -> bool:
    kind = content_type.partition(b";")[0].strip().lower()
    return kind not in TEXTUAL and not kind.endswith(b"+json")


TEXTUAL = (b"", b"application/json", b"application/x-www-form-urlencoded", b"text/plain")
"""Types of bodies that are an item written down, and no file."""
