"""One map from what went wrong to an HTTP status, and one renderer: problem details (RFC 9457)."""

import http
import json
import logging
import traceback
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from model.entities import EntityError
from model.errors import LabelError, NotFound, ReadingError, SortationError
from serving.auth import Forbidden, Unauthorized
from serving.engine import NotReady, Overloaded
from serving.quotas import QuotaExceeded
from serving.store.connection import StoreFault

log = logging.getLogger("sortation.errors")


class TooLarge(SortationError):
    """A body beyond the limit."""


class TooSlow(SortationError):
    """A body that does not come to its end."""


class NotJson(SortationError):
    """A body that cannot be parsed."""


class WrongMedia(SortationError):
    """A body of another media type."""


class Conflict(SortationError):
    """Something else that must end first."""


class Misused(SortationError):
    """Understood, but wrong."""


STATUS: dict[type[Exception], int] = {
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    TooSlow: 408,
    Conflict: 409,
    TooLarge: 413,
    WrongMedia: 415,
    LabelError: 422,
    ReadingError: 422,
    Misused: 422,
    QuotaExceeded: 429,
    NotReady: 503,
    Overloaded: 503,
    EntityError: 500,  # the patterns are the server's own
    SortationError: 400,
}
UNREAD = {
    "unsupported": 415,
    "mislabelled": 415,
    "missing_library": 415,
    "ocr_missing": 415,
    "too_large": 413,
    "too_deep": 413,
    "compression_bomb": 413,
    "memory": 413,
}
"""Statuses of reasons for which a file cannot be read; 422 for all others."""
MEDIA = "application/problem+json"
RETRY_SECONDS = "2"
UNREADABLE = "There was an error parsing the body"
"""What FastAPI says of a body that is not even text."""


def described(status: int, detail: str, errors: Sequence[str] = (), reason: str | None = None) -> dict[str, Any]:
    """A problem as values; `errors` lists every single fault, `reason` is a code for machines."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    if reason:
        body["reason"] = reason
    return body


def told(error: SortationError) -> dict[str, Any]:
    """One of our own errors as a problem's values."""
    faults = getattr(error, "faults", [])
    reason = error.reason if isinstance(error, ReadingError) else None
    return described(status_of(error), "; ".join(faults) if faults else str(error), faults, reason)


def problem(status: int, detail: str, errors: Sequence[str] = (), headers: dict[str, str] | None = None) -> Response:
    """A problem document as a response."""
    return _as_problem(described(status, detail, errors), headers)


def _as_problem(plain: dict[str, Any], headers: dict[str, str] | None) -> Response:
    raw = json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")
    return Response(raw, plain["status"], headers, MEDIA)


def status_of(error: Exception) -> int:
    """The HTTP status of one of our own errors."""
    if isinstance(error, ReadingError) and error.reason in UNREAD:
        return UNREAD[error.reason]
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def rendered(error: Exception, path: str = "") -> Response:
    """The response to anything that went wrong, in the shape that callers of this address know."""
    answer = _rendered(error)
    return _as_v2(answer) if path.startswith("/v2/") else answer


def misread(faults: Sequence[Any], path: str) -> Response:
    """The response to a request whose parts are wrong: a framework's list of faults, each with its part first."""
    answer = _invalid(faults, 1)
    return _as_v2(answer) if path.startswith("/v2/") else answer


def _as_v2(answer: Response) -> Response:
    """The same said as the Open Inference Protocol says it."""
    headers = {key: value for key, value in answer.headers.items() if not key.startswith("content-")}
    plain = {"error": json.loads(bytes(answer.body))["detail"]}
    return Response(json.dumps(plain), answer.status_code, headers, "application/json")


def _rendered(error: Exception) -> Response:
    if isinstance(error, SortationError):
        return _ours(error)
    if isinstance(error, ValidationError):
        return _invalid(error.errors(), 0)
    if isinstance(error, HTTPException):
        return _http(error)
    if isinstance(error, StoreFault):
        log.error("the store failed: %s", type(error.__cause__ or error).__name__)
        return problem(
            503, "the store cannot be used; nothing was kept, try again", headers={"Retry-After": RETRY_SECONDS}
        )
    # An error's message may repeat what was sent, and a log never does: only its type, and where it was raised.
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    log.error("unexpected %s\n%s", type(error).__name__, "".join(frames))
    return problem(500, "something unexpected happened; it is in the server's log")


def _ours(error: SortationError) -> Response:
    status = status_of(error)
    headers = {}
    if status == 500:
        log.error("the server's own files are at fault: %s", error)
    if status == 503:
        headers["Retry-After"] = RETRY_SECONDS
    if status == 409:
        headers["Retry-After"] = "1"
    if isinstance(error, QuotaExceeded):
        headers["Retry-After"] = str(error.wait)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (408, 413):
        headers["Connection"] = "close"
    return _as_problem(told(error), headers)


def _invalid(faults: Sequence[Any], skip: int) -> Response:
    broken = next((fault for fault in faults if fault["type"] == "json_invalid"), None)
    if broken is not None:
        return problem(400, not_json(broken))
    sentences = sentences_of(faults, skip)
    return problem(422, "; ".join(sentences), sentences)


def not_json(fault: Any) -> str:
    """What is wrong with a body that no parser takes."""
    reason = str(fault.get("ctx", {}).get("error", "it ends too early"))
    if "recursion" in reason:
        return "the body is not JSON: it is nested too deeply"
    if "unicode" in reason or "surrogate" in reason:
        return f"the body is not JSON: it is not UTF-8 text ({reason})"
    return f"the body is not JSON: {reason}"


def sentences_of(faults: Sequence[Any], skip: int = 0) -> list[str]:
    """A sentence per fault; `skip` leading parts of each place, such as body or query, are left out."""
    return [_sentence(fault, skip) for fault in faults]


def _sentence(fault: Any, skip: int) -> str:
    where = ".".join(str(part) for part in fault["loc"][skip:])
    if fault["type"] == "extra_forbidden":
        return f"unknown field {where!r}"
    if fault["type"] == "missing" and not where:
        return EMPTY
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{where}: {message[:1].lower()}{message[1:]}" if where else message


EMPTY = 'the body is empty; send JSON such as {"body": "where is order 4471?"}'


def _http(error: HTTPException) -> Response:
    detail = str(error.detail)
    if detail == UNREADABLE:
        detail = "the body is not JSON: it is not UTF-8 text, or is nested too deeply"
    return problem(error.status_code, detail, headers=dict(error.headers or {}))
