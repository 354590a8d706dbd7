"""The error answers that OpenAPI describes."""

from typing import Any

from serving.api.schemas import Problem

_WHY = {
    400: "not JSON",
    404: "no such thing",
    413: "too large",
    415: "not a type that is read",
    422: "understood, but wrong",
    503: "try again later",
}
_SCHEMA = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": why, "content": _SCHEMA} for status, why in _WHY.items()
}
