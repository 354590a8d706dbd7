"""POST /v1/classify: one item in, labels and a route out."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import WrapValidator

from serving.api.intake import BODIES, work
from serving.api.problems import PROBLEMS
from serving.api.schemas import ClassifyIn, ClassifyOut

router = APIRouter(prefix="/v1", tags=["classify"])
Item = Annotated[ClassifyIn, WrapValidator(lambda given, check: given if isinstance(given, bytes) else check(given))]
"""JSON, checked; a body of another type stays as it is."""


@router.post("/classify", response_model=ClassifyOut, responses=PROBLEMS, openapi_extra=BODIES)
async def classify(item: Item, request: Request) -> Any:
    """Classifies one item and says where it goes. The answer is stored before it is given."""
    answer = await request.app.state.engine.classify(await work(item, request))
    return JSONResponse(answer)  # shaped by the engine already; validating it again would cost more than scoring
