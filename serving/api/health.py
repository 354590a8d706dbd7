"""Alive is not ready: alive means the process answers, ready that a model is loaded and the store can be read."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from serving.api.asking import caller, engine, store
from serving.api.problems import PROBLEMS, some
from serving.auth import Forbidden
from serving.engine import NotReady
from serving.metrics import KIND
from serving.store import DEFAULT_TENANT

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready", responses={503: PROBLEMS[503]})
async def ready(request: Request) -> Any:
    """A model is loaded, the store answers, and the server is not about to end."""
    if engine(request).draining:
        raise NotReady("the server is about to end")
    served = engine(request).served
    if served is None:
        raise NotReady("no model is loaded yet")
    await asyncio.to_thread(store(request).ping)
    return JSONResponse(
        {"status": "ready", "model": served.name, "version": served.version, "fingerprint": served.fingerprint[:16]}
    )


@router.get("/metrics", response_class=Response, responses=some() | {200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Counters and histograms for Prometheus; of several processes each, under the label `worker`.

    They count all tenants' requests: they are the default tenant's.
    """
    if caller(request).tenant != DEFAULT_TENANT:
        raise Forbidden("metrics count all tenants' requests; read them with a key of the tenant default")
    state = request.app.state
    page = await asyncio.to_thread(state.pages.exposed) if state.settings.workers > 1 else state.metrics.exposed()
    return Response(page, media_type=KIND)
