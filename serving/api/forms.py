"""Bodies of multipart/form-data (RFC 7578) to fields and files. Pure."""

import re
from dataclasses import dataclass

from model.errors import SortationError
from serving.uploads import File

MOST = 100
"""Parts of one form."""

_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')


class FormError(SortationError):
    """A body that is not the form that its header promises."""


@dataclass(frozen=True)
class Form:
    """What was filled in."""

    fields: dict[str, str]
    files: tuple[File, ...]


def form(body: bytes, content_type: str) -> Form:
    """The fields and files of a form; a part with a file name is a file. Raises FormError."""
    boundary = parameters(content_type).get("boundary", "")
    if not 1 <= len(boundary) <= 200:
        raise FormError("multipart/form-data needs its boundary in Content-Type; let your HTTP library write it")
    mark = b"--" + boundary.encode("utf-8", "replace")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark, MOST + 2)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise FormError("the form ends too early, has no parts, or has more than 100 of them")
    fields: dict[str, str] = {}
    files: list[File] = []
    for piece in pieces[1:-1]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        headers = _headers(head)
        told = parameters(headers.get("content-disposition", ""))
        name = told.get("name")
        if not blank or name is None:
            raise FormError("a part of the form has no name in its Content-Disposition")
        if "filename" in told:
            files.append(File(content, told["filename"][:200] or None, headers.get("content-type")))
        elif name in fields:
            raise FormError(f"the form has the field {name!r} twice")
        else:
            try:
                fields[name] = content.decode("utf-8")
            except UnicodeDecodeError as error:
                raise FormError(f"the field {name!r} is not UTF-8 text") from error
    return Form(fields, tuple(files))


def parameters(header: str) -> dict[str, str]:
    """The parameters of a header such as Content-Type, their names in lower case."""
    return {
        match[1].lower(): re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
        for match in _PARAMETER.finditer(header)
    }


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("utf-8", "replace").split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
