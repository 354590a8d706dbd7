"""Connections on which the short way is taken: no task, no messages, one write for each answer. Knows uvicorn."""

import asyncio
from collections.abc import Callable
from functools import partial

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from serving.answers import Answer
from serving.connections import Bounded
from serving.lane import URL, Lane, Ticket

PATIENCE = 1.0
"""Seconds for which a body is waited for here; slower ones go the ordinary way, which has its own bound."""


class Turn(RequestResponseCycle):
    """One request on the short way, with what uvicorn asks of a request that it has begun."""

    def __init__(self, lane: Lane, ticket: Ticket) -> None:
        self.lane, self.ticket = lane, ticket
        self.body = bytearray()
        self.begun = False
        self.keep_alive = True
        self.disconnected = self.response_complete = False
        self.message_event = _UNHEARD

    def gone(self) -> bool:
        """Whether its client has gone away."""
        return self.disconnected


_UNHEARD = asyncio.Event()
"""uvicorn tells it what happens to a request; on the short way nobody waits for that."""


class Direct(Bounded):
    """A connection on which the short way is taken where there is one."""

    lane: Callable[[], Lane | None] = staticmethod(lambda: None)
    _under_way: Turn | None = None
    """The request that is answered on the short way; others that came behind it wait in uvicorn's pipeline."""
    _late: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Feeds the parser; a body that is late is left to the ordinary way."""
        super().data_received(data)
        if isinstance(self.cycle, Turn) and not self.cycle.begun and self._late is None:
            self._late = self.loop.call_later(PATIENCE, self._give_over)

    def on_headers_complete(self) -> None:
        """Takes the short way, or the ordinary one."""
        self._rest()  # both timers run where the request before was refused at once
        self._unset_keepalive_if_required()
        turn = self._turn() if self.url == URL else None
        if turn is None:
            super().on_headers_complete()
        else:
            self._head = False
            self.cycle = self._under_way = turn

    def on_body(self, body: bytes) -> None:
        """A part of a body."""
        super().on_body(body)
        turn = self.cycle
        if isinstance(turn, Turn):
            turn.lane.take(turn.ticket, len(body))

    def on_message_complete(self) -> None:
        """A request is whole."""
        turn = self.cycle
        if not isinstance(turn, Turn) or turn.begun:
            super().on_message_complete()
            return
        self._first = False
        turn.begun = True
        self._in_time()
        if not turn.lane.begin(turn.ticket, bytes(turn.body), partial(self._tell, turn), turn.gone):
            self._give_over()
            super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the request that was under way."""
        turn = self._under_way
        self._in_time()
        if turn is not None:
            turn.disconnected = True
            self._under_way = None
            turn.lane.leave(turn.ticket)
            turn.lane.note(turn.ticket, 499)
        super().connection_lost(exc)

    def _turn(self) -> Turn | None:
        """The short way, if there is one, the connection is free for it, and nothing speaks against it."""
        lane, parser = self.lane(), self.parser
        free = self.cycle is None or self.cycle.response_complete
        if lane is None or not free or self.flow.write_paused or self.pipeline:
            return None
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return None
        ticket = lane.ticket(dict(self.headers))
        return None if ticket is None else Turn(lane, ticket)

    def _give_over(self) -> None:
        """Lets the ordinary way have what came of a request so far."""
        turn = self._under_way
        self._in_time()
        if turn is not None:
            self._under_way = None
            turn.lane.leave(turn.ticket)
            self.cycle = None  # type: ignore[assignment]  # as before a connection's first request
            super().on_headers_complete()
            self.cycle.keep_alive &= turn.keep_alive  # a server that is about to end has said so by now
            super().on_body(bytes(turn.body))

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _tell(self, turn: Turn, found: list[Answer] | Exception) -> None:
        """Writes the answer, in one piece."""
        status, headers, body = turn.lane.answer(turn.ticket, found)
        lines = [STATUS_LINE[status]]
        for name, value in (*self.server_state.default_headers, *headers):
            lines += (name, b": ", value, b"\r\n")
        if not turn.keep_alive:
            lines.append(b"connection: close\r\n")
        self.transport.write(b"".join((*lines, b"\r\n", body)))
        turn.response_complete, self._under_way = True, None
        if not turn.keep_alive:
            self.transport.close()
        self.on_response_complete()


def direct(lane: Callable[[], Lane | None]) -> type[Direct]:
    """Connections that take the short way that `lane` names whenever it is asked."""
    return type("Direct", (Direct,), {"lane": staticmethod(lane)})
