"""RFC 822 mails, and mailboxes of them, to messages. Lenient: what is malformed is read as far as it goes."""

import base64
import binascii
import datetime
import email
import email.message
import email.policy
import email.utils
import io
import quopri
import re
from collections.abc import Iterator
from typing import IO

from model.reading.encodings import decode
from model.reading.markup import charset, text_of
from model.reading.message import Attachment, Message

FIELDS = {
    "subject": "subject",
    "from": "from",
    "to": "to",
    "cc": "cc",
    "date": "date",
    "message-id": "message_id",
    "in-reply-to": "in_reply_to",
    "references": "references",
}
"""Headers that are kept, and their names in `Message.fields`."""

MOST_PARTS = 200
"""MIME parts that are looked at; mailing programs stay far below."""

_WORD = re.compile(r"=\?([A-Za-z0-9_:.-]+)(?:\*[A-Za-z-]+)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?)")


def mail(data: bytes) -> Message:
    """The message in RFC 822 bytes; malformed ones are read as far as they go."""
    if data.startswith((b"From ", b">From ")):
        data = data.partition(b"\n")[2]
    root = email.message_from_bytes(data.lstrip(b"\r\n"), policy=email.policy.compat32)
    plain: list[str] = []
    rich: list[str] = []
    attachments: list[Attachment] = []
    _walk(root, plain, rich, attachments, [MOST_PARTS])
    text, page = "\n\n".join(plain).strip("\n"), "\n\n".join(rich).strip("\n")
    # Some programs send a stub such as "your mail program shows no HTML" as the plain text.
    if not text.strip() or (len(page) > 40 and len(text) * 4 < len(page)):
        text = page
    return Message(_fields(root), text, attachments)


def head(data: bytes) -> dict[str, str]:
    """The fields that a block of mail headers states."""
    return _fields(email.message_from_bytes(data, policy=email.policy.compat32))


def messages(stream: IO[bytes]) -> Iterator[bytes]:
    """The raw mails of an .mbox file one by one, without holding more than one in memory."""
    lines: list[bytes] = []
    blank = True
    for line in stream:
        if blank and line.startswith(b"From ") and re.search(rb"\d{4}\s*$|\d\d:\d\d", line):
            if any(map(bytes.strip, lines)):
                yield b"".join(lines)
            lines = []
        else:
            lines.append(re.sub(rb"^>(>*From )", rb"\1", line))
        blank = not line.strip()
    if any(map(bytes.strip, lines)):
        yield b"".join(lines)


def split(data: bytes, most: int) -> list[bytes]:
    """The first `most` mails of an .mbox file that is in memory."""
    found: list[bytes] = []
    for raw in messages(io.BytesIO(data)):
        if len(found) == most:
            break
        found.append(raw)
    return found


def _walk(
    part: email.message.Message, plain: list[str], rich: list[str], attachments: list[Attachment], left: list[int]
) -> None:
    left[0] -= 1
    if left[0] < 0:
        return
    kind, payload = part.get_content_type(), part.get_payload()
    name = _name(part)
    if kind == "message/rfc822" and isinstance(payload, list) and payload:
        inner = payload[0]
        raw = inner.as_bytes() if isinstance(inner, email.message.Message) else b""
        attachments.append(Attachment(name or "message.eml", kind, raw))
    elif isinstance(payload, list):
        alternative: tuple[list[str], list[str]] = ([], [])
        for child in payload:
            if isinstance(child, email.message.Message):
                _walk(child, *alternative, attachments, left)
        plain += alternative[0] or (alternative[1] if kind != "multipart/alternative" else [])
        rich += alternative[1] or alternative[0]
    elif kind.startswith("multipart/") and (mended := _mended(part)) is not None:
        _walk(mended, plain, rich, attachments, left)
    else:
        _leaf(part, kind, name, plain, rich, attachments)


def _mended(part: email.message.Message) -> email.message.Message | None:
    """A multipart whose boundary is not the one it states, by the boundary that it uses; None if it has no parts."""
    body = part.get_payload(decode=True)
    found = (
        re.search(rb"^--(\S[^\r\n]{0,100}?)\s*\r?\ncontent-", body, re.I | re.M) if isinstance(body, bytes) else None
    )
    if found is None or not isinstance(body, bytes):
        return None
    beginning = b'Content-Type: multipart/mixed; boundary="' + found.group(1).replace(b'"', b"") + b'"\n\n'
    mended = email.message_from_bytes(beginning + body, policy=email.policy.compat32)
    return mended if mended.is_multipart() else None


def _leaf(
    part: email.message.Message, kind: str, name: str, plain: list[str], rich: list[str], attachments: list[Attachment]
) -> None:
    data = _payload(part)
    attached = "attachment" in str(part.get("content-disposition", "")).lower() or bool(name)
    if kind.startswith(("text/plain", "text/html", "multipart/")) and not attached:
        declared = part.get_param("charset")
        text = decode(data, declared if isinstance(declared, str) else charset(data))
        if kind == "text/html" or re.match(r"\s*<(!doctype html|html|body)\b", text[:200], re.I):
            rich.append(text_of(text))
        else:
            plain.append(_unflowed(text) if "flowed" in str(part.get("content-type", "")).lower() else text)
    elif (
        kind.startswith("image/")
        and part.get("content-id")
        and "attachment" not in str(part.get("content-disposition"))
    ):
        return  # a picture of the page, such as a logo
    elif data.strip():
        attachments.append(Attachment(name, kind, data))


def _payload(part: email.message.Message) -> bytes:
    """The bytes of a part, its transfer encoding undone as far as it is intact."""
    if str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
        raw = str(part.get_payload()).encode("ascii", "ignore")
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
        return base64.b64decode(letters[: len(letters) // 4 * 4] + _rest(letters))
    try:
        data = part.get_payload(decode=True)
    except (ValueError, binascii.Error):
        data = str(part.get_payload()).encode("utf-8", "replace")
    return data if isinstance(data, bytes) else b""


def _rest(letters: bytes) -> bytes:
    """The last, incomplete group of base64 letters, filled up."""
    rest = letters[len(letters) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _unflowed(text: str) -> str:
    """Soft line breaks of `format=flowed` undone (RFC 3676), inside one depth of quotes."""
    lines: list[str] = []
    open_line = False
    for line in text.split("\n"):
        if open_line and lines and not line.startswith(">") and not lines[-1].startswith(">") and line != "-- ":
            lines[-1] += line.removeprefix(" ")
        else:
            lines.append(line.removeprefix(" ") if not line.startswith(" >") else line)
        open_line = line.endswith(" ") and line != "-- "
    return "\n".join(lines)


def _name(part: email.message.Message) -> str:
    try:
        name = part.get_filename() or ""
    except Exception:  # the standard library stumbles over some malformed parameters
        return ""
    return _header(name)[:200]


def _fields(root: email.message.Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in root.raw_items():
        key = FIELDS.get(name.lower())
        if key and key not in found:
            found[key] = _header(str(value))[:2_000]
    if date := found.get("date"):
        found["date"] = _date(date)
    return found


def _header(value: str) -> str:
    """A header as people read it: folded lines joined, encoded words decoded, raw bytes guessed."""
    raw = value.encode("utf-8", "surrogateescape")
    text = decode(raw) if not raw.isascii() else value
    text = " ".join(text.split())
    if "=?" not in text:
        return text
    pieces: list[tuple[str, bytes]] = []
    text, place = _BETWEEN.sub(r"\1", text), 0
    out: list[str] = []
    for word in _WORD.finditer(text):
        if word.start() > place:
            out += [decode(data, name) for name, data in pieces] + [text[place : word.start()]]
            pieces = []
        name, data = word.group(1), _word(word.group(2), word.group(3))
        # A character may be cut in two by the end of an encoded word.
        if pieces and pieces[-1][0] == name:
            pieces[-1] = (name, pieces[-1][1] + data)
        else:
            pieces.append((name, data))
        place = word.end()
    out += [decode(data, name) for name, data in pieces] + [text[place:]]
    return " ".join("".join(out).split())


def _word(coding: str, letters: str) -> bytes:
    if coding in "qQ":
        return quopri.decodestring(letters.replace("_", " ").encode("utf-8", "replace"))
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", letters.encode("ascii", "ignore"))
    return base64.b64decode(clean[: len(clean) // 4 * 4] + _rest(clean))


def _date(text: str) -> str:
    """The date in ISO 8601, or as it was written if nobody can understand it."""
    for parse in (email.utils.parsedate_to_datetime, datetime.datetime.fromisoformat):
        try:
            return parse(text).isoformat(timespec="seconds")
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
    return text
