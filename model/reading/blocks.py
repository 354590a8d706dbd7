"""Text in pieces with a role, and which pieces stay when there is more text than the budget allows."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.document import Removed

TEXT, HEADING, HEAD, ROW = "text", "heading", "head", "row"
"""A paragraph; a title; the first row of a table; any other row."""


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading or table row."""

    text: str
    role: str = TEXT
    page: int = 0
    """Page, slide or sheet, counted from 0; formats without pages say 0 for their beginning and 1 for the rest."""


def row(cells: Sequence[str]) -> str:
    """A table row as one line; trailing empty cells do not show."""
    shown = [" ".join(cell.split()) for cell in cells]
    while shown and not shown[-1]:
        shown.pop()
    return " | ".join(shown)


def fit(blocks: Sequence[Block], budget: int) -> tuple[str, tuple[Removed, ...]]:
    """The blocks as text of at most `budget` characters, and where text was left out.

    Headings and the heads of tables are kept before the first page, and the first page before the rest; kept
    blocks stay in their order. Spans are offsets into the whole text; they carry no text, which may be large.
    """
    shown = [Block(block.text.strip("\n"), block.role, block.page) for block in blocks if block.text.strip()]
    lengths = [len(block.text) + 1 for block in shown]
    if sum(lengths) <= budget + 1:
        return "\n".join(block.text for block in shown), ()
    kept, left = [0] * len(shown), budget
    for index in sorted(range(len(shown)), key=lambda index: _rank(shown[index])):
        kept[index] = min(lengths[index], left)
        left -= kept[index]
    return _text(shown, kept), _omissions(lengths, kept)


def paged(blocks: Sequence[Block], first: int = 3_000) -> list[Block]:
    """Blocks of a format without pages: what follows the first `first` characters counts as a later page."""
    placed, seen = [], 0
    for block in blocks:
        placed.append(Block(block.text, block.role, int(seen >= first)))
        seen += len(block.text)
    return placed


def _rank(block: Block) -> int:
    if block.page == 0:
        return 0 if block.role in (HEADING, HEAD) else 2
    return 1 if block.role in (HEADING, HEAD) else 3


def _text(blocks: Sequence[Block], kept: Sequence[int]) -> str:
    return "".join(
        f"{block.text}\n" if count > len(block.text) else block.text[:count]
        for block, count in zip(blocks, kept, strict=True)
    ).rstrip("\n")


def _omissions(lengths: Sequence[int], kept: Sequence[int]) -> tuple[Removed, ...]:
    spans: list[tuple[int, int]] = []
    place = 0
    for length, count in zip(lengths, kept, strict=True):
        start, place = place + count, place + length
        if start == place:
            continue
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], place)
        else:
            spans.append((start, place))
    return tuple(Removed("budget", start, end, "") for start, end in spans)
