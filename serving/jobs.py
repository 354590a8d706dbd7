"""Works off jobs, a few items at a time between live requests. Any number of servers may share one store."""

import asyncio
import logging
import secrets
from contextlib import suppress

from pydantic_core import to_json

from model.errors import SortationError
from serving.api.reading import read_line
from serving.engine import CHUNK, Engine, NotReady, Overloaded, Request
from serving.store import Store
from serving.store.jobs import Job, Outcome

log = logging.getLogger("sortation.jobs")
IDLE = 2.0
"""Seconds between looks for jobs that other servers took and left."""


class Jobs:
    """One server's hand in the work."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store, self._engine = store.jobs, engine
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
                    job = await asyncio.to_thread(self._store.claim, self._owner)
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
        """Until the job is done, cancelled, or somebody else's."""
        while True:
            lines = await asyncio.to_thread(self._store.lines, job.id, CHUNK)
            if not lines:
                await asyncio.to_thread(self._store.finish, job.id, "done")
                log.info("job %s is done", job.id)
                return
            outcomes = await self._outcomes(job, lines)
            if not await asyncio.to_thread(self._store.answer, job.id, self._owner, outcomes):
                return

    async def _outcomes(self, job: Job, lines: list[tuple[int, str]]) -> list[Outcome]:
        works = [(number, read_line(line, job.tenant)) for number, line in lines]
        good = [work for _, work in works if isinstance(work, Request)]
        while True:
            try:
                done = iter(await self._engine.classify_many(good) if good else [])
                break
            except (Overloaded, NotReady):  # live requests come first
                await asyncio.sleep(0.2)
        return [
            Outcome(number, next(done).raw.decode(), failed=False)
            if isinstance(work, Request)
            else Outcome(number, to_json(work).decode(), failed=True)
            for number, work in works
        ]
