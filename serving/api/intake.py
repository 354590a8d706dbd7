"""A request's body, of whatever media type, to the work of the engine."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from model.document import Document
from model.errors import ReadingError, SortationError
from model.reading.encodings import decode
from model.reading.markup import text_of
from serving.api.forms import form, parameters
from serving.api.schemas import ClassifyIn, ItemIn, Options
from serving.engine import Request as Work
from serving.seeing import Eyes
from serving.uploads import File, Uploads

LONG = 2_000
"""Characters from which on identifiers are looked for before the item joins a batch."""

BODIES: dict[str, Any] = {
    "requestBody": {
        "content": {
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
    }
}
"""What OpenAPI is told of bodies that are not JSON."""


class UnsupportedMedia(SortationError):
    """A body of a type that nothing here reads."""


async def work(given: ClassifyIn | bytes, request: Request) -> Work:
    """The item to classify. Raises ReadingError, UnsupportedMedia, FormError or RequestValidationError."""
    made = await _made(given, request)
    eyes: Eyes = request.app.state.engine.eyes
    eyes.check(made.wanted)
    if not made.wanted.entities or len(made.document.text_with_parts) < LONG:
        return made
    seen = eyes.see(made.document, made.wanted)
    await asyncio.to_thread(lambda: seen.mentions)  # in the engine's thread, others' requests would wait for it
    return replace(made, seen=seen)


async def _made(given: ClassifyIn | bytes, request: Request) -> Work:
    uploads: Uploads = request.app.state.uploads
    if isinstance(given, ClassifyIn):
        parts = await uploads.read_all([each.file() for each in given.attachments])
        if given.html and not given.body.strip():
            given = given.model_copy(update={"body": await asyncio.to_thread(text_of, given.html)})
        return _work(given, _with_parts(given, parts))
    header = request.headers.get("content-type", "")
    kind = header.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        filled = form(given, header)
        item = _checked(filled.fields)
        return _work(item, await _from_files(item, filled.files, uploads))
    if kind in ("", "application/x-www-form-urlencoded"):
        raise UnsupportedMedia(
            f"a body of type {kind or 'nothing'} is not read; say Content-Type: application/json, message/rfc822, "
            "text/plain, multipart/form-data, or the type of the file that you send"
        )
    item = _checked({key: value for key, value in request.query_params.items() if key != "filename"})
    if kind == "text/plain":
        text = decode(given, parameters(header).get("charset"))
        if not (text.strip() or item.subject.strip()):
            raise ReadingError("empty", "The text is empty.")
        return _work(item, _with_parts(item.model_copy(update={"body": text}), ()))
    name = request.query_params.get("filename") or None
    return _work(item, await _from_files(item, [File(given, name, kind)], uploads))


def _checked(fields: Mapping[str, str]) -> ItemIn:
    """Form fields or query parameters as an item; names of options go there. Raises RequestValidationError."""
    plain: dict[str, Any] = {key: value for key, value in fields.items() if key not in Options.model_fields}
    options = {key: value for key, value in fields.items() if key in Options.model_fields}
    try:
        return ItemIn.model_validate(plain | ({"options": options} if options else {}))
    except ValidationError as error:
        raise RequestValidationError([fault | {"loc": ("body", *fault["loc"])} for fault in error.errors()]) from error


async def _from_files(item: ItemIn, files: Sequence[File], uploads: Uploads) -> Document:
    """A lone file without a text beside it is the item itself; else files are its attachments."""
    if item.body.strip() or item.html.strip() or len(files) != 1:
        if item.html and not item.body.strip():
            item = item.model_copy(update={"body": await asyncio.to_thread(text_of, item.html)})
        return _with_parts(item, await uploads.read_all(files))
    came = await uploads.read(files[0])
    return replace(
        came,
        subject=item.subject or came.subject,
        channel=item.channel or came.channel,
        id=item.id or (came.id or "")[:200] or None,
        meta=dict(came.meta) | item.said,
    )


def _with_parts(item: ItemIn, parts: tuple[Document, ...]) -> Document:
    """The item with its attachments. Raises ReadingError where it has no text and none of them could be read."""
    if not (item.subject.strip() or item.body.strip() or any(part.text_with_parts.strip() for part in parts)):
        first = next((part.meta for part in parts if "error" in part.meta), None)
        if first is None:
            raise ReadingError("empty", "There is nothing to classify: no text was found.")
        raise ReadingError(first["error"], f"There is no text, and no attachment could be read: {first['message']}")
    return Document(item.subject, item.body, item.channel, item.id, parts=parts, meta=item.said)


def _work(item: ItemIn, document: Document) -> Work:
    return Work(document, item.options.top_k, item.wanted())
