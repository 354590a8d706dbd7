"""What is noted of each request: its metrics, and its line in the log. Knows no text and no framework."""

import logging
import re
from collections.abc import Mapping

from serving.auth import Caller
from serving.chance import drawn
from serving.metrics import Metrics

log = logging.getLogger("sortation.requests")
REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")


def number_of(headers: Mapping[bytes, bytes]) -> bytes:
    """A request's number: its X-Request-ID, or one that is drawn."""
    sent = headers.get(b"x-request-id", b"")
    return sent if REQUEST_ID.fullmatch(sent) else drawn().encode()


class Noting:
    """Counts requests; lines are written for all of them, or for those alone that failed."""

    def __init__(self, metrics: Metrics, *, every: bool) -> None:
        """`every`: whether a request that went well has a line too."""
        self._metrics, self._every = metrics, every

    def note(
        self, method: str, route: str, number: bytes, status: int, seconds: float, caller: Caller | None = None
    ) -> None:
        """One request; `number` is its X-Request-ID, and status 0 means that nothing was answered."""
        failed = status >= 500 or not status
        self._metrics.request(route, status or 500, seconds)
        if self._every or failed:
            more = {
                "request_id": number.decode(),
                "tenant": caller.tenant if caller else None,
                "key": caller.key if caller else None,
                "ms": round(seconds * 1000, 2),
            }
            log.log(logging.WARNING if failed else logging.INFO, "%s %s %d", method, route, status or 500, extra=more)
