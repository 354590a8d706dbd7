"""OpenDocument text, spreadsheets and presentations to blocks. One format for LibreOffice's three programs."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from model.errors import ReadingError
from model.reading.archive import Archive
from model.reading.blocks import HEAD, HEADING, ROW, TEXT, Block, paged, row
from model.reading.limits import Limits
from model.reading.xmltree import flat, parse

_SPACES = frozenset({"s", "tab", "line-break"})
_SKIPPED = frozenset({"annotation", "tracked-changes", "note-citation", "binary-data", "title", "desc"})
_REPEATED = 20
"""Most copies of a repeated cell that are shown; spreadsheets repeat empty cells by the thousand."""


def opendocument(data: bytes, limits: Limits) -> tuple[list[Block], bool]:
    """The blocks of an .odt, .ods or .odp file, and whether sheets, slides or cells beyond the bounds were left out."""
    archive = Archive(data, limits)
    manifest = archive.get("META-INF/manifest.xml") or b""
    if b"encryption-data" in manifest:
        raise ReadingError("encrypted", "The document is encrypted; send it without a password.")
    body = parse(archive.read("content.xml"), limits.elements).find("body")
    content = body[0] if body is not None and len(body) else None
    if content is None:
        raise ReadingError("damaged", "The document lacks its content.")
    if content.tag == "text":
        return paged(list(_blocks(content, 0, [limits.cells]))), False
    left, blocks, page = [limits.cells], list[Block](), 0
    for child in content:
        if child.tag not in ("table", "page"):
            continue
        if page < limits.pages:
            blocks += [Block(child.get("name", ""), HEADING, page)] if child.tag == "table" else []
            blocks += _table(child, page, left) if child.tag == "table" else _blocks(child, page, left)
        page += 1
    return blocks, page > limits.pages or left[0] < 0


def _blocks(element: Element, page: int, left: list[int]) -> Iterator[Block]:
    for child in element:
        if child.tag in _SKIPPED:
            continue
        if child.tag in ("p", "h"):
            text = flat(child, _SPACES, _SKIPPED).strip()
            if text:
                yield Block(text, HEADING if child.tag == "h" else TEXT, page)
        elif child.tag == "table":
            yield from _table(child, page, left)
        else:
            yield from _blocks(child, page, left)


def _table(table: Element, page: int, left: list[int]) -> Iterator[Block]:
    role = HEAD
    for line in table.iter("table-row"):
        cells: list[str] = []
        for cell in line:
            if cell.tag not in ("table-cell", "covered-table-cell"):
                continue
            text = " ".join(flat(p, _SPACES, _SKIPPED) for p in cell.iter("p")).strip()
            repeated = cell.get("number-columns-repeated", "1")
            cells += [text] * min(int(repeated) if repeated.isdigit() else 1, _REPEATED if text else 1)
        left[0] -= sum(bool(cell) for cell in cells)
        if left[0] < 0:
            return
        if text := row([cell for cell in cells if cell]):
            yield Block(text, role, page)
            role = ROW
