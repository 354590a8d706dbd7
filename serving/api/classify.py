"""POST /v1/classify: one item in, labels and a route out."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from serving.api.problems import PROBLEMS
from serving.api.schemas import ClassifyIn, ClassifyOut
from serving.engine import Request as Work

router = APIRouter(prefix="/v1", tags=["classify"])


@router.post("/classify", response_model=ClassifyOut, responses=PROBLEMS)
async def classify(item: ClassifyIn, request: Request) -> Any:
    """Classifies one item and says where it goes. The answer is stored before it is given."""
    answer = await request.app.state.engine.classify(Work(item.document(), item.options.top_k))
    return JSONResponse(answer)  # shaped by the engine already; validating it again would cost more than scoring
