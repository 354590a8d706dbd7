"""PDF to blocks through PDFium, the only file that knows it. Scripts, forms' actions and links stay unused."""

import importlib
from collections.abc import Iterator
from typing import Any

from model.errors import ReadingError
from model.reading.blocks import HEADING, TEXT, Block
from model.reading.limits import Limits
from model.reading.ocr import recognise

PASSWORD, DAMAGED = 4, 3
"""PDFium's error codes for a missing password and a broken file."""

SCAN_DPI = 200
"""Resolution at which scanned pages are drawn for the OCR engine."""

HEADING_RATIO = 1.2
"""A line in letters this much larger than the page's usual ones is a heading."""


def pdf(data: bytes, limits: Limits) -> tuple[list[Block], bool]:
    """The blocks of a PDF, and whether pages beyond the bound were left out.

    Raises ReadingError: `missing_library`, `encrypted`, `damaged`, and for scans as `ocr.recognise` does.
    """
    try:
        pdfium = importlib.import_module("pypdfium2")
    except ImportError as error:
        raise ReadingError("missing_library", "PDF needs pypdfium2: install sortation[read].") from error
    document = _open(pdfium, data)
    try:
        count = len(document)
        blocks = [block for page in range(min(count, limits.pages)) for block in _page(document, page)]
        if not any(block.text.strip() for block in blocks):
            blocks = list(_scans(document, min(count, limits.ocr_pages), limits))
            return blocks, count > limits.ocr_pages
        return blocks, count > limits.pages
    finally:
        document.close()


def _open(pdfium: Any, data: bytes) -> Any:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == PASSWORD or "password" in str(error).lower():
            raise ReadingError("encrypted", "The PDF needs a password; send it without one.") from error
        raise ReadingError("damaged", "The PDF is broken or was cut short.") from error


def _page(document: Any, number: int) -> Iterator[Block]:
    """One page's lines; lines in larger letters are headings. A page that cannot be drawn is empty."""
    try:
        page = document[number]
    except Exception:
        return
    textpage = page.get_textpage()
    text = textpage.get_text_range().replace("\r\n", "\n").replace("\ufffe", "-").replace("\x00", "")
    large = _large_lines(page) if number < 10 else set()
    paragraph: list[str] = []
    for line in text.split("\n"):
        shown = line.strip()
        if shown in large:
            yield from _joined(paragraph, number)
            yield Block(shown, HEADING, number)
        elif shown:
            paragraph.append(shown)
        else:
            yield from _joined(paragraph, number)
    yield from _joined(paragraph, number)
    textpage.close()
    page.close()


def _joined(lines: list[str], page: int) -> Iterator[Block]:
    if lines:
        yield Block("\n".join(lines), TEXT, page)
        lines.clear()


def _large_lines(page: Any) -> set[str]:
    """Texts whose letters are larger than most of the page's; at most 12 of a page."""
    raw = importlib.import_module("pypdfium2.raw")
    sizes: list[tuple[float, str]] = []
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=2):
        try:
            text = item.extract().strip()
            size = item.get_font_size() * abs(item.get_matrix().d or 1)
        except Exception:  # noqa: S112 a broken object is no heading
            continue
        sizes += [(size, text)] if text else []
        if len(sizes) > 3_000:
            break
    if len(sizes) < 5:
        return set()
    usual = sorted(size for size, text in sizes for _ in range(min(len(text), 40)))
    middle = usual[len(usual) // 2]
    found = [text for size, text in sizes if size > middle * HEADING_RATIO and 3 < len(text) < 120]
    return set(found[:12])


def _scans(document: Any, count: int, limits: Limits) -> Iterator[Block]:
    """Pages without letters, read by the OCR engine from their pictures."""
    for number in range(count):
        page = document[number]
        bitmap = page.render(scale=SCAN_DPI / 72, grayscale=True)
        rows = bytes(bitmap.buffer)
        width, height, stride = bitmap.width, bitmap.height, bitmap.stride
        picture = b"".join(rows[line * stride : line * stride + width] for line in range(height))
        for text in recognise(b"P5 %d %d 255\n" % (width, height) + picture, limits).split("\n\n"):
            yield Block(text.strip(), TEXT, number)
        bitmap.close()
        page.close()
