"""MLflow's scoring address: what callers of `mlflow models serve` send and expect."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.responses import Response

from serving.answering import Request as Work
from serving.answers import Answer
from serving.api.asking import answers, caller, engine
from serving.api.problems import PROBLEMS
from serving.api.reading import MOST, must_be_json, parsed
from serving.api.v2 import document
from serving.engine import NotReady
from serving.errors import Misused

router = APIRouter(tags=["MLflow"])
SHAPES = "dataframe_split, dataframe_records, instances or inputs"
COLUMNS = {"body": "body", "text": "body", "subject": "subject", "channel": "channel"}
"""Column -> what it is."""


@router.get("/ping", response_class=PlainTextResponse, responses={503: PROBLEMS[503]})
async def ping(request: Request) -> Response:
    """A model is loaded."""
    if engine(request).served is None:
        raise NotReady("no model is loaded yet")
    return Response("\n", media_type="text/plain")


@router.get("/version")
async def version() -> str:
    """Of this server's interface."""
    return "1"


@router.post("/invocations", responses=PROBLEMS)
async def invocations(request: Request) -> JSONResponse:
    """Classifies the rows of a table with a column `text` or `body`, or a list of texts."""
    must_be_json(request.headers.get("content-type", "").encode("latin-1"))
    tenant = caller(request).tenant
    works: list[Work | dict[str, Any]] = [_work(row, tenant) for row in rows(parsed(await request.body()))]
    found = await answers(request, works)
    return JSONResponse({"predictions": [flat(each.plain) for each in found if isinstance(each, Answer)]})


def flat(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as one row of a table."""
    row: dict[str, Any] = dict(answer["labels"])
    row |= {f"{level}_probability": answer[level]["confidence"] for level in answer["labels"]}
    return row | {
        "probability": answer["confidence"],
        "decision": answer["decision"],
        "queue": answer["route"]["queue"],
        "prediction_id": answer["prediction_id"],
    }


def rows(plain: Any) -> list[dict[str, str]]:
    """The rows of any of MLflow's shapes. Raises Misused that says what would be right."""
    shapes = SHAPES.replace(" or ", ", ").split(", ")
    given = [key for key in shapes if isinstance(plain, dict) and key in plain]
    if len(given) != 1:
        raise Misused(f"send an object with one of {SHAPES}")
    table = plain[given[0]]
    if given[0] == "dataframe_split":
        table = _split(table)
    elif given[0] == "inputs" and isinstance(table, dict):
        table = _columns(table)
    if not isinstance(table, list) or not 1 <= len(table) <= MOST:
        raise Misused(f"{given[0]} must hold 1 to {MOST:,} rows")
    return [_row(row) for row in table]


def _split(table: Any) -> list[dict[str, Any]]:
    columns, data = (table.get("columns"), table.get("data")) if isinstance(table, dict) else (None, None)
    if not isinstance(columns, list) or not isinstance(data, list):
        raise Misused("dataframe_split is an object with columns and data, both lists")
    if not all(isinstance(row, list) and len(row) == len(columns) for row in data):
        raise Misused(f"every row of data must have {len(columns)} values, one per column")
    return [{str(key): value for key, value in zip(columns, row, strict=True)} for row in data]


def _columns(table: dict[str, Any]) -> list[dict[str, Any]]:
    if not all(isinstance(column, list) for column in table.values()):
        raise Misused("inputs by column hold a list per column")
    if len({len(column) for column in table.values()}) > 1:
        raise Misused("all columns must have as many rows")
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def _row(row: Any) -> dict[str, str]:
    if isinstance(row, list) and len(row) == 1:
        row = row[0]
    plain = {"text": row} if isinstance(row, str) else row
    if not isinstance(plain, dict) or not plain:
        raise Misused("a row is a text, or an object with text or body, and perhaps subject and channel")
    found = {}
    for key, value in plain.items():
        if key not in COLUMNS:
            raise Misused(f"there is no column {key!r}; there are {', '.join(COLUMNS)}")
        if value is not None and not isinstance(value, str):
            raise Misused(f"{key} must be a text")
        found[COLUMNS[key]] = value or ""
    return found


def _work(row: Mapping[str, str], tenant: str) -> Work:
    return document(row.get("body", ""), row.get("subject", ""), row.get("channel", ""), tenant)
