"""The error answers that OpenAPI describes."""

from typing import Any

from serving.api.schemas import Problem

_WHY = {
    400: "not JSON",
    401: "no valid API key",
    403: "the key lacks a scope",
    404: "no such thing",
    408: "the body did not come to its end",
    409: "a request with this Idempotency-Key is being answered",
    413: "too large",
    415: "not a type that is read",
    422: "understood, but wrong",
    429: "the quota is used up",
    503: "try again later",
}
_SCHEMA = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": why, "content": _SCHEMA}
    | ({"headers": _RETRY} if status in (429, 503) else {})
    for status, why in _WHY.items()
}


def some(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of addresses without a body, and whichever else."""
    return {status: PROBLEMS[status] for status in (401, 403, *statuses, 503)}


LINES_OUT: dict[int | str, dict[str, Any]] = {200: {"content": {"application/x-ndjson": {}}}}
"""An answer of JSON lines."""
IDEMPOTENT: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same key with the same request gets the same answer for 24 hours.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        }
    ]
}


def body_of(schema: str, *more: str) -> dict[str, Any]:
    """OpenAPI's words for a JSON body that is parsed by hand; `more` are further media types of plain text."""
    content: dict[str, Any] = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    content |= {kind: {"schema": {"type": "string"}} for kind in more}
    return {"requestBody": {"required": True, "content": content}}


def item_body() -> dict[str, Any]:
    """OpenAPI's words for an item in JSON, or a body of any other type that is read."""
    made = body_of("ClassifyIn")
    made["requestBody"]["content"] |= _FILES
    return made


_FILES: dict[str, Any] = {
    "message/rfc822": {"schema": {"type": "string", "format": "binary"}},
    "text/plain": {"schema": {"type": "string"}},
    "application/pdf": {"schema": {"type": "string", "format": "binary"}},
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "properties": {
                "file": {"type": "string", "format": "binary"},
                "subject": {"type": "string"},
                "body": {"type": "string"},
                "channel": {"type": "string"},
                "id": {"type": "string"},
            },
        }
    },
}
"""Bodies that are not JSON."""
