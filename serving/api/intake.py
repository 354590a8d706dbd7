"""What callers send, of whatever media type, to the work of the engine. Knows no framework."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from model.document import Document
from model.errors import ReadingError, SortationError
from model.reading.encodings import decode
from model.reading.markup import text_of
from serving.answering import Request
from serving.api.forms import form, parameters
from serving.api.items import ClassifyIn, ItemIn, Options
from serving.api.reading import is_json, read_item
from serving.engine import Overloaded
from serving.errors import WrongMedia, told
from serving.seeing import Eyes
from serving.uploads import File, Uploads


@dataclass(frozen=True)
class Intake:
    """Makes work of items, mails, files and forms."""

    uploads: Uploads
    eyes: Eyes

    async def body(self, body: bytes, kind: bytes, query: bytes, tenant: str) -> Request:
        """The item in a body; `kind` is its Content-Type and `query` the address's query.

        Raises WrongMedia, Misused, ReadingError, FormError, Overloaded or pydantic's ValidationError.
        """
        if is_json(kind):
            return await self.item(read_item(body), tenant)
        header = kind.decode("latin-1")
        media = header.partition(";")[0].strip().lower()
        if media == "multipart/form-data":
            filled = form(body, header)
            item = _checked(filled.fields)
            return self._work(item, await self._from_files(item, filled.files), tenant)
        if media in ("", "application/x-www-form-urlencoded"):
            raise WrongMedia(
                f"a body of type {media or 'nothing'} is not read; say Content-Type: application/json, "
                "message/rfc822, text/plain, multipart/form-data, or the type of the file that you send"
            )
        asked = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
        name = asked.pop("filename", None) or None
        item = _checked(asked)
        if media == "text/plain":
            text = decode(body, parameters(header).get("charset"))
            if not (text.strip() or item.subject.strip()):
                raise ReadingError("empty", "The text is empty.")
            return self._work(item, _with_parts(item.model_copy(update={"body": text}), ()), tenant)
        return self._work(item, await self._from_files(item, [File(body, name, media)]), tenant)

    def simply(self, given: ClassifyIn, tenant: str) -> Request | None:
        """An item in JSON of which nothing needs to be read first; None for any other. Raises SortationError."""
        return None if given.attachments or given.html else self._work(given, _with_parts(given, ()), tenant)

    async def item(self, given: ClassifyIn, tenant: str) -> Request:
        """An item in JSON, its attachments read. Raises SortationError."""
        simple = self.simply(given, tenant)
        if simple is not None:
            return simple
        parts = await self.uploads.read_all([each.file() for each in given.attachments]) if given.attachments else ()
        return self._work(given, _with_parts(await _with_body(given), parts), tenant)

    async def either(self, given: ClassifyIn | Request | dict[str, Any], tenant: str) -> Request | dict[str, Any]:
        """One of many: its work, or the problem with it. Raises Overloaded."""
        if not isinstance(given, ClassifyIn):
            return given
        try:
            return await self.item(given, tenant)
        except Overloaded:
            raise
        except SortationError as error:
            return told(error)

    async def _from_files(self, item: ItemIn, files: Sequence[File]) -> Document:
        """A lone file without a text beside it is the item itself; else files are its attachments."""
        if item.body.strip() or item.html.strip() or len(files) != 1:
            return _with_parts(await _with_body(item), await self.uploads.read_all(files))
        came = await self.uploads.read(files[0])
        return replace(
            came,
            subject=item.subject or came.subject,
            channel=item.channel or came.channel,
            id=item.id or (came.id or "")[:200] or None,
            meta=dict(came.meta) | item.said,
        )

    def _work(self, item: ItemIn, document: Document, tenant: str) -> Request:
        wanted = item.wanted()
        self.eyes.check(wanted)
        return Request(document, item.options.top_k, wanted, tenant)


async def _with_body(item: ItemIn) -> ItemIn:
    """The item, its HTML as its body where it has no other."""
    if not item.html or item.body.strip():
        return item
    return item.model_copy(update={"body": await asyncio.to_thread(text_of, item.html)})


def _checked(fields: Mapping[str, str]) -> ItemIn:
    """Form fields or query parameters as an item; names of options go there. Raises pydantic's ValidationError."""
    plain: dict[str, Any] = {key: value for key, value in fields.items() if key not in Options.model_fields}
    options = {key: value for key, value in fields.items() if key in Options.model_fields}
    return ItemIn.model_validate(plain | ({"options": options} if options else {}))


def _with_parts(item: ItemIn, parts: tuple[Document, ...]) -> Document:
    """The item with its attachments. Raises ReadingError where it has no text and none of them could be read."""
    if not (item.subject.strip() or item.body.strip() or any(part.text_with_parts.strip() for part in parts)):
        first = next((part.meta for part in parts if "error" in part.meta), None)
        if first is None:
            raise ReadingError("empty", "There is nothing to classify: no text was found.")
        raise ReadingError(first["error"], f"There is no text, and no attachment could be read: {first['message']}")
    return Document(item.subject, item.body, item.channel, item.id, parts=parts, meta=item.said)
