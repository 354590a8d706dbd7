"""The whole application, FastAPI's part included: collaborators in, ASGI out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from model.errors import SortationError
from serving.api import classify, erasures, health, invocations, jobs, models, predictions, shadow, v2
from serving.api.items import BatchIn, ClassifyIn
from serving.api.schemas import LabelOut
from serving.errors import misread, rendered
from serving.front import Front, classifies
from serving.lane import Lane
from serving.life import Life
from serving.settings import Settings
from serving.store.connection import StoreFault
from serving.tracing import Tracing

ABOUT = "Reads tickets, e-mails and documents and says where they belong: labels, a decision, a queue."
GROUPS = (classify, predictions, jobs, models, shadow, erasures, v2, invocations, health)


class Fronted(FastAPI):
    """An application whose fast path is taken before any of the framework's own layers."""

    front: ASGIApp
    lane: Lane | None = None
    """A shorter way still, for servers that know it; None until the application has started, and where it is traced."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the application's life."""
        if classifies(scope):
            await self.front(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings, traces: Any = None) -> Fronted:
    """The server's application. Raises SortationError where its files are faulty or keys are missing.

    `traces` is a provider of tracers in place of the one that the settings name.
    """
    life = Life.of(settings, traces)

    @asynccontextmanager
    async def lifespan(app: Fronted) -> AsyncIterator[None]:
        async with life.lived():
            app.lane = life.lane()
            yield

    return framework(life, lifespan)


def framework(life: Life, lifespan: Any = None) -> Fronted:
    """The application of a life; without `lifespan` somebody else begins and ends that."""
    app = Fronted(title="Sortation", version="1", description=ABOUT, lifespan=lifespan, redoc_url=None)
    app.state = life.state
    for group in GROUPS:
        app.include_router(group.router)
    app.add_api_route("/", lambda: RedirectResponse("/docs"), include_in_schema=False)
    _tell_faults(app)
    app.add_middleware(Front, state=life.state, settings=life.settings)
    if life.traces is not None:
        app.add_middleware(Tracing, provider=life.traces)
    app.front = life.front(app)
    _describe(app)
    return app


def _tell_faults(app: FastAPI) -> None:
    """Every error in the one shape that all addresses have."""

    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            return misread(error.errors(), request.url.path)
        return rendered(error, request.url.path)

    for kind in (SortationError, RequestValidationError, ValidationError, StoreFault, HTTPException, Exception):
        app.add_exception_handler(kind, handle)


def _describe(app: FastAPI) -> None:
    """OpenAPI with the bodies that are parsed by hand, and with the two ways to send a key."""

    def described() -> dict[str, object]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
            for kind in (ClassifyIn, BatchIn, LabelOut):
                schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
                made["components"]["schemas"] |= schema.pop("$defs", {}) | {kind.__name__: schema}
            made["components"]["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            }
            made["security"] = [{}, {"bearer": []}, {"header": []}]
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
