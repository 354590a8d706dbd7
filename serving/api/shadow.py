"""GET /v1/models/shadow: how a version in shadow compares with the one that answers."""

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, JsonValue

from model.errors import NotFound
from serving.api.asking import caller, engine, store
from serving.api.problems import some
from serving.shadow import Shadow, compared
from serving.store.shadows import Pairing

router = APIRouter(prefix="/v1/models", tags=["models"])
SHADOW: dict[str, JsonValue] = {
    "running": True,
    "share": 1.0,
    "champion_version": 3,
    "challenger_version": 4,
    "items": 1200,
    "agreement": {"stage": 0.98, "joint": 0.96},
    "judged": {
        "joint": {
            "items": 60,
            "both_right": 38,
            "only_champion_right": 3,
            "only_challenger_right": 12,
            "neither_right": 7,
            "p_value": 0.0352,
        }
    },
    "labels": [{"level": "stage", "label": "return", "champion": 210, "challenger": 224, "both": 205}],
    "differences": [{"level": "stage", "champion": "deliver", "challenger": "return", "items": 14}],
}


class JudgedOut(BaseModel):
    """Who was right where people said what is right."""

    items: int
    both_right: int
    only_champion_right: int
    only_challenger_right: int
    neither_right: int
    p_value: float
    """Of McNemar's exact test, two-sided: how probable so uneven a difference is if both are equally good."""


class LabelCountsOut(BaseModel):
    """Items to which the champion, the challenger, and both gave a label."""

    level: str
    label: str
    champion: int
    challenger: int
    both: int


class DifferenceOut(BaseModel):
    """Items that the champion calls one thing and the challenger another."""

    level: str
    champion: str
    challenger: str
    items: int


class ShadowOut(BaseModel):
    """A version in shadow beside the one that answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [SHADOW]})

    running: bool
    """Whether it looks at answers just now; if not, this is about the two that were compared last."""
    share: float
    """Share of the answers that it looks at."""
    champion_version: int
    challenger_version: int
    items: int
    """Items that both classified; the newest 200,000 at most."""
    agreement: dict[str, float]
    """Level -> share of items with the same label; under joint: on all levels."""
    judged: dict[str, JudgedOut]
    """Level -> who was right; under joint: on all levels."""
    labels: list[LabelCountsOut]
    differences: list[DifferenceOut]
    """The 20 commonest of each level."""


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
