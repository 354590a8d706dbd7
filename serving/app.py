"""The application: collaborators in, ASGI out."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import RedirectResponse
from starlette.datastructures import State
from starlette.types import ASGIApp

from model import taxonomy as taxonomies
from model.errors import SortationError
from serving import errors
from serving.after import After
from serving.api import classify, erasures, health, invocations, jobs, models, predictions, shadow, v2
from serving.api.intake import Intake
from serving.api.items import BatchIn, ClassifyIn
from serving.api.schemas import LabelOut
from serving.auth import Door
from serving.claims import Claims
from serving.drift import Gauges
from serving.engine import Engine
from serving.finding import finding_of, kinds_in, load_behind
from serving.front import Front, Fronted
from serving.gathering import Gathering
from serving.idempotency import Replays
from serving.jobs import Jobs
from serving.lane import Lane
from serving.limits import Bodies
from serving.metrics import Metrics
from serving.models import Served
from serving.noting import Noting
from serving.quotas import Quotas
from serving.routing import Routing, load
from serving.seeing import Eyes
from serving.settings import Settings
from serving.shadow import Shadow
from serving.store import DEFAULT_TENANT, Store
from serving.tracing import Tracing, provider_of
from serving.uploads import Uploads
from serving.watching import address, clean, watch_keys, watch_models, watch_shadow, with_own_model

log = logging.getLogger("sortation")
ABOUT = "Reads tickets, e-mails and documents and says where they belong: labels, a decision, a queue."
PATIENCE = 10.0
"""Seconds that one of several processes waits for its model before it takes requests."""
GROUPS = (classify, predictions, jobs, models, shadow, erasures, v2, invocations, health)


def create_app(settings: Settings, traces: Any = None) -> FastAPI:
    """The server's application. Raises SortationError where its files are faulty or keys are missing.

    `traces` is a provider of tracers in place of the one that the settings name.
    """
    for tenant in ("", *settings.tenants):  # faults show at once
        taxonomy = taxonomies.load(settings.own(tenant, "taxonomy.yaml"))
        load(settings.own(tenant, "routing.yaml"), taxonomy, kinds_in(settings.patterns))
    settings.home.mkdir(parents=True, exist_ok=True)
    _refuse_open(settings)
    finding = finding_of(settings.patterns)
    traces = provider_of(settings) if traces is None else traces

    @asynccontextmanager
    async def lifespan(app: Fronted) -> AsyncIterator[None]:
        eyes = Eyes(finding, settings.redact, lambda: finding is None or finding.loaded)
        engine = _furnish(app.state, settings, eyes)
        app.lane = _lane(app.state) if traces is None else None
        await asyncio.to_thread(app.state.door.refresh)
        await engine.start()
        app.state.after.start()
        tasks = [
            *(watch_models(engine, address(settings, t), t, settings.poll) for t in with_own_model(settings)),
            watch_keys(app.state.door, settings.poll),
            *(watch_shadow(engine, app.state.shadow, address(settings, t), settings) for t in with_own_model(settings)),
            clean(app.state.store, settings),
            app.state.jobs.run(),
            load_behind(finding, lambda: engine.served is not None),
            *([app.state.pages.publish()] if settings.workers > 1 else ()),
        ]
        running = [asyncio.create_task(task) for task in tasks]
        if settings.workers > 1:  # requests wait at the door, while the other processes answer
            await _taken_over(engine)
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await engine.stop()
            await asyncio.to_thread(app.state.after.stop)
            await asyncio.to_thread(app.state.intake.uploads.close)
            app.state.store.close()
            if app.state.claims is not None:
                app.state.claims.close()
            if traces is not None:
                await asyncio.to_thread(traces.shutdown)
            app.state.pages.withdraw()

    app = Fronted(title="Sortation", version="1", description=ABOUT, lifespan=lifespan, redoc_url=None)
    for group in GROUPS:
        app.include_router(group.router)
    app.add_api_route("/", lambda: RedirectResponse("/docs"), include_in_schema=False)
    errors.install(app)
    app.add_middleware(Front, state=app.state, settings=settings)
    front: ASGIApp = Front(app, app.state, settings)
    if traces is not None:
        app.add_middleware(Tracing, provider=traces)
        front = Tracing(front, traces)
    app.front = front
    _describe(app)
    return app


async def _taken_over(engine: Engine) -> None:
    """Waits until there is a model, but not for ever: without one the process says so itself."""
    until = asyncio.get_running_loop().time() + PATIENCE
    while engine.served is None and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(0.05)


def _furnish(state: State, settings: Settings, eyes: Eyes) -> Engine:
    """Puts the collaborators into the application's state."""
    store = state.store = Store(settings.database_url)
    state.settings, state.metrics = settings, Metrics()
    state.pages = Gathering(settings.home / "workers" / str(os.getppid()), state.metrics.exposed)
    engine = state.engine = Engine(
        store,
        lambda tenant, served: _rules(settings, tenant, served),
        settings.tenants,
        settings.queue,
        settings.queue_characters,
        state.metrics,
        eyes,
        with_model=with_own_model(settings),
    )
    state.intake = Intake(Uploads(settings.reading, settings.readers), eyes)
    door = state.door = Door(store, anonymous=settings.anonymous and settings.local)
    state.quotas = Quotas(settings.rate, lambda: door.quotas, share=settings.workers)
    state.bodies = Bodies(settings.max_held, settings.body_seconds)
    claims = state.claims = Claims(settings.home / "workers" / "keys.lock") if settings.workers > 1 else None
    state.replays = Replays(store, claims)
    state.jobs = Jobs(store, engine, state.intake, state.quotas)
    state.noting = Noting(state.metrics, every=settings.access_log)
    gauges = Gauges(lambda: engine.models)
    shadow = state.shadow = Shadow(store, settings.shadow_share)
    after = state.after = After([gauges, shadow] if settings.shadow else [gauges])
    engine.given = after.give
    state.metrics.others += [*gauges.series, *shadow.series, after.dropped]
    return engine


def _lane(state: State) -> Lane:
    return Lane(state.engine, state.intake, state.door, state.quotas, state.bodies, state.noting)


def _refuse_open(settings: Settings) -> None:
    if settings.local:
        return
    store = Store(settings.database_url)
    try:
        if not store.keys.valid():
            raise SortationError(
                f"{settings.host} can be reached from other machines, and there is no API key: make one with "
                "`sortation keys create --tenant default --scopes classify,review`, or serve on 127.0.0.1"
            )
    finally:
        store.close()


def _rules(settings: Settings, tenant: str, served: Served) -> Routing:
    own = "" if tenant == DEFAULT_TENANT else tenant
    return load(settings.own(own, "routing.yaml"), served.classifier.taxonomy, kinds_in(settings.patterns))


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
