"""POST /v1/classify and /v1/classify/batch: items in, labels and routes out."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from serving.answers import Answer
from serving.api.asking import answers, caller, engine, intake
from serving.api.problems import IDEMPOTENT, PROBLEMS, body_of, item_body
from serving.api.reading import must_be_json, read_items
from serving.api.schemas import BatchOut, ClassifyOut

router = APIRouter(prefix="/v1", tags=["classify"])


@router.post("/classify", response_model=ClassifyOut, responses=PROBLEMS, openapi_extra=item_body() | IDEMPOTENT)
async def classify(request: Request) -> Any:
    """Classifies one item and says where it goes. The answer is stored before it is given."""
    kind = request.headers.get("content-type", "").encode("latin-1")
    query = request.scope["query_string"]
    work = await intake(request).body(await request.body(), kind, query, caller(request).tenant)
    answer = await engine(request).classify(work)
    request.scope["sortation.kept"] = answer.kept
    return Response(answer.raw, media_type="application/json")


@router.post(
    "/classify/batch", response_model=BatchOut, responses=PROBLEMS, openapi_extra=body_of("BatchIn") | IDEMPOTENT
)
async def classify_batch(request: Request) -> Any:
    """Classifies up to 1,000 items; each gets its answer or its own error, in the order of the request."""
    must_be_json(request.headers.get("content-type", "").encode("latin-1"))
    found = await answers(request, read_items(await request.body()))
    if request.app.state.settings.redact:
        request.scope["sortation.kept"] = b"".join(joined(found, kept=True))
    return Response(b"".join(joined(found)), media_type="application/json")


def joined(found: Iterable[Answer | dict[str, Any]], *, kept: bool = False) -> Iterator[bytes]:
    """The batch's answer, from the bytes that were made for each item: those sent, or those that are kept."""
    from pydantic_core import to_json

    failed = total = 0
    yield b'{"items":['
    for item in found:
        yield b"," if total else b""
        total += 1
        if isinstance(item, Answer):
            yield b'{"status":200,"answer":' + (item.kept if kept else item.raw) + b',"error":null}'
        else:
            failed += 1
            yield to_json({"status": item["status"], "answer": None, "error": item})
    yield b'],"answered":%d,"failed":%d}' % (total - failed, failed)
