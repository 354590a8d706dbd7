"""The short way for what is asked most: one item in plain JSON, POSTed to /v1/classify. Knows no framework.

It takes what it can answer simply, and refuses nothing itself: any other request, every one that is to be refused at
the door included, goes the ordinary way, which says what is wrong.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from model.errors import SortationError
from serving.answers import Answer
from serving.api.intake import Intake
from serving.api.reading import is_json, read_item
from serving.auth import CLASSIFY, Caller, Door
from serving.engine import Engine, Tell
from serving.errors import rendered
from serving.limits import DIGITS, Bodies
from serving.noting import Noting, number_of
from serving.quotas import Header, Quotas

URL = CLASSIFY.encode()
LARGEST = 65_536
"""Bytes of a body that is waited for here: beyond, a server stops reading until it is asked for more."""
OTHERWISE = frozenset((b"idempotency-key", b"content-encoding", b"transfer-encoding", b"expect", b"upgrade"))
"""Headers that ask for more than the short way has."""


@dataclass(eq=False, slots=True)
class Ticket:
    """One request on the short way."""

    caller: Caller
    number: bytes
    """Its X-Request-ID."""
    held: int = 0
    """Bytes of its body that came, and count among those that are held."""
    began: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, eq=False)
class Lane:
    """What the short way needs of an application that has started."""

    engine: Engine
    intake: Intake
    door: Door
    quotas: Quotas
    bodies: Bodies
    noting: Noting
    largest: int = LARGEST
    """Bytes that a body may have here."""

    def ticket(self, headers: Mapping[bytes, bytes]) -> Ticket | None:
        """Lets a request to URL in by its headers; None: it goes the ordinary way."""
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or len(length) > DIGITS or not is_json(headers.get(b"content-type", b"")):
            return None
        size = int(length)
        if size > self.largest or not self.bodies.room(size) or not OTHERWISE.isdisjoint(headers):
            return None
        try:
            caller = self.door.admit(CLASSIFY, headers)
        except SortationError:
            return None
        return Ticket(caller, number_of(headers))

    def take(self, ticket: Ticket, size: int) -> None:
        """So many bytes more of a body have come."""
        ticket.held += size
        self.bodies.held += size

    def begin(self, ticket: Ticket, body: bytes, tell: Tell, gone: Callable[[], bool]) -> bool:
        """Has the item in a body classified; `tell` hears what came of it. False: it goes the ordinary way."""
        tenant = ticket.caller.tenant
        try:
            request = self.intake.simply(read_item(body), tenant)
        except (SortationError, ValidationError):
            return False
        if request is None:
            return False
        try:
            self.quotas.take(tenant, 1)
            self.engine.begin(request, tell, gone)
        except SortationError as error:
            tell(error)
        return True

    def answer(self, ticket: Ticket, found: Sequence[Answer] | Exception) -> tuple[int, list[Header], bytes]:
        """Status, headers and body of what is answered, which is noted."""
        self.leave(ticket)
        if isinstance(found, Exception):
            response = rendered(found)
            status, body, headers = response.status_code, bytes(response.body), list(response.raw_headers)
        else:
            status, body = 200, found[0].raw
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        headers.append((b"x-request-id", ticket.number))
        headers += self.quotas.headers(ticket.caller.tenant)
        self.note(ticket, status)
        return status, headers, body

    def note(self, ticket: Ticket, status: int) -> None:
        """A request has come to its end; 499: its client went away."""
        seconds = time.perf_counter() - ticket.began
        self.noting.note("POST", CLASSIFY, ticket.number, status, seconds, ticket.caller)

    def leave(self, ticket: Ticket) -> None:
        """A request's body is held no longer."""
        self.bodies.held -= ticket.held
        ticket.held = 0
