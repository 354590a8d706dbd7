"""Outlook's .msg to a mail: properties of a compound file (MS-OXMSG), and compressed RTF (MS-OXRTFCP)."""

import datetime
import struct
from collections.abc import Iterator

from model.errors import ReadingError
from model.reading.compound import Compound
from model.reading.encodings import decode
from model.reading.limits import Limits
from model.reading.mail import head
from model.reading.markup import text_of
from model.reading.message import Attachment, Message
from model.reading.rtf import rtf

SUBJECT, BODY, HTML, RTF, HEADERS = "0037", "1000", "1013", "1009", "007D"
SENDER_NAME, SENDER_ADDRESS, SENDER_SMTP, MESSAGE_ID, REPLY_TO, REFERENCES = (
    "0C1A",
    "0C1F",
    "5D01",
    "1035",
    "1042",
    "1039",
)
DISPLAY_TO, DISPLAY_CC = "0E04", "0E03"
FILE_NAME, SHORT_NAME, CONTENT, MIME = "3707", "3704", "3701", "370E"
SENT, DELIVERED = 0x00390040, 0x0E060040
"""Numbers of the properties that are read (MS-OXPROPS); the times with their type in the low half."""

_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the dictionary of compressed RTF holds at its beginning, as the format prescribes."""


def outlook(data: bytes, limits: Limits) -> Message:
    """The message in a .msg file. Raises ReadingError `damaged`."""
    file = Compound(data, limits)
    address = _string(file, "", SENDER_SMTP) or _string(file, "", SENDER_ADDRESS)
    name = _string(file, "", SENDER_NAME)
    fields = {
        "subject": _string(file, "", SUBJECT),
        "from": f"{name} <{address}>" if "@" in address and name != address else name or address,
        "to": _string(file, "", DISPLAY_TO),
        "cc": _string(file, "", DISPLAY_CC),
        "date": _time(file),
        "message_id": _string(file, "", MESSAGE_ID),
        "in_reply_to": _string(file, "", REPLY_TO),
        "references": _string(file, "", REFERENCES),
    }
    found = list(_attachments(file, limits))
    if headers := _string(file, "", HEADERS):
        # What the mail said on its way is exact; Outlook's properties fill what it did not say.
        fields |= {key: value for key, value in head(headers.encode("utf-8", "replace")).items() if value}
    return Message(fields, _body(file), found)


def _string(file: Compound, folder: str, number: str) -> str:
    if wide := file.get(f"{folder}__substg1.0_{number}001F"):
        return wide.decode("utf-16-le", "replace").replace("\r\n", "\n").rstrip("\x00")
    return decode(file.get(f"{folder}__substg1.0_{number}001E")).rstrip("\x00")


def _time(file: Compound) -> str:
    """When it was sent, as an ISO date-time in UTC."""
    properties = file.get("__properties_version1.0")[32:]
    found: dict[int, int] = {}
    for place in range(0, len(properties) - 15, 16):
        tag, _, value = struct.unpack_from("<IIQ", properties, place)
        found[tag] = value
    ticks = found.get(SENT) or found.get(DELIVERED) or 0
    try:
        moment = datetime.datetime(1601, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=ticks // 10)
    except OverflowError:
        return ""
    return moment.isoformat(timespec="seconds") if ticks else ""


def _body(file: Compound) -> str:
    html = file.get(f"__substg1.0_{HTML}0102") or file.get(f"__substg1.0_{HTML}001E")
    wide = file.get(f"__substg1.0_{HTML}001F")
    if html or wide:
        return text_of(wide.decode("utf-16-le", "replace") if wide else decode(html))
    if text := _string(file, "", BODY):
        return text
    if packed := file.get(f"__substg1.0_{RTF}0102"):
        text, is_html = rtf(unpacked(packed))
        return text_of(text) if is_html else text
    return ""


def _attachments(file: Compound, limits: Limits) -> Iterator[Attachment]:
    folders = sorted({name.split("/")[0] for name in file.names if name.startswith("__attach_version1.0_#")})
    for folder in folders[: limits.parts + 1]:
        place = f"{folder}/"
        title = _string(file, place, FILE_NAME) or _string(file, place, SHORT_NAME)
        yield Attachment(title, _string(file, place, MIME), file.get(f"{place}__substg1.0_{CONTENT}0102"))


def unpacked(data: bytes) -> bytes:
    """RTF out of Outlook's compression. Raises ReadingError `damaged`."""
    if len(data) < 16:
        raise ReadingError("damaged", "The message's RTF text was cut short.")
    size, kind = struct.unpack_from("<I4s", data, 4)
    if kind == b"MELA":
        return data[16 : 16 + size]
    if kind != b"LZFu":
        raise ReadingError("damaged", "The message's RTF text is packed in an unknown way.")
    window, write = bytearray(_START.ljust(4096, b"\0")), len(_START)
    out, place = bytearray(), 16
    while place < len(data) and len(out) < size:
        flags, place = data[place], place + 1
        for bit in range(8):
            if place >= len(data):
                break
            if not flags >> bit & 1:
                piece, place = data[place : place + 1], place + 1
                window[write] = piece[0]
                write = (write + 1) % 4096
                out += piece
                continue
            if place + 2 > len(data):
                break
            token, place = int.from_bytes(data[place : place + 2], "big"), place + 2
            offset, length = token >> 4, (token & 15) + 2
            if offset == write:
                return bytes(out)
            for step in range(length):
                value = window[(offset + step) % 4096]
                window[write] = value
                write = (write + 1) % 4096
                out.append(value)
    return bytes(out[:size])
