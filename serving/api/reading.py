"""JSON bodies -> items, by pydantic-core straight from the bytes. Knows no framework."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from serving.api.items import ClassifyIn
from serving.errors import EMPTY, Misused, NotJson, WrongMedia, described, not_json, sentences_of

MOST = 1000
"""Items in one batch."""
_JSON = re.compile(rb"\s*application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_item = TypeAdapter(ClassifyIn)


def read_item(body: bytes) -> ClassifyIn:
    """One item. Raises Misused, or pydantic's ValidationError."""
    if not body:
        raise Misused(EMPTY)
    return _item.validate_json(body)


def is_json(kind: bytes) -> bool:
    """Whether a Content-Type says JSON."""
    return kind == b"application/json" or _JSON.fullmatch(kind) is not None


def must_be_json(kind: bytes) -> None:
    """Raises WrongMedia where a body is not JSON by its own word."""
    if not is_json(kind):
        raise WrongMedia(f"send Content-Type: application/json, not {kind.decode('latin-1') or 'nothing'}")


def parsed(body: bytes) -> Any:
    """A JSON body as plain values. Raises NotJson or Misused."""
    if not body.strip():
        raise Misused("the body is empty")
    try:
        return from_json(body)
    except ValueError as error:
        raise NotJson(not_json({"ctx": {"error": str(error)}})) from error


def read_items(body: bytes) -> list[ClassifyIn | dict[str, Any]]:
    """The items of a batch; for each one the item, or the problem with it. Raises NotJson or Misused."""
    plain = parsed(body)
    if not isinstance(plain, dict) or set(plain) != {"items"} or not isinstance(plain["items"], list):
        raise Misused('a batch is an object {"items": […]} and nothing else')
    items = plain["items"]
    if not 1 <= len(items) <= MOST:
        raise Misused(f"a batch holds 1 to {MOST:,} items, not {len(items):,}; send larger files to /v1/jobs")
    return [checked(item) for item in items]


def checked(item: Any) -> ClassifyIn | dict[str, Any]:
    """An item, or the problem with it."""
    try:
        return _item.validate_python(item)
    except ValidationError as error:
        return faulty(error)


def read_line(line: str) -> ClassifyIn | dict[str, Any]:
    """An item, or the problem with one line of a file."""
    try:
        return _item.validate_json(line)
    except ValidationError as error:
        return faulty(error)


def faulty(error: ValidationError) -> dict[str, Any]:
    """The problem with one item among others."""
    faults: Sequence[Any] = error.errors()
    if faults[0]["type"] == "json_invalid":
        return described(400, not_json(faults[0]))
    sentences = sentences_of(faults)
    return described(422, "; ".join(sentences), sentences)
