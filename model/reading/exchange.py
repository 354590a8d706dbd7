"""Documents and errors as JSON between a server and its worker processes; never pickle, which could run code."""

import json
from collections.abc import Mapping
from typing import Any

from model.document import Document, Removed


def encode(document: Document) -> bytes:
    """A document as JSON in UTF-8."""
    return json.dumps(_plain(document), ensure_ascii=True).encode()


def decode(data: bytes) -> Document:
    """The document that `encode` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    return _document(json.loads(data))


def _plain(document: Document) -> dict[str, Any]:
    return {
        "subject": document.subject,
        "body": document.body,
        "channel": document.channel,
        "id": document.id,
        "removed": [[span.kind, span.start, span.end, span.text] for span in document.removed],
        "truncated": document.truncated,
        "parts": [_plain(part) for part in document.parts],
        "meta": dict(document.meta),
    }


def _document(values: Mapping[str, Any]) -> Document:
    return Document(
        subject=str(values["subject"]),
        body=str(values["body"]),
        channel=values["channel"],
        id=values["id"],
        removed=tuple(
            Removed(str(kind), int(start), int(end), str(text)) for kind, start, end, text in values["removed"]
        ),
        truncated=bool(values["truncated"]),
        parts=tuple(_document(part) for part in values["parts"]),
        meta={str(key): str(value) for key, value in values["meta"].items()},
    )
