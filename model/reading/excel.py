"""Excel's .xlsx to blocks: sheet names as headings, rows as lines. Formulas show their stored values."""

import datetime
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from model.errors import ReadingError
from model.reading.archive import Archive
from model.reading.blocks import HEAD, HEADING, ROW, Block, row
from model.reading.limits import Limits
from model.reading.xmltree import flat, parse

_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Built-in number formats that show dates or times (ECMA-376, 18.8.30)."""

_PHONETIC = frozenset({"rPh", "rPr"})


def xlsx(data: bytes, limits: Limits) -> tuple[list[Block], bool]:
    """The blocks of an .xlsx file, and whether sheets or cells beyond the bounds were left out."""
    archive = Archive(data, limits)
    sheets = _sheets(archive, limits)
    if not sheets:
        raise ReadingError("damaged", "The Excel file lacks its sheets.")
    strings = _strings(archive.get("xl/sharedStrings.xml"), limits)
    dates = _date_styles(archive.get("xl/styles.xml"), limits)
    blocks: list[Block] = []
    left = limits.cells
    for page, (title, name) in enumerate(sheets[: limits.pages]):
        rows = []
        for cells in _rows(parse(archive.read(name), limits.elements), strings, dates):
            left -= len(cells)
            if left < 0:
                break
            rows.append(cells)
        blocks += table_blocks(title if len(sheets) > 1 else "", rows, page)
    return blocks, left < 0 or len(sheets) > limits.pages


def table_blocks(title: str, rows: list[list[str]], page: int = 0) -> list[Block]:
    """A sheet as blocks: its title, the first row with more than one filled cell as its head, and the rest."""
    blocks = [Block(title, HEADING, page)] if title and rows else []
    role = HEAD
    for cells in rows:
        if not (text := row(cells)):
            continue
        many = sum(bool(cell.strip()) for cell in cells) > 1
        blocks.append(Block(text, role if many else ROW, page))
        if many:
            role = ROW
    return blocks


def _sheets(archive: Archive, limits: Limits) -> list[tuple[str, str]]:
    """Title and member name of each sheet, in the workbook's order."""
    relations, book = archive.get("xl/_rels/workbook.xml.rels"), archive.get("xl/workbook.xml")
    found: list[tuple[str, str]] = []
    if relations is not None and book is not None:
        targets = {item.get("Id"): item.get("Target", "") for item in parse(relations, limits.elements)}
        for sheet in parse(book, limits.elements).iter("sheet"):
            target = targets.get(sheet.get("id"), "")
            name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if name in archive and sheet.get("state", "visible") == "visible" and "chartsheet" not in name:
                found.append((sheet.get("name", ""), name))
    numbered = [name for name in archive.names if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
    return found or [("", name) for name in numbered]


def _strings(data: bytes | None, limits: Limits) -> list[str]:
    if data is None:
        return []
    return [flat(item, skipped=_PHONETIC) for item in parse(data, limits.elements) if item.tag == "si"]


def _date_styles(data: bytes | None, limits: Limits) -> set[int]:
    """Numbers of the cell styles that show dates."""
    if data is None:
        return set()
    root = parse(data, limits.elements)
    own = {
        int(item.get("numFmtId", "0"))
        for item in root.iter("numFmt")
        if re.search(r"[dy]", re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", item.get("formatCode", "").lower()))
    }
    styles = root.find("cellXfs")
    kinds = [int(item.get("numFmtId", "0")) for item in styles] if styles is not None else []
    return {index for index, kind in enumerate(kinds) if kind in _DATE_FORMATS or kind in own}


def _rows(sheet: Element, strings: list[str], dates: set[int]) -> Iterator[list[str]]:
    for line in sheet.iter("row"):
        cells = [_cell(cell, strings, dates) for cell in line if cell.tag == "c"]
        if any(cells):
            yield [cell for cell in cells if cell]


def _cell(cell: Element, strings: list[str], dates: set[int]) -> str:
    kind, inline = cell.get("t", "n"), cell.find("is")
    if inline is not None:
        return flat(inline, skipped=_PHONETIC)
    value = cell.findtext("v") or ""
    if kind == "s":
        return strings[int(value)] if value.isdigit() and int(value) < len(strings) else ""
    if kind in ("n", "") and value and _number(cell.get("s")) in dates:
        return day(value)
    return {"1": "TRUE", "0": "FALSE"}.get(value, value) if kind == "b" else value


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else -1


def day(serial: str) -> str:
    """Excel's day number as an ISO date; what is no day stays as it is."""
    try:
        return (datetime.date(1899, 12, 30) + datetime.timedelta(days=int(float(serial)))).isoformat()
    except (ValueError, OverflowError):
        return serial


def grid(data: bytes, limits: Limits) -> Iterator[list[list[str]]]:
    """The rows of each sheet with every cell in its column, empty ones included, as a table of records needs them."""
    archive = Archive(data, limits)
    strings = _strings(archive.get("xl/sharedStrings.xml"), limits)
    dates = _date_styles(archive.get("xl/styles.xml"), limits)
    for _, name in _sheets(archive, limits)[: limits.pages]:
        rows = []
        for line in parse(archive.read(name), limits.elements).iter("row"):
            cells: list[str] = []
            for cell in line:
                if cell.tag == "c":
                    place = _column(cell.get("r"))
                    cells += [""] * (place - len(cells))
                    cells.append(_cell(cell, strings, dates))
            rows.append(cells)
        yield rows


def _column(reference: str | None) -> int:
    """The column of a cell by its reference, such as 2 for `C7`; -1 where it has none and follows the one before."""
    letters = re.match(r"[A-Z]{1,3}", reference or "")
    number = 0
    for letter in letters.group() if letters else "":
        number = number * 26 + ord(letter) - 64
    return number - 1
