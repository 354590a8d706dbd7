"""POST /v1/classify and /v1/classify/batch: items in, labels and routes out."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from serving.answers import Answer
from serving.api.asking import answers, caller, engine
from serving.api.problems import IDEMPOTENT, PROBLEMS, body_of
from serving.api.reading import must_be_json, read_item, read_items
from serving.api.schemas import BatchOut, ClassifyOut

router = APIRouter(prefix="/v1", tags=["classify"])


@router.post(
    "/classify", response_model=ClassifyOut, responses=PROBLEMS, openapi_extra=body_of("ClassifyIn") | IDEMPOTENT
)
async def classify(request: Request) -> Any:
    """Classifies one item and says where it goes. The answer is stored before it is given."""
    kind = request.headers.get("content-type", "").encode("latin-1")
    answer = await engine(request).classify(read_item(await request.body(), kind, caller(request).tenant))
    return Response(answer.raw, media_type="application/json")


@router.post(
    "/classify/batch", response_model=BatchOut, responses=PROBLEMS, openapi_extra=body_of("BatchIn") | IDEMPOTENT
)
async def classify_batch(request: Request) -> Any:
    """Classifies up to 1,000 items; each gets its answer or its own error, in the order of the request."""
    must_be_json(request.headers.get("content-type", "").encode("latin-1"))
    found = await answers(request, read_items(await request.body(), caller(request).tenant))
    return Response(b"".join(joined(found)), media_type="application/json")


def joined(found: Iterable[Answer | dict[str, Any]]) -> Iterator[bytes]:
    """The batch's answer, from the bytes that were stored already."""
    from pydantic_core import to_json

    failed = total = 0
    yield b'{"items":['
    for item in found:
        yield b"," if total else b""
        total += 1
        if isinstance(item, Answer):
            yield b'{"status":200,"answer":' + item.raw + b',"error":null}'
        else:
            failed += 1
            yield to_json({"status": item["status"], "answer": None, "error": item})
    yield b'],"answered":%d,"failed":%d}' % (total - failed, failed)
