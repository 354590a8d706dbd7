"""CSV in any dialect to blocks: the first row is the table's head."""

import csv
import io

from model.reading.blocks import Block
from model.reading.excel import table_blocks
from model.reading.limits import Limits

DELIMITERS = ",;\t|"


def delimiter(text: str) -> str | None:
    """What separates the columns of `text`, or None if it does not look like a table.

    A table has the same number of separators, outside quotes, in at least four of five of its first lines.
    """
    lines = [line for line in text[:20_000].split("\n")[:30] if line.strip()]
    if len(lines) < 2:
        return None
    best: tuple[float, int, str] | None = None
    for mark in DELIMITERS:
        counts = [_outside_quotes(line, mark) for line in lines]
        usual = max(set(counts), key=counts.count)
        share = counts.count(usual) / len(counts)
        if usual and share >= 0.8 and (best is None or (share, usual) > best[:2]):
            best = (share, usual, mark)
    return best[2] if best else None


def _outside_quotes(line: str, mark: str) -> int:
    return sum(piece.count(mark) for piece in line.split('"')[::2])


def table(text: str, limits: Limits) -> tuple[list[Block], bool]:
    """The rows of a CSV text, and whether cells beyond the bound were left out."""
    lines = csv.reader(io.StringIO(text), delimiter=delimiter(text) or ",")
    rows: list[list[str]] = []
    left = limits.cells
    try:
        for cells in lines:
            left -= len(cells)
            if left < 0:
                break
            rows.append(cells)
    except csv.Error:  # a field of over 128 KiB: the text is no table, its lines are still text
        return [Block(line) for line in text.split("\n")], False
    return table_blocks("", rows), left < 0
