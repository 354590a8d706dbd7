"""Alive is not ready: alive means the process answers, ready that a model is loaded and the store can be read."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from serving.api.problems import PROBLEMS
from serving.engine import NotReady

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/ready", responses={503: PROBLEMS[503]})
async def ready(request: Request) -> Any:
    """A model is loaded and the store answers."""
    served = request.app.state.engine.served
    if served is None:
        raise NotReady("no model is loaded yet")
    await asyncio.to_thread(request.app.state.store.count)
    return JSONResponse(
        {"status": "ready", "model": served.name, "version": served.version, "fingerprint": served.fingerprint[:16]}
    )
