"""PowerPoint's .pptx to blocks: titles, text and tables slide by slide, speaker's notes behind them."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from model.errors import ReadingError
from model.reading.archive import Archive
from model.reading.blocks import HEAD, HEADING, ROW, TEXT, Block, row
from model.reading.limits import Limits
from model.reading.xmltree import flat, parse

_BREAKS = frozenset({"br", "tab"})
_SKIPPED = frozenset({"rPr", "pPr", "endParaRPr"})


def pptx(data: bytes, limits: Limits) -> tuple[list[Block], bool]:
    """The blocks of a .pptx file, and whether slides beyond the bound were left out."""
    archive = Archive(data, limits)
    slides = _slides(archive, limits)
    if not slides:
        raise ReadingError("damaged", "The PowerPoint file lacks its slides.")
    blocks: list[Block] = []
    for page, name in enumerate(slides[: limits.pages]):
        blocks += _shapes(parse(archive.read(name), limits.elements), page)
    notes = sorted(name for name in archive.names if re.fullmatch(r"ppt/notesSlides/notesSlide\d+\.xml", name))
    for name in notes[: limits.pages]:
        found = _shapes(parse(archive.read(name), limits.elements), len(slides))
        blocks += [block for block in found if not block.text.isdigit()]
    return blocks, len(slides) > limits.pages


def _slides(archive: Archive, limits: Limits) -> list[str]:
    """Names of the slides as the presentation orders them, otherwise by their numbers."""
    numbered = [name for name in archive.names if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)]
    numbered.sort(key=lambda name: int(re.sub(r"\D", "", name) or 0))
    relations, deck = archive.get("ppt/_rels/presentation.xml.rels"), archive.get("ppt/presentation.xml")
    if relations is None or deck is None:
        return numbered
    targets = {item.get("Id"): item.get("Target", "") for item in parse(relations, limits.elements)}
    ids = [item.get("id") for item in parse(deck, limits.elements).iter("sldId")]
    names = ["ppt/" + targets.get(ident, "").removeprefix("/ppt/") for ident in ids]
    ordered = [name for name in names if name in archive]
    return ordered + [name for name in numbered if name not in ordered]


def _shapes(element: Element, page: int) -> Iterator[Block]:
    for shape in element.iter():
        if shape.tag == "sp":
            placeholder = shape.find("nvSpPr/nvPr/ph")
            kind = placeholder.get("type", "") if placeholder is not None else ""
            role = HEADING if kind in ("title", "ctrTitle", "subTitle") else TEXT
            for body in shape.iter("txBody"):
                for paragraph in body.iter("p"):
                    if text := flat(paragraph, _BREAKS, _SKIPPED).strip():
                        yield Block(text, role, page)
        elif shape.tag == "tbl":
            yield from _table(shape, page)
        elif shape.tag == "relIds":
            continue


def _table(table: Element, page: int) -> Iterator[Block]:
    role = HEAD
    for line in table.iter("tr"):
        cells = [" ".join(flat(p, _BREAKS, _SKIPPED) for p in cell.iter("p")) for cell in line.iter("tc")]
        if text := row(cells):
            yield Block(text, role, page)
            role = ROW
