"""Erasure of what is kept, and corrections for training elsewhere."""

import asyncio
from dataclasses import asdict

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from serving.api.asking import caller, store
from serving.api.problems import IDEMPOTENT, LINES_OUT, PROBLEMS, some
from serving.api.schemas import ErasedOut, EraseIn, ErasuresOut
from serving.store.corrections import correction_lines, forget_copies

router = APIRouter(prefix="/v1", tags=["data"])


@router.post("/erasures", status_code=201, responses=PROBLEMS, openapi_extra=IDEMPOTENT)
async def erase(told: EraseIn, request: Request) -> ErasedOut:
    """Erases items, answers and corrections of one requester or from before a moment; says which models know them."""
    tenant, kept = caller(request).tenant, store(request)
    if told.moment is not None:
        done = await asyncio.to_thread(kept.erasures.older_than, tenant, told.moment)
    else:
        done = await asyncio.to_thread(kept.erasures.of_requester, tenant, told.requester or "")
    await asyncio.to_thread(forget_copies, kept, request.app.state.settings.home, tenant)
    return ErasedOut.model_validate(asdict(done))


@router.get("/erasures", responses=some())
async def erasures(request: Request) -> ErasuresOut:
    """What was erased so far, and which model versions had learned from it."""
    done = await asyncio.to_thread(store(request).erasures.all, caller(request).tenant)
    return ErasuresOut.model_validate({"erasures": [asdict(each) for each in done]})


@router.get(
    "/corrections",
    response_class=StreamingResponse,
    responses=LINES_OUT | some(),
)
async def corrections(request: Request) -> StreamingResponse:
    """Every judged prediction with its newest labels, a JSON object a line, as training reads them."""
    lines = await asyncio.to_thread(correction_lines, store(request), caller(request).tenant)
    return StreamingResponse((line + "\n" for line in lines), media_type="application/x-ndjson")
