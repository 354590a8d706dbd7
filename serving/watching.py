"""What a server does in the background: takes over models, keys, and erases what is too old."""

import asyncio
import logging
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from model.errors import SortationError
from serving import memory, models
from serving.auth import Door
from serving.engine import Engine
from serving.settings import Settings
from serving.shadow import Shadow
from serving.store import DEFAULT_TENANT, Store
from serving.store.corrections import forget_copies

log = logging.getLogger("sortation")
PATIENCE = 30.0
"""Seconds until a registry that gave no model, or one that was refused, is looked at again while it does not change."""


def address(settings: Settings, tenant: str = DEFAULT_TENANT) -> models.Address:
    """Where a tenant's champion comes from."""
    name = settings.model if tenant == DEFAULT_TENANT else f"{settings.model}-{tenant}"
    return models.Address(
        settings.registry_url,
        name,
        settings.home / "models",
        trusted=settings.trusted,
        allow_unsigned=settings.allow_unsigned,
        vectors=settings.vectors,
    )


def with_own_model(settings: Settings) -> list[str]:
    """Tenants that have a model of their own: the default one, and those with a taxonomy of their own."""
    folder = settings.data / "tenants"
    return [DEFAULT_TENANT, *(t for t in settings.tenants if (folder / t / "taxonomy.yaml").exists())]


async def watch_models(engine: Engine, where: models.Address, tenant: str, poll: float) -> None:
    """Serves the last good model at once, then the registry's champion whenever it changes. Never gives up."""

    def failed(error: Exception) -> None:
        engine.metrics.registry_failures.inc()
        what = error if isinstance(error, SortationError) else type(error).__name__
        log.warning("the registry gave no model for %s: %s", where.name, what)

    await follow(where, poll, lambda served: take(engine, served, tenant), failed)


async def watch_shadow(engine: Engine, shadow: Shadow, champion: models.Address, settings: Settings) -> None:
    """Lets the version under the shadow's alias look at what the champion answers, once there is a champion."""
    if not settings.shadow:
        return
    while engine.served is None:
        await asyncio.sleep(min(settings.poll, 0.2))
    said = ""

    def failed(error: Exception) -> None:
        nonlocal said
        what = str(error) if isinstance(error, SortationError) else type(error).__name__
        if what != said:
            log.info("nobody answers in shadow for %s: %s", champion.name, what)
        said = what

    def use(served: models.Served) -> bool:
        shadow.use(served)
        return True

    await follow(replace(champion, alias=settings.shadow), settings.poll, use, failed)


async def follow(
    where: models.Address,
    poll: float,
    use: Callable[[models.Served], bool],
    failed: Callable[[Exception], None],
    patience: float = PATIENCE,
) -> None:
    """Hands over the last good model under an alias, then the registry's whenever it changes. Never gives up.

    `use` says whether it takes a model over; one that it took over is the last good one from then on.
    """
    # One thread for all loading: each thread that ever loaded a model keeps some of that memory for its next one,
    # and six of them, by turns, added 40 MB to a small server.
    loading = ThreadPoolExecutor(1, thread_name_prefix="models")
    loop = asyncio.get_running_loop()
    served = await loop.run_in_executor(loading, models.last_good, where)
    if served is not None and not use(served):
        served = None
    refused = ""
    seen: object = object()
    again = loop.time()
    fetching = _Fetching()
    while True:
        trace = models.trace(where)
        if trace != seen or loop.time() >= again:
            seen = trace
            try:
                found = await loop.run_in_executor(loading, models.fetched, where, fetching.began, refused, served)
                again = loop.time() + poll if trace is None else float("inf")
                if served is None or found.fingerprint != served.fingerprint or found.version != served.version:
                    if use(found):
                        served = found
                        await loop.run_in_executor(loading, models.note, where, found)
                    else:
                        again = loop.time() + patience
                    await loop.run_in_executor(loading, memory.give_back)  # what loading took for a moment
            except asyncio.CancelledError:
                fetching.end()
                loading.shutdown(wait=False)
                raise
            except Exception as error:
                again = loop.time() + patience
                refused = error.copy if isinstance(error, models.Refused) else refused
                failed(error)
        await asyncio.sleep(poll)


class _Fetching:
    """The process that fetches, which must not outlive the server."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._over = False

    def began(self, process: subprocess.Popen[str]) -> None:
        """A process has begun; where the server has ended meanwhile, it ends too."""
        self._process = process
        if self._over:
            process.kill()

    def end(self) -> None:
        """Ends the one that runs, if any, and any later one."""
        self._over = True
        if self._process is not None:
            self._process.kill()


def take(engine: Engine, served: models.Served, tenant: str) -> bool:
    """Hands a model over, or says why not; then the old one goes on. Whether it was taken over."""
    try:
        engine.use(served, tenant)
        log.info("serving version %d of %s (%s)", served.version, served.name, served.fingerprint[:16])
        return True
    except SortationError as error:
        engine.metrics.model_refusals.inc()
        log.error("version %d is refused: %s", served.version, error)
        return False


async def watch_keys(door: Door, poll: float) -> None:
    """Takes note of keys that come and go. Where the store fails, those known so far stay."""
    while True:
        await asyncio.sleep(poll)
        try:
            await asyncio.to_thread(door.refresh)
        except Exception as error:
            log.warning("API keys could not be read: %s", type(error).__name__)


async def clean(store: Store, settings: Settings, every: float = 3600) -> None:
    """Erases what is older than it may be, now and every hour."""
    while True:
        try:
            await asyncio.to_thread(sweep, store, settings)
        except Exception as error:
            log.warning("old rows could not be erased: %s", type(error).__name__)
        await asyncio.sleep(every)


def sweep(store: Store, settings: Settings) -> None:
    """Erases once."""
    store.remembered.forget()
    if not settings.retention_days:
        return
    before = datetime.now(UTC) - timedelta(days=settings.retention_days)
    for tenant in store.erasures.tenants():
        done = store.erasures.older_than(tenant, before)
        if done.predictions:
            log.info("erased %d predictions older than %d days", done.predictions, settings.retention_days)
            forget_copies(store, settings.home, tenant)
