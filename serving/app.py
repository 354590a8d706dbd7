"""The application: collaborators in, ASGI out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from model import taxonomy as taxonomies
from model.errors import SortationError
from serving import errors, models
from serving.api import classify, health, predictions
from serving.engine import Engine
from serving.limits import BodyLimit
from serving.routing import Routing, load
from serving.seeing import Eyes, finder_of, kinds_in
from serving.settings import Settings
from serving.store import Store
from serving.uploads import Uploads

log = logging.getLogger("sortation")
ABOUT = "Reads tickets, e-mails and documents and says where they belong: labels, a decision, a queue."


def create_app(settings: Settings) -> FastAPI:
    """The server's application. Raises SortationError where its files are faulty; models are loaded on start-up."""
    taxonomy = taxonomies.load(settings.data / "taxonomy.yaml")
    load(settings.data / "routing.yaml", taxonomy, kinds_in(settings.patterns))  # faults show at once
    settings.home.mkdir(parents=True, exist_ok=True)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        store = Store(settings.database_url)
        eyes = Eyes(await asyncio.to_thread(finder_of, settings.patterns), settings.redact)
        engine = Engine(store, lambda served: _rules(settings, served), settings.queue, eyes)
        app.state.store, app.state.engine = store, engine
        app.state.uploads = uploads = Uploads(settings.reading, settings.readers)
        await engine.start()
        address = models.Address(settings.registry_url, settings.model, settings.home / "models", settings.vectors)
        watcher = asyncio.create_task(watch(engine, address, settings.poll))
        try:
            yield
        finally:
            watcher.cancel()
            await engine.stop()
            await asyncio.to_thread(uploads.close)
            store.close()

    app = FastAPI(title="Sortation", version="1", description=ABOUT, lifespan=lifespan)
    for group in (classify, predictions, health):
        app.include_router(group.router)
    app.add_api_route("/", lambda: RedirectResponse("/docs"), include_in_schema=False)
    errors.install(app)
    app.add_middleware(BodyLimit, most=settings.max_body, most_of_file=settings.max_file)
    return app


def _rules(settings: Settings, served: models.Served) -> Routing:
    return load(settings.data / "routing.yaml", served.classifier.taxonomy, kinds_in(settings.patterns))


async def watch(engine: Engine, address: models.Address, poll: float) -> None:
    """Serves the last good model at once, then the registry's champion whenever it changes. Never gives up."""
    served = await asyncio.to_thread(models.last_good, address)
    if served is not None:
        _take(engine, served)
    seen: object = object()
    while True:
        trace = models.trace(address)
        if trace is None or trace != seen:
            try:
                found = await asyncio.to_thread(models.newest, address)
                seen = trace
                if engine.served is None or found.fingerprint != engine.served.fingerprint:
                    _take(engine, found)
            except SortationError as error:
                log.warning("the registry gave no model: %s", error)
        await asyncio.sleep(poll)


def _take(engine: Engine, served: models.Served) -> None:
    try:
        engine.use(served)
        log.info("serving version %d of %s (%s)", served.version, served.name, served.fingerprint[:16])
    except SortationError as error:
        log.error("version %d is refused: %s", served.version, error)
