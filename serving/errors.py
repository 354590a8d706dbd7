"""One map from what went wrong to an HTTP status, and one renderer: problem details (RFC 9457)."""

import http
import logging
import traceback
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from model.errors import LabelError, NotFound, ReadingError, SortationError
from serving.api.intake import UnsupportedMedia
from serving.engine import NotReady, Overloaded

log = logging.getLogger("sortation.errors")
STATUS: dict[type[Exception], int] = {
    NotFound: 404,
    LabelError: 422,
    NotReady: 503,
    Overloaded: 503,
    UnsupportedMedia: 415,
    ReadingError: 422,
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
RETRY_SECONDS = "2"
UNREADABLE = "There was an error parsing the body"
"""What FastAPI says of a body that is not even text."""


def problem(
    status: int,
    detail: str,
    errors: Sequence[str] = (),
    headers: dict[str, str] | None = None,
    reason: str | None = None,
) -> JSONResponse:
    """A problem document; `errors` lists every single fault, `reason` is a code for machines."""
    title = http.HTTPStatus(status).phrase
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = list(errors)
    if reason:
        body["reason"] = reason
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Registers the handlers."""
    app.add_exception_handler(SortationError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SQLAlchemyError, _store)
    app.add_exception_handler(Exception, _unexpected)


def _ours(_: Request, error: Exception) -> JSONResponse:
    reason = error.reason if isinstance(error, ReadingError) else None
    status = UNREAD.get(reason or "") or next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers = {"Retry-After": RETRY_SECONDS} if status == 503 else None
    faults = getattr(error, "faults", [])
    detail = "; ".join(faults) if faults else str(error)
    return problem(status, detail, faults, headers, reason)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    broken = next((fault for fault in faults if fault["type"] == "json_invalid"), None)
    if broken is not None:
        reason = broken.get("ctx", {}).get("error", "it ends too early")
        return problem(400, f"the body is not JSON: {reason} at character {broken['loc'][-1]}")
    sentences = [_sentence(fault) for fault in faults]
    return problem(422, "; ".join(sentences), sentences)


def _sentence(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"][1:])  # the first says body, query or path
    if fault["type"] == "extra_forbidden":
        return f"unknown field {where!r}"
    if fault["type"] == "missing" and not where:
        return 'the body is empty; send JSON such as {"body": "where is order 4471?"}'
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{where}: {message[:1].lower()}{message[1:]}" if where else message


def _http(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "unexpected"
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else None
    if detail == UNREADABLE:
        detail = "the body is not JSON: it is not UTF-8 text, or is nested too deeply"
    return problem(status, detail, headers=headers)


def _store(_: Request, error: Exception) -> JSONResponse:
    log.error("the store failed: %s", type(error.__cause__ or error).__name__)
    return problem(
        503, "the store cannot be written to; nothing was kept, try again", headers={"Retry-After": RETRY_SECONDS}
    )


def _unexpected(_: Request, error: Exception) -> JSONResponse:
    # An error's message may repeat what was sent, and a log never does: only its type, and where it was raised.
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    log.error("unexpected %s\n%s", type(error).__name__, "".join(frames))
    return problem(500, "something unexpected happened; it is in the server's log")
