"""Which format bytes are in, by their content. The name and the declared type only decide between texts."""

import re

from model.errors import ReadingError
from model.reading import compound
from model.reading.archive import Archive
from model.reading.encodings import decode
from model.reading.limits import Limits
from model.reading.tables import delimiter

BINARY = {
    "pdf": "pdf",
    "docx": "docx",
    "docm": "docx",
    "doc": "doc",
    "xlsx": "xlsx",
    "xlsm": "xlsx",
    "xls": "xls",
    "pptx": "pptx",
    "ppt": "ppt",
    "odt": "odt",
    "ods": "ods",
    "odp": "odp",
    "msg": "msg",
    "zip": "zip",
    "png": "image",
    "jpg": "image",
    "jpeg": "image",
    "tif": "image",
    "tiff": "image",
}
"""File name extensions of formats that are never plain text, and the format each promises."""

MEDIA_TYPES = {
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.ms-outlook": "msg",
    "application/zip": "zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "image/png": "image",
    "image/jpeg": "image",
    "image/tiff": "image",
    "message/rfc822": "mail",
    "text/html": "html",
    "text/csv": "csv",
    "text/rtf": "rtf",
    "application/rtf": "rtf",
    "application/mbox": "mbox",
    "text/plain": "text",
}
"""Declared media types that are understood."""

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_FOREIGN = {
    b"MZ": "a Windows program",
    b"\x7fELF": "a program",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"ID3": "a sound",
    b"OggS": "a sound",
    b"RIFF": "a sound, film or picture",
    b"\x00\x00\x00\x18ftyp": "a film",
    b"\x00\x00\x00\x20ftyp": "a film",
    b"SQLite format 3": "a database",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"%!PS": "PostScript",
}
_HEADER = re.compile(
    r"^(received|return-path|delivered-to|from|to|cc|subject|date|message-id|mime-version|content-type|reply-to|sender|"
    r"x-[a-z-]+|dkim-signature|in-reply-to|references|content-transfer-encoding|thread-topic|importance|"
    r"arc-[a-z-]+|authentication-results|user-agent|resent-[a-z-]+):",
    re.I,
)
_SURE = re.compile(r"^(received|return-path|delivered-to|message-id|mime-version|dkim-signature|arc-[a-z-]+):", re.I)
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]|<body[\s>]|<head>|<meta\s[^>]{0,200}?http-equiv", re.I)
_TAGS = re.compile(r"</?(?:p|div|br|table|td|tr|span|ul|li|h[1-6]|a|b|strong|img)\b[^<>]{0,300}>", re.I)


def promised(filename: str | None, media_type: str | None) -> str | None:
    """The format that a name or a media type promises, or None if they promise nothing."""
    extension = (filename or "").lower().rpartition(".")[2]
    if extension in BINARY:
        return BINARY[extension]
    if extension in ("eml", "csv", "tsv", "html", "htm", "mbox", "rtf", "txt"):
        return {"eml": "mail", "tsv": "csv", "htm": "html", "txt": "text"}.get(extension, extension)
    return MEDIA_TYPES.get((media_type or "").partition(";")[0].strip().lower())


def recognise(data: bytes, hint: str | None, limits: Limits) -> str:
    """The format of `data`; `hint` is what `promised` said.

    Raises ReadingError: `empty`, `unsupported`, `encrypted`, `damaged`, or `mislabelled` when a name promises a binary
    format and the bytes are in none.
    """
    if not data.strip():
        raise ReadingError("empty", "The file is empty.")
    if data.startswith((b"{\\rtf", b"\xef\xbb\xbf{\\rtf")):
        return "rtf"
    if re.search(rb"(?:\A|[\r\n\0 ])%PDF-\d", data[:1024]):  # some programs write a line or two before it
        return "pdf"
    if data.startswith(compound.MAGIC):
        kind = compound.kind(data, limits)
        if kind == "encrypted":
            raise ReadingError("encrypted", "The Office file is encrypted; send it without a password.")
        return kind
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data, limits)
    if data.startswith(_PICTURES) and b"\0" in data[:256]:
        return "image"
    for magic, what in _FOREIGN.items():
        if data.startswith(magic) and (len(magic) > 3 or b"\0" in data[:512]):
            raise ReadingError("unsupported", f"The file is {what}, which holds no text that can be read.")
    return _textual(data, hint)


def _zipped(data: bytes, limits: Limits) -> str:
    archive = Archive(data, limits)
    kind = (archive.get("mimetype") or b"").decode("ascii", "replace").strip()
    if kind.startswith("application/vnd.oasis.opendocument"):
        return "odt"
    if kind == "application/epub+zip":
        return "zip"
    names = archive.names
    for folder, found in (("word/document", "docx"), ("xl/workbook.xml", "xlsx"), ("ppt/presentation", "pptx")):
        if any(name.startswith(folder) for name in names):
            return found
    if "xl/workbook.bin" in archive:
        raise ReadingError("unsupported", "Binary Excel workbooks (.xlsb) cannot be read; save it as .xlsx.")
    if "[Content_Types].xml" in archive:
        raise ReadingError("damaged", "The Office file lacks its main part.")
    return "zip"


def _textual(data: bytes, hint: str | None) -> str:
    text = decode(data[:65_536])
    controls = sum(character < " " and character not in "\n\t\x0c\x1b" for character in text) + text.count("\ufffd")
    if controls * 20 > len(text):
        reason = "damaged" if hint in BINARY.values() else "unsupported"
        raise ReadingError(reason, "The bytes are in no known format, and are no text.")
    if not text.strip():
        raise ReadingError("empty", "The file holds nothing but white space.")
    kind = _kind(text, hint)
    if hint in BINARY.values() and kind in ("text", "csv"):
        raise ReadingError("mislabelled", f"The name or media type promises {hint}, but the bytes are plain text.")
    return kind


def _kind(text: str, hint: str | None) -> str:  # noqa: PLR0911 a ladder of signs, surest first
    start = text.lstrip("\ufeff\n\t ")
    if re.match(r"From \S+.*\d{4}\s*$", start.partition("\n")[0]):
        return "mbox" if re.search(r"\n\nFrom \S+ .*\d{4}\s*\n", text) or hint == "mbox" else "mail"
    if _is_mail(start, hint):
        return "mail"
    if hint == "html" or _HTML.search(start[:4096]):
        return "html"
    if start.startswith("<?xml"):
        return "xml"
    if len(_TAGS.findall(start[:20_000])) >= 6:
        return "html"
    if hint == "csv" or (hint in (None, "text") and _is_table(text)):
        return "csv"
    return "text"


def _is_mail(start: str, hint: str | None) -> bool:
    """A mail begins with header lines; an .eml file needs one, other names need more."""
    found, sure = 0, False
    for line in start.split("\n")[:60]:
        if _HEADER.match(line):
            found += 1
            sure = sure or bool(_SURE.match(line))
        elif not line.strip() or not (line[0] in " \t" or re.match(r"[A-Za-z][\w-]*:", line)):
            break
    return found >= (1 if hint == "mail" else 2 if sure else 3)


def _is_table(text: str) -> bool:
    """Without the name's help only a table that no prose resembles is one."""
    mark = delimiter(text)
    first = text.lstrip().partition("\n")[0]
    return mark is not None and (mark in "\t;" or first.count(mark) >= 2) and len(first) < 2_000
