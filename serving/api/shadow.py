"""GET /v1/models/shadow: how a version in shadow compares with the one that answers."""

import asyncio

from fastapi import APIRouter, Request

from model.errors import NotFound
from serving.api.asking import caller, engine, store
from serving.api.problems import some
from serving.api.schemas import ShadowOut
from serving.shadow import Shadow, compared
from serving.store.shadows import Pairing

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("/shadow", responses=some(404))
async def shadow(request: Request) -> ShadowOut:
    """Agreement, differences, and who is right where people said; of the two newest, or those compared last."""
    tenant, watching = caller(request).tenant, request.app.state.shadow
    pairing = _present(request, watching, tenant) or await asyncio.to_thread(store(request).shadows.newest, tenant)
    if pairing is None:
        raise NotFound("no version answers in shadow; set SORTATION_SHADOW=challenger and train one")
    found = await asyncio.to_thread(compared, store(request), tenant, pairing)
    running = _present(request, watching, tenant) is not None
    return ShadowOut.model_validate(found | {"running": running, "share": watching.share})


def _present(request: Request, watching: Shadow, tenant: str) -> Pairing | None:
    """The model that answers and the one beside it."""
    champion = engine(request).line(tenant).served
    beside = watching.beside(champion.name)
    if beside is None or beside.fingerprint == champion.fingerprint:
        return None
    return Pairing(champion.fingerprint, champion.version, beside.fingerprint, beside.version)
