"""Bytes to a Document: recognises the format, calls its parser, cleans, and keeps to the budget. In this process."""

from collections.abc import Callable, Iterable, Sequence

from model.document import Document
from model.errors import ReadingError
from model.reading import formats, legacy, mail, markup, opendocument, pdf, powerpoint, rtf, tables, word, xmltree
from model.reading.archive import Archive
from model.reading.blocks import Block, fit, paged
from model.reading.cleaning import clean
from model.reading.encodings import decode
from model.reading.excel import xlsx
from model.reading.limits import Limits
from model.reading.message import Attachment, Message
from model.reading.ocr import recognise
from model.reading.outlook import outlook

Parsed = tuple[list[Block], bool]
"""The blocks of a document, and whether its parser left something out."""


def read(
    data: bytes,
    *,
    filename: str | None = None,
    media_type: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 frozen
) -> Document:
    """What a file says, attachments and archive members as `parts`.

    A part that cannot be read is an empty document whose `meta` says `error` and `message`. `meta` has `format`, and
    for mails `from`, `to`, `cc`, `date`, `message_id`, `in_reply_to` and `references` as far as they are stated.
    Time and memory are not bounded here: use `read_safely` for strangers' files. Raises ReadingError, nothing else.
    """
    try:
        return _read(data, filename, media_type, limits, 0)
    except ReadingError:
        raise
    except MemoryError:
        raise ReadingError("memory", f"Reading the file needs more than {limits.memory} bytes of memory.") from None
    except RecursionError:
        raise ReadingError("too_deep", "The file nests its content too deeply.") from None
    except Exception as error:
        raise ReadingError(
            "damaged", f"The file is broken ({type(error).__name__}); save it anew and resend."
        ) from error


def _read(data: bytes, filename: str | None, media_type: str | None, limits: Limits, depth: int) -> Document:
    if len(data) > limits.size:
        raise ReadingError("too_large", f"The file has {len(data)} bytes; {limits.size} are allowed.")
    if depth > limits.depth:
        raise ReadingError("too_deep", f"The file lies in more than {limits.depth} containers.")
    hint = formats.promised(filename, media_type)
    kind = formats.recognise(data, hint, limits)
    meta = {"format": kind} | ({"filename": filename} if filename else {})
    if hint and hint != kind and hint in formats.BINARY.values() and (hint, kind) not in _SAME:
        meta["mislabelled"] = hint
    if kind == "mail":
        data = data if data[:200].isascii() and b"\0" not in data[:200] else _as_utf8(data)
        return _mail(mail.mail(data), meta, limits, depth)
    if kind == "msg":
        return _mail(outlook(data, limits), meta, limits, depth)
    if kind == "mbox":
        mails = mail.split(data, limits.parts + 1)
        files = [Attachment(f"{number}.eml", "message/rfc822", raw) for number, raw in enumerate(mails, 1)]
        return _container(files, meta, limits, depth)
    if kind == "zip":
        archive = Archive(data, limits)
        names = [name for name in archive.names if not name.startswith(("__MACOSX/", "."))]
        files = [Attachment(name, "", archive.read(name)) for name in names[: limits.parts + 1]]
        return _container(files, meta, limits, depth)
    blocks, left_out = PARSERS[kind](data, limits)
    body, removed = fit(blocks, limits.text)
    if not body.strip():
        raise ReadingError("no_text", "The file holds no text.")
    title = markup.title_of(decode(data[:20_000])) if kind == "html" else ""
    truncated = left_out or bool(removed)
    return Document(title, body, channel="document", removed=removed, truncated=truncated, meta=meta)


_SAME = {("odt", "odt"), ("ods", "odt"), ("odp", "odt")}


def _as_utf8(data: bytes) -> bytes:
    """A mail that was saved in UTF-16 or behind a byte-order mark, as mails travel."""
    return decode(data).encode()


def _mail(message: Message, meta: dict[str, str], limits: Limits, depth: int) -> Document:
    if message.encrypted:
        raise ReadingError("encrypted", "The mail is encrypted; send it decrypted.")
    fields = {key: value for key, value in message.fields.items() if value}
    subject = fields.pop("subject", "")
    text, cut = message.text[: limits.text * 5], len(message.text) > limits.text * 5
    newest, removed = clean(text, channel="email")
    if len(newest) > limits.text:
        newest, cut = newest[: limits.text], True
    parts, more = _parts(message.attachments, limits, depth)
    if not (subject or newest.strip() or parts):
        raise ReadingError("empty", "The mail has neither a subject nor a text.")
    return Document(
        subject,
        newest,
        channel="email",
        id=fields.get("message_id"),
        removed=removed,
        truncated=cut or more,
        parts=parts,
        meta=meta | fields,
    )


def _container(files: Sequence[Attachment], meta: dict[str, str], limits: Limits, depth: int) -> Document:
    parts, more = _parts(files, limits, depth)
    if not parts:
        raise ReadingError("empty", "The archive holds no files.")
    if all("error" in part.meta for part in parts):
        first = parts[0].meta
        raise ReadingError(first["error"], f"Nothing in the archive could be read: {first['message']}")
    return Document(channel="document", truncated=more, parts=parts, meta=meta)


def _parts(files: Sequence[Attachment], limits: Limits, depth: int) -> tuple[tuple[Document, ...], bool]:
    return tuple(_part(file, limits, depth + 1) for file in files[: limits.parts]), len(files) > limits.parts


def _part(file: Attachment, limits: Limits, depth: int) -> Document:
    try:
        return _read(file.data, file.name or None, file.media_type or None, limits, depth)
    except ReadingError as error:
        if error.reason in ("memory", "timeout", "too_deep", "compression_bomb"):
            raise
        meta = {"error": error.reason, "message": str(error)} | ({"filename": file.name} if file.name else {})
        return Document(channel="document", meta=meta)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError, OSError) as error:
        meta = {"error": "damaged", "message": f"The file is broken ({type(error).__name__})."}
        return Document(channel="document", meta=meta | ({"filename": file.name} if file.name else {}))


def _lines(text: str) -> list[Block]:
    return paged([Block(line) for line in text.split("\n")])


def _html(data: bytes, limits: Limits) -> Parsed:
    return paged(markup.blocks_of(decode(data, markup.charset(data)))), False


def _xml(data: bytes, limits: Limits) -> Parsed:
    root = xmltree.parse(data, limits.elements)
    return _lines("\n".join(text for piece in root.itertext() if (text := " ".join(piece.split())))), False


def _rtf(data: bytes, limits: Limits) -> Parsed:
    text, is_html = rtf.rtf(data)
    return (paged(markup.blocks_of(text)) if is_html else _lines(text)), False


def _text(data: bytes, limits: Limits) -> Parsed:
    return _lines(_unwrapped(decode(data))), False


def _unwrapped(text: str) -> str:
    """Text that is nothing but the base64 of a text, as mail gateways leave it, is decoded."""
    letters = "".join(text.split())
    if len(letters) < 24 or len(letters) % 4 or " " in text.strip() or not letters.isascii():
        return text
    import base64

    try:
        found = decode(base64.b64decode(letters, validate=True))
    except ValueError:
        return text
    readable = sum(character.isalpha() or character.isspace() for character in found)
    return found if readable > 0.8 * len(found) else text


def _whole(parser: Callable[[bytes, Limits], Iterable[Block]]) -> Callable[[bytes, Limits], Parsed]:
    """A parser that leaves nothing out by itself."""
    return lambda data, limits: (list(parser(data, limits)), False)


PARSERS: dict[str, Callable[[bytes, Limits], Parsed]] = {
    "pdf": pdf.pdf,
    "docx": _whole(word.docx),
    "pptx": powerpoint.pptx,
    "xlsx": xlsx,
    "odt": opendocument.opendocument,
    "doc": _whole(legacy.doc),
    "xls": legacy.xls,
    "ppt": _whole(legacy.ppt),
    "rtf": _rtf,
    "html": _html,
    "xml": _xml,
    "csv": lambda data, limits: tables.table(decode(data), limits),
    "text": _text,
    "image": lambda data, limits: (_lines(recognise(data, limits)), False),
}
"""The parser of each format that is one document."""
