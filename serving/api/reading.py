"""Bodies -> items, by pydantic-core straight from the bytes. Knows no framework."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from serving.api.schemas import ClassifyIn
from serving.engine import Request
from serving.errors import EMPTY, Misused, NotJson, WrongMedia, described, not_json, sentences_of

MOST = 1000
"""Items in one batch."""
_JSON = re.compile(rb"\s*application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_item = TypeAdapter(ClassifyIn)


def read_item(body: bytes, kind: bytes, tenant: str) -> Request:
    """One item. Raises WrongMedia, NotJson, Misused, or pydantic's ValidationError."""
    must_be_json(kind)
    if not body:
        raise Misused(EMPTY)
    return _item.validate_json(body).work(tenant)


def must_be_json(kind: bytes) -> None:
    """A page in a browser may post forms and plain text anywhere, but not JSON. Raises WrongMedia."""
    if kind != b"application/json" and not _JSON.fullmatch(kind):
        raise WrongMedia(f"send Content-Type: application/json, not {kind.decode('latin-1') or 'nothing'}")


def parsed(body: bytes) -> Any:
    """A JSON body as plain values. Raises NotJson or Misused."""
    if not body.strip():
        raise Misused("the body is empty")
    try:
        return from_json(body)
    except ValueError as error:
        raise NotJson(not_json({"ctx": {"error": str(error)}})) from error


def read_items(body: bytes, tenant: str) -> list[Request | dict[str, Any]]:
    """The items of a batch; for each one a request, or the problem with it. Raises NotJson or Misused."""
    plain = parsed(body)
    if not isinstance(plain, dict) or set(plain) != {"items"} or not isinstance(plain["items"], list):
        raise Misused('a batch is an object {"items": […]} and nothing else')
    items = plain["items"]
    if not 1 <= len(items) <= MOST:
        raise Misused(f"a batch holds 1 to {MOST:,} items, not {len(items):,}; send larger files to /v1/jobs")
    return [checked(item, tenant) for item in items]


def checked(item: Any, tenant: str) -> Request | dict[str, Any]:
    """A request, or the problem with an item."""
    try:
        return _item.validate_python(item).work(tenant)
    except ValidationError as error:
        return faulty(error)


def read_line(line: str, tenant: str) -> Request | dict[str, Any]:
    """A request, or the problem with one line of a file."""
    try:
        return _item.validate_json(line).work(tenant)
    except ValidationError as error:
        return faulty(error)


def faulty(error: ValidationError) -> dict[str, Any]:
    """The problem with one item among others."""
    faults: Sequence[Any] = error.errors()
    if faults[0]["type"] == "json_invalid":
        return described(400, not_json(faults[0]))
    sentences = sentences_of(faults)
    return described(422, "; ".join(sentences), sentences)
