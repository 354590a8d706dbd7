"""How much a stranger's file may cost. Values only; each parser keeps to them, none changes them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of reading one file; what exceeds a bound is an error or is left out, as each says."""

    size: int = 25 * 2**20
    """Bytes of the file as it arrives; more is the error `too_large`."""
    expanded: int = 200 * 2**20
    """Bytes that everything inside archives may unpack to, together; more is the error `too_large`."""
    ratio: int = 300
    """Unpacked bytes per packed byte of an archive's member above 1 MiB; more is the error `compression_bomb`."""
    members: int = 5_000
    """Files inside one archive; more is the error `too_large`."""
    depth: int = 4
    """Containers inside containers (a mail in a mail, an archive in an archive); deeper is the error `too_deep`."""
    elements: int = 400_000
    """XML elements of one file inside a document; what follows them is left out."""
    pages: int = 100
    """Pages, slides or sheets that are read; those behind them are left out, and the document says `truncated`."""
    cells: int = 50_000
    """Filled cells that are read from one workbook or CSV file; the rest is left out."""
    text: int = 20_000
    """Characters of text that one document may have; `Document.truncated` says when more was there."""
    parts: int = 30
    """Attachments, archive members or messages of a mailbox that are read; the rest is left out."""
    seconds: float = 20.0
    """Wall-clock time for one file in a worker process, attachments included; more is the error `timeout`."""
    memory: int = 768 * 2**20
    """Address space of a worker process in bytes; more is the error `memory`."""
    ocr_pages: int = 5
    """Scanned pages that are handed to the OCR engine; the rest is left out."""
    ocr_languages: str = "eng"
    """Tesseract's language codes, joined by `+`; each needs its language file installed."""
