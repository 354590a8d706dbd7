"""Word's .docx to blocks: paragraphs, headings, tables, headers, footers and notes. Runs no macro, fetches nothing."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from model.errors import ReadingError
from model.reading.archive import Archive
from model.reading.blocks import HEAD, HEADING, ROW, TEXT, Block, paged, row
from model.reading.limits import Limits
from model.reading.xmltree import parse

_SPACES = frozenset({"tab", "br", "cr"})
_SKIPPED = frozenset({"delText", "instrText", "del", "moveFrom", "Fallback", "pPr", "rPr", "drawing", "pict", "object"})
_CONTAINERS = frozenset({"sdt", "sdtContent", "ins", "smartTag", "customXml", "AlternateContent", "Choice"})


def docx(data: bytes, limits: Limits) -> list[Block]:
    """The blocks of a .docx file, header first, then the body, then notes and footer."""
    archive = Archive(data, limits)
    main = "word/document.xml" if "word/document.xml" in archive else _main(archive)
    styles = _heading_styles(archive.get("word/styles.xml"), limits)
    body = parse(archive.read(main), limits.elements)
    blocks = paged(list(_blocks(body, styles)))
    heads: list[Block] = []
    feet: list[Block] = []
    for name in archive.names:
        if re.fullmatch(r"word/header\d*\.xml", name):
            heads += _blocks(parse(archive.read(name), limits.elements), styles)
        elif re.fullmatch(r"word/(footer\d*|footnotes|endnotes|comments)\.xml", name):
            feet += _blocks(parse(archive.read(name), limits.elements), styles)
    return [*_once(heads, 0), *blocks, *_once(feet, 1)]


def _main(archive: Archive) -> str:
    for name in archive.names:
        if re.fullmatch(r"word/document\d*\.xml", name):
            return name
    raise ReadingError("damaged", "The Word file lacks its text (word/document.xml).")


def _once(blocks: list[Block], page: int) -> list[Block]:
    return [Block(text, TEXT, page) for text in dict.fromkeys(block.text for block in blocks)]


def _heading_styles(data: bytes | None, limits: Limits) -> set[str]:
    """Ids of the paragraph styles that are titles or headings, in whichever language Word ran."""
    if data is None:
        return set()
    found = set()
    for style in parse(data, limits.elements).iter("style"):
        name = style.find("name")
        shown = (name.get("val", "") if name is not None else "").lower()
        if shown.startswith(("heading", "title", "subtitle")) or style.find("pPr/outlineLvl") is not None:
            found.add(style.get("styleId", ""))
    return found


def _blocks(element: Element, styles: set[str]) -> Iterator[Block]:
    for child in element:
        if child.tag == "p":
            style = child.find("pPr/pStyle")
            heading = style is not None and style.get("val", "") in styles
            yield from (
                Block(line, HEADING if heading else TEXT) for line in _paragraph(child).split("\n") if line.strip()
            )
            for box in child.iter("txbxContent"):
                yield from _blocks(box, styles)
        elif child.tag == "tbl":
            yield from _table(child)
        elif child.tag in _CONTAINERS or child.tag in ("body", "footnote", "endnote", "comment"):
            yield from _blocks(child, styles)


def _table(table: Element) -> Iterator[Block]:
    role = HEAD
    for line in table.iter("tr"):
        cells = [" ".join(_paragraph(p) for p in cell.iter("p")) for cell in line if cell.tag in ("tc", "sdt")]
        if text := row(cells):
            yield Block(text, role)
            role = ROW


def _paragraph(paragraph: Element) -> str:
    pieces: list[str] = []
    _collect(paragraph, pieces)
    return "".join(pieces).strip()


def _collect(element: Element, pieces: list[str]) -> None:
    for child in element:
        if child.tag == "t":
            pieces.append(child.text or "")
        elif child.tag in _SPACES:
            pieces.append("\n" if child.tag in ("br", "cr") else "\t")
        elif child.tag == "numPr":
            pieces.append("")
        elif child.tag == "sym":
            pieces.append(" ")
        elif child.tag not in _SKIPPED:
            _collect(child, pieces)
