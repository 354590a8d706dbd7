"""The application on a socket: the only file that knows the HTTP server."""

import gc
import socket

import uvicorn
from starlette.types import ASGIApp

from model.errors import SortationError
from serving import memory
from serving.connections import bounded
from serving.direct import direct
from serving.settings import Settings

GRACE = 20
"""Seconds that requests have to end when the server is told to."""

YOUNG = 20_000
"""Objects after which garbage in circles is looked for: an answer makes hundreds of objects and hardly a circle."""


def listen(app: ASGIApp, settings: Settings, own: socket.socket | None = None) -> None:
    """Answers until told to end, on a socket that was bound before or else at the settings' address.

    Raises SortationError where the application does not start.
    """
    kind = direct(lambda: getattr(app, "lane", None))
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        log_config=None,
        access_log=False,
        http=bounded(settings.connections, settings.head_seconds, kind),
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    memory.share()
    gc.freeze()  # what was imported never becomes garbage; looking at it would hold up the start, and answers later
    gc.set_threshold(YOUNG, 20, 50)
    gc.enable()
    try:
        uvicorn.Server(config).run(sockets=None if own is None else [own])
    except SystemExit as error:  # uvicorn's way to say that the application did not start
        raise SortationError("the server could not start; its log says why") from error
