"""What answers, and what can be answered."""

from fastapi import APIRouter, Request

from serving.api.asking import caller, engine
from serving.api.problems import some
from serving.api.schemas import ModelsOut, ServedOut, TaxonomyOut
from serving.models import Served

router = APIRouter(prefix="/v1", tags=["models"])


@router.get("/models", responses=some())
async def models(request: Request) -> ModelsOut:
    """The models that answer this tenant."""
    line = engine(request).line(caller(request).tenant)
    return ModelsOut(models=[described(line.served)])


@router.get("/taxonomy", responses=some())
async def taxonomy(request: Request) -> TaxonomyOut:
    """Levels, labels, and which combinations are allowed."""
    found = engine(request).line(caller(request).tenant).served.classifier.taxonomy
    names = list(found.level_names)
    return TaxonomyOut(
        name=found.name,
        levels=names,
        labels={level.name: list(level.labels) for level in found.levels},
        combinations=[dict(zip(names, each, strict=True)) for each in found.combinations],
    )


def described(served: Served) -> ServedOut:
    """A model as callers see it."""
    classifier = served.classifier
    return ServedOut(
        name=served.name,
        version=served.version,
        alias=served.alias,
        fingerprint=served.fingerprint,
        signed=served.signed,
        since=served.since,
        labels=sum(len(level.labels) for level in classifier.taxonomy.levels),
        items=dict(classifier.about.get("items", {})),
        guarantees=[each.error_rate for each in classifier.guarantees],
    )
