"""HTML to text that keeps paragraphs, lists, tables and quotes. One pass, linear in the input, runs nothing."""

import html
import re
from collections.abc import Iterator

from model.reading.blocks import HEAD, HEADING, ROW, TEXT, Block

PARAGRAPHS = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "table",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "nav",
        "aside",
        "form",
        "fieldset",
        "address",
        "dl",
        "dt",
        "dd",
        "figure",
        "figcaption",
        "hr",
        "body",
        "html",
        "title",
        "center",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "details",
        "summary",
        "option",
        "select",
        "o:p",
    ]
)
"""Elements that begin and end a line."""

SPACED = frozenset("p ul ol table blockquote pre h1 h2 h3 h4 h5 h6 dl".split())  # noqa: SIM905
"""Elements with an empty line around them."""

HIDDEN = frozenset("script style head template noscript svg math object iframe canvas audio video textarea".split())  # noqa: SIM905
"""Elements whose content nobody reads; `head` gives its title separately."""

VOID = frozenset("br hr img input meta link area base col embed source track wbr param".split())  # noqa: SIM905

_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:_-]*)([^>]*)\Z", re.S)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:-]{2,40})", re.I)
_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([a-zA-Z0-9_-]{2,40})")
_INVISIBLE = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden", re.I)


def charset(data: bytes) -> str | None:
    """The encoding that an HTML page or XML file claims in its first 2,048 bytes."""
    found = _CHARSET.search(data[:2048]) or _XML_CHARSET.search(data[:2048])
    return found.group(1).decode("ascii") if found else None


def text_of(source: str) -> str:
    """The readable text of an HTML mail; lines of quoted replies begin with `> `."""
    lines = [block.text for block in blocks_of(source, spaced=True)]
    while lines and not lines[-1].strip("> "):
        lines.pop()
    return "\n".join(lines).strip("\n")


def title_of(source: str) -> str:
    """The page's title, or an empty string."""
    start = source.lower().find("<title", 0, 20_000)
    if start < 0:
        return ""
    start, end = source.find(">", start) + 1, source.lower().find("</title", start)
    return " ".join(html.unescape(source[start:end]).split())[:300] if 0 < start < end else ""


def blocks_of(source: str, spaced: bool = False) -> list[Block]:
    """Paragraphs, headings and table rows in their order; `spaced` keeps an empty block between paragraphs."""
    page = _Page(spaced)
    for text, tag, attributes in _tokens(source):
        if not tag:
            page.write(text)
        elif text:
            page.close(tag)
        else:
            page.open(tag, attributes)
    page.end_line()
    return page.blocks


def _tokens(source: str) -> Iterator[tuple[str, str, str]]:
    """(text, "", "") or (slash, tag, attributes), in one pass."""
    place, length = 0, len(source)
    while place < length:
        begin = source.find("<", place)
        if begin < 0:
            yield html.unescape(source[place:]), "", ""
            return
        if begin > place:
            yield html.unescape(source[place:begin]), "", ""
        following = source[begin + 1 : begin + 2]
        if source.startswith("<!--", begin):
            end = source.find("-->", begin + 4)
            place = length if end < 0 else end + 3
        elif following.isalpha() or following in ("/", "!", "?"):
            end = source.find(">", begin)
            end = length if end < 0 else end
            match = _TAG.match(source[begin + 1 : end])
            if match:
                yield match.group(1), match.group(2).lower(), match.group(3)
            place = end + 1
        else:
            yield "<", "", ""
            place = begin + 1


class _Page:
    """What has been written so far, and in which elements we are."""

    def __init__(self, spaced: bool) -> None:
        self.blocks: list[Block] = []
        self.line: list[str] = []
        self.spaced = spaced
        self.hidden: list[str] = []
        self.quotes = self.pre = 0
        self.heading = False
        self.rows: list[int] = []
        """Rows seen so far in each table we are in."""
        self.cells: list[list[str]] | None = None
        """The lines of each cell of the row we are in."""

    def open(self, tag: str, attributes: str) -> None:
        """An element begins."""
        if tag == "body" and self.hidden and self.hidden[0] == "head":
            self.hidden.clear()  # the head was never closed
        if self.hidden:
            if tag == self.hidden[-1]:
                self.hidden.append(tag)
            return
        unseen = tag in HIDDEN or ("style" in attributes and bool(_INVISIBLE.search(attributes)))
        if unseen and tag not in VOID and not attributes.endswith("/"):
            self.hidden.append(tag)
            return
        self._boundary(tag)
        if tag == "blockquote":
            self.quotes += 1
        elif tag == "pre":
            self.pre += 1
        elif tag == "li":
            self.line.append("- ")
        elif tag == "table":
            self.rows.append(0)
        elif tag == "tr":
            self.cells = []
        self.heading = tag in ("h1", "h2", "h3", "h4") or (self.heading and tag not in PARAGRAPHS)

    def close(self, tag: str) -> None:
        """An element ends."""
        if self.hidden:
            if tag == self.hidden[-1]:
                self.hidden.pop()
            return
        self._boundary(tag)
        if tag == "blockquote":
            self.quotes = max(0, self.quotes - 1)
        elif tag == "pre":
            self.pre = max(0, self.pre - 1)
        elif tag == "table" and self.rows:
            self.rows.pop()
        if tag in PARAGRAPHS:
            self.heading = False

    def write(self, text: str) -> None:
        """Characters of the page."""
        if self.hidden:
            return
        if self.pre and self.cells is None:
            first, *rest = text.split("\n")
            self.line.append(first)
            for line in rest:
                self.end_line()
                self.line.append(line)
        else:
            self.line.append(text)

    def _boundary(self, tag: str) -> None:
        """Where an element begins or ends, a cell, a line inside a cell, or a line of the page may end."""
        if tag in ("td", "th"):
            self._end_cell()
        elif tag in PARAGRAPHS and (self.cells is None or tag in ("tr", "table", "blockquote")):
            self.end_line(tag in SPACED)
        elif tag in PARAGRAPHS:
            self.line.append("\x00")

    def _end_cell(self) -> None:
        if self.cells is not None and (lines := self._taken()):
            self.cells.append(lines)

    def _taken(self) -> list[str]:
        text = "".join(self.line).replace("\u200b", "")
        self.line.clear()
        if self.pre and self.cells is None:
            return [text.rstrip()] if text.strip() else []
        return [shown for line in text.split("\x00") if (shown := " ".join(line.split()))]

    def end_line(self, gap: bool = False) -> None:
        """What was written since the last line becomes a block, or a table's row."""
        mark = "> " * min(self.quotes, 9)
        lines, role = self._taken(), HEADING if self.heading else TEXT
        cells, self.cells = self.cells, None
        if cells:
            lines, role = self._row([*cells, lines] if lines else cells)
        elif self.pre and not lines:
            lines = [""]
        self.blocks += [Block((mark + line).rstrip(), role) for line in lines]
        if gap and self.spaced and self.blocks and self.blocks[-1].text.strip("> "):
            self.blocks.append(Block(mark.rstrip()))

    def _row(self, cells: list[list[str]]) -> tuple[list[str], str]:
        """A row of short cells is one line; cells with paragraphs in them are the page's layout."""
        if len(cells) < 2 or any(len(cell) > 3 or sum(map(len, cell)) > 300 for cell in cells):
            return [line for cell in cells for line in cell], TEXT
        role = ROW if self.rows and self.rows[-1] else HEAD
        if self.rows:
            self.rows[-1] += 1
        return [" | ".join(" ".join(cell) for cell in cells)], role
