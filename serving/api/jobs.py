"""Large files, answered in the background: progress, cancel, results."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from serving.answers import new_id
from serving.api.asking import caller, store
from serving.api.problems import IDEMPOTENT, LINES_OUT, PROBLEMS, body_of, some
from serving.api.reading import parsed
from serving.api.schemas import JobOut, JobsOut
from serving.errors import Misused, WrongMedia
from serving.requesters import hidden, requester_of
from serving.store.jobs import Job

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
LINES = ("application/x-ndjson", "application/jsonl", "application/json-lines")
MOST = 200_000
"""Items in one job."""


@router.post("", status_code=202, responses=PROBLEMS, openapi_extra=body_of("BatchIn", *LINES) | IDEMPOTENT)
async def create(request: Request) -> JobOut:
    """Takes a file of items: JSON lines, or an object {"items": […]}. A faulty line gets an error of its own."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    lines = await asyncio.to_thread(lines_of, await request.body(), kind)
    if request.app.state.settings.redact:
        lines = [(line, who and hidden(who)) for line, who in lines]
    number, tenant = new_id("job"), caller(request).tenant
    await asyncio.to_thread(store(request).jobs.create, number, tenant, lines)
    request.app.state.jobs.wake()
    return shown(await asyncio.to_thread(store(request).jobs.get, number, tenant))


@router.get("", responses=some())
async def newest(request: Request) -> JobsOut:
    """The newest hundred jobs."""
    found = await asyncio.to_thread(store(request).jobs.all, caller(request).tenant)
    return JobsOut(jobs=[shown(job) for job in found])


@router.get("/{job_id}", responses=some(404, 422))
async def show(job_id: str, request: Request) -> JobOut:
    """Where a job stands."""
    return shown(await asyncio.to_thread(store(request).jobs.get, job_id, caller(request).tenant))


@router.post("/{job_id}/cancel", responses=PROBLEMS, openapi_extra=IDEMPOTENT)
async def cancel(job_id: str, request: Request) -> JobOut:
    """Ends a job; what it has answered stays. A job that has ended already stays as it is."""
    kept, tenant = store(request).jobs, caller(request).tenant
    await asyncio.to_thread(kept.get, job_id, tenant)
    await asyncio.to_thread(kept.finish, job_id, "cancelled", tenant)
    return shown(await asyncio.to_thread(kept.get, job_id, tenant))


@router.get(
    "/{job_id}/results",
    response_class=StreamingResponse,
    responses=LINES_OUT | some(404, 422),
)
async def results(job_id: str, request: Request) -> StreamingResponse:
    """A JSON object a line, in the file's order: number, and answer or error. As far as the job has come."""
    kept = store(request).jobs
    await asyncio.to_thread(kept.get, job_id, caller(request).tenant)
    return StreamingResponse(kept.results(job_id), media_type="application/x-ndjson")


def shown(job: Job) -> JobOut:
    """A job as callers see it."""
    return JobOut.model_validate(
        {
            "job_id": job.id,
            "state": job.state,
            "total": job.total,
            "done": job.done,
            "failed": job.failed,
            "created_at": job.created_at,
            "finished_at": job.finished_at,
            "results": f"/v1/jobs/{job.id}/results",
        }
    )


def lines_of(body: bytes, kind: str) -> list[tuple[str, str | None]]:
    """The lines of a file, each with its requester where one is named. Raises WrongMedia, NotJson or Misused."""
    from pydantic_core import from_json, to_json

    if kind == "application/json":
        plain = parsed(body)
        if not isinstance(plain, dict) or set(plain) != {"items"} or not isinstance(plain["items"], list):
            raise Misused('a job is JSON lines, or an object {"items": […]} and nothing else')
        found = [(to_json(item).decode(), _requester(item)) for item in plain["items"]]
    elif kind in LINES:
        try:
            texts = [line for line in body.decode("utf-8").split("\n") if line.strip()]
        except UnicodeDecodeError as error:
            raise Misused(f"the file is not UTF-8 text: byte {error.start} cannot be read") from error
        found = []
        for text in texts:
            try:
                who = _requester(from_json(text))
            except ValueError:
                who = None
            found.append((text.replace("\x00", "\ufffd"), who))
    else:
        raise WrongMedia(f"send Content-Type: {LINES[0]} or application/json, not {kind or 'nothing'}")
    if not 1 <= len(found) <= MOST:
        raise Misused(f"a job holds 1 to {MOST:,} items, not {len(found):,}")
    return found


def _requester(item: Any) -> str | None:
    who = item.get("from") if isinstance(item, dict) else None
    return requester_of(who.replace("\x00", "\ufffd")) if isinstance(who, str) else None
