"""What a server has while it runs, and what it does meanwhile. Knows no framework: requests come to it from others."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import State
from starlette.types import ASGIApp

from model import taxonomy as taxonomies
from model.errors import SortationError
from serving.after import MOUTHFUL, After
from serving.api.intake import Intake
from serving.auth import Door
from serving.claims import Claims
from serving.drift import Gauges
from serving.engine import Engine
from serving.finding import Finding, finding_of, kinds_in, load_behind
from serving.front import Front
from serving.gathering import Gathering
from serving.idempotency import Replays
from serving.jobs import Jobs
from serving.lane import LARGEST, Lane
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

PATIENCE = 10.0
"""Seconds that one of several processes waits for its model before it takes requests."""


@dataclass(frozen=True)
class Life:
    """A server's settings and, while it lives, its collaborators."""

    settings: Settings
    finding: Finding | None
    traces: Any
    """A provider of tracers; None: nothing is traced."""
    state: State = field(default_factory=State)

    @classmethod
    def of(cls, settings: Settings, traces: Any = None) -> "Life":
        """A life that may begin. Raises SortationError where the server's files are faulty or keys are missing."""
        for tenant in ("", *settings.tenants):  # faults show at once
            taxonomy = taxonomies.load(settings.own(tenant, "taxonomy.yaml"))
            load(settings.own(tenant, "routing.yaml"), taxonomy, kinds_in(settings.patterns))
        settings.home.mkdir(parents=True, exist_ok=True)
        _refuse_open(settings)
        finding = finding_of(settings.patterns)
        return cls(settings, finding, provider_of(settings) if traces is None else traces)

    def front(self, app: ASGIApp) -> ASGIApp:
        """What every request passes before it reaches `app`."""
        front = Front(app, self.state, self.settings)
        return front if self.traces is None else Tracing(front, self.traces)

    def lane(self) -> Lane | None:
        """A shorter way still, for servers that know it; None where requests are traced."""
        state = self.state
        if self.traces is not None:
            return None
        largest = min(LARGEST, self.settings.max_body)
        return Lane(state.engine, state.intake, state.door, state.quotas, state.bodies, state.noting, largest)

    @asynccontextmanager
    async def lived(self) -> AsyncIterator[None]:
        """Begins and, at the end, stops: what came in is answered before the store is closed."""
        state, settings = self.state, self.settings
        eyes = Eyes(self.finding, settings.redact, lambda: self.finding is None or self.finding.loaded)
        engine = _furnish(state, settings, eyes)
        await asyncio.to_thread(state.door.refresh)
        await engine.start()
        state.after.start()
        running = [asyncio.create_task(task) for task in self._tasks()]
        if settings.workers > 1:  # requests wait at the door, while the other processes answer
            await _taken_over(engine)
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await engine.stop()
            await asyncio.to_thread(state.after.stop)
            await asyncio.to_thread(state.intake.uploads.close)
            state.store.close()
            if state.claims is not None:
                state.claims.close()
            if self.traces is not None:
                await asyncio.to_thread(self.traces.shutdown)
            state.pages.withdraw()

    def _tasks(self) -> list[Coroutine[Any, Any, None]]:
        """What goes on in the background."""
        state, settings = self.state, self.settings
        engine, poll, own = state.engine, settings.poll, with_own_model(settings)
        return [
            *(watch_models(engine, address(settings, tenant), tenant, poll) for tenant in own),
            watch_keys(state.door, poll),
            *(watch_shadow(engine, state.shadow, address(settings, tenant), settings) for tenant in own),
            clean(state.store, settings),
            state.jobs.run(),
            load_behind(self.finding, lambda: engine.served is not None),
            *([state.pages.publish()] if settings.workers > 1 else ()),
        ]


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
    after = state.after = After([gauges, shadow]) if settings.shadow else After([gauges], MOUTHFUL)
    engine.given = after.give
    state.metrics.others += [*gauges.series, *shadow.series, after.dropped]
    return engine


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
