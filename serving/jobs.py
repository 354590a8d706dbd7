"""Works off jobs, a few items at a time between live requests. Any number of servers may share one store."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from pydantic_core import to_json

from model.errors import SortationError
from serving.answering import Request
from serving.api.intake import Intake
from serving.api.reading import read_line
from serving.engine import CHUNK, Engine, NotReady, Overloaded
from serving.quotas import Quotas
from serving.store import Store
from serving.store.jobs import LEASE, Job, Outcome

T = TypeVar("T")
log = logging.getLogger("sortation.jobs")
IDLE = 2.0
"""Seconds between looks for jobs that other servers took and left, or whose tenants had used up their quota."""


class Jobs:
    """One server's hand in the work."""

    def __init__(self, store: Store, engine: Engine, intake: Intake, quotas: Quotas) -> None:
        self._store, self._engine, self._intake, self._quotas = store.jobs, engine, intake, quotas
        self._owner = secrets.token_hex(8)
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There is a new job."""
        self._wake.set()

    async def run(self) -> None:
        """Takes one job after the other until cancelled."""
        try:
            while True:
                try:
                    job = await asyncio.to_thread(self._store.claim, self._owner, self._quotas.used_up())
                    if job is not None:
                        await self._work(job)
                        continue
                except SortationError as error:
                    log.error("a job stopped: %s", error)
                except Exception as error:
                    log.error("a job stopped: %s", type(error).__name__)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), IDLE)
                self._wake.clear()
        finally:
            with suppress(Exception):
                self._store.release(self._owner)

    async def _work(self, job: Job) -> None:
        """Until the job is done, cancelled, or somebody else's; or given back, the tenant's quota being used up.

        Raises NotReady where its tenant alone is without a model: other jobs go on, and this one when its lease ends.
        """
        if self._engine.served is not None:
            self._engine.line(job.tenant)
        keeping = asyncio.create_task(self._keep(job))
        after = -1
        try:
            while lines := await asyncio.to_thread(self._store.lines, job.id, CHUNK, after):
                lines = lines[: self._quotas.part(job.tenant, len(lines))]
                if not lines:
                    await asyncio.to_thread(self._store.release, self._owner)
                    return
                outcomes = await self._outcomes(job, lines)
                if not await asyncio.to_thread(self._store.answer, job.id, self._owner, outcomes):
                    return
                after = lines[-1][0]
            await asyncio.to_thread(self._store.finish, job.id, "done")
            log.info("job %s is done", job.id)
        finally:
            keeping.cancel()

    async def _keep(self, job: Job) -> None:
        """Renews the lease, however long a few lines with large files take."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            with suppress(Exception):
                await asyncio.to_thread(self._store.renew, job.id, self._owner)

    async def _outcomes(self, job: Job, lines: list[tuple[int, str]]) -> list[Outcome]:
        works = []
        for _, line in lines:
            item = read_line(line)
            works.append(await _patiently(partial(self._intake.either, item, job.tenant)))
        good = [work for work in works if isinstance(work, Request)]
        done = iter(await _patiently(partial(self._engine.classify_many, good)) if good else [])
        return [
            Outcome(number, next(done).kept.decode(), failed=False)
            if isinstance(work, Request)
            else Outcome(number, to_json(work).decode(), failed=True)
            for (number, _), work in zip(lines, works, strict=True)
        ]


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Asks until there is room: live requests come first."""
    while True:
        try:
            return await ask()
        except (Overloaded, NotReady):
            await asyncio.sleep(0.2)
