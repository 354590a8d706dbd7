"""Text of Word, Excel and PowerPoint files of 1997 to 2003, from their binary records (MS-DOC, MS-XLS, MS-PPT)."""

import re
import struct
from collections.abc import Iterator

from model.errors import ReadingError
from model.reading.blocks import HEADING, TEXT, Block, paged
from model.reading.compound import Compound
from model.reading.excel import day, table_blocks
from model.reading.limits import Limits

_FIELD = re.compile("\x13[^\x13\x14\x15]*\x14?|\x15")
_LOCKED = ReadingError("encrypted", "The file is encrypted; send it without a password.")


def doc(data: bytes, limits: Limits) -> list[Block]:
    """The paragraphs of a Word 97 file, by its piece table. Raises ReadingError: `encrypted` or `damaged`."""
    file = Compound(data, limits)
    stream = file.get("WordDocument")
    if len(stream) < 0x1AA:
        raise ReadingError("damaged", "The Word file was cut short.")
    flags = struct.unpack_from("<H", stream, 0x0A)[0]
    if flags & 0x0100:
        raise _LOCKED
    table = file.get("1Table" if flags & 0x0200 else "0Table")
    start, length = struct.unpack_from("<II", stream, 0x01A2)
    text = "".join(_pieces(stream, table[start : start + length]))
    for _ in range(5):
        text = _FIELD.sub("", text)
    # \x07 ends a table's cell, and stands twice where its row ends.
    text = text.replace("\x07\x07", "\n").replace("\x07", " | ").translate(_CONTROLS)
    lines = [" ".join(line.split(" ")) for line in text.split("\n")]
    return paged([Block(line.strip(), TEXT) for line in lines if line.strip(" |")])


_CONTROLS = {ord("\r"): "\n", ord("\x0b"): "\n", ord("\x0c"): "\n", ord("\x1e"): "-", ord("\x1f"): None}
_CONTROLS |= {code: None for code in range(32) if code not in (9, 10) and code not in _CONTROLS}


def _pieces(stream: bytes, clx: bytes) -> Iterator[str]:
    place = 0
    while place + 3 <= len(clx) and clx[place] == 1:
        place += 3 + struct.unpack_from("<H", clx, place + 1)[0]
    if place + 5 > len(clx) or clx[place] != 2:
        raise ReadingError("damaged", "The Word file lacks its piece table; files before Word 97 cannot be read.")
    size = struct.unpack_from("<I", clx, place + 1)[0]
    plc = clx[place + 5 : place + 5 + size]
    count = (len(plc) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", plc, 0)
    left = len(stream)
    for index in range(count):
        offset = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * index + 2)[0]
        narrow, offset = bool(offset & 0x40000000), offset & 0x3FFFFFFF
        length = max(0, ends[index + 1] - ends[index])
        if narrow:
            piece = stream[offset // 2 : offset // 2 + length].decode("cp1252", "replace")
        else:
            piece = stream[offset : offset + 2 * length].decode("utf-16-le", "replace")
        left -= len(piece)
        if left < 0:
            raise ReadingError("damaged", "The Word file's pieces overlap.")
        yield piece


def ppt(data: bytes, limits: Limits) -> list[Block]:
    """The texts of a PowerPoint 97 file in their order. Raises ReadingError `encrypted`."""
    file = Compound(data, limits)
    if b"\x5f\xc0\x91\xe3" in file.get("Current User"):
        raise ReadingError("encrypted", "The presentation is encrypted; send it without a password.")
    stream, blocks, page = file.get("PowerPoint Document"), list[Block](), 0
    place, title = 0, False
    while place + 8 <= len(stream):
        version, kind, length = struct.unpack_from("<HHI", stream, place)
        place += 8
        if kind == 0x03F3:  # where a slide's texts begin
            page += 1
        elif kind == 0x0F9F and length >= 4:
            title = struct.unpack_from("<I", stream, place)[0] in (0, 6)
        elif kind in (0x0FA0, 0x0FA8):
            body = stream[place : place + length]
            text = body.decode("utf-16-le" if kind == 0x0FA0 else "cp1252", "replace").translate(_CONTROLS)
            blocks += [Block(text.strip(), HEADING if title else TEXT, max(0, page - 1))]
        # Containers are entered, records are passed over.
        place += 0 if version & 0x0F == 0x0F else length
    return list(dict.fromkeys(blocks))


def xls(data: bytes, limits: Limits) -> tuple[list[Block], bool]:
    """An Excel 97 workbook, and whether cells were left out. Raises ReadingError: `encrypted`, `damaged`."""
    file = Compound(data, limits)
    stream = file.get("Workbook") or file.get("Book")
    strings: list[str] = []
    names: list[str] = []
    formats: dict[int, str] = {}
    dates: set[int] = set()
    styles = page = 0
    sheets: list[dict[int, dict[int, str]]] = []
    left = limits.cells
    for kind, body in _records(stream):
        if kind == 0x2F:
            raise _LOCKED
        if kind == 0x85 and len(body[0]) > 8:
            names.append(_short(body[0][6:]))
        elif kind == 0xFC:
            strings = list(_shared(body))
        elif kind == 0x41E:
            formats[struct.unpack_from("<H", body[0])[0]] = body[0][5:].decode("latin-1").lower()
        elif kind == 0xE0:
            number = struct.unpack_from("<H", body[0], 2)[0]
            shown = re.sub(r'"[^"]*"|\[[^\]]*\]', "", formats.get(number, ""))
            dates |= {styles} if 14 <= number <= 22 or "yy" in shown or "dd" in shown else set()
            styles += 1
        elif kind == 0x809 and body[0][2:4] == b"\x10\x00":
            sheets.append({})
        elif sheets and (cells := _cells(kind, body[0], strings, dates)):
            left -= len(cells)
            if left < 0:
                break
            for line, column, text in cells:
                sheets[-1].setdefault(line, {})[column] = text
    blocks: list[Block] = []
    for page, sheet in enumerate(sheets[: limits.pages]):
        rows = [[cells[column] for column in sorted(cells)] for _, cells in sorted(sheet.items())]
        blocks += table_blocks(names[page] if len(sheets) > 1 and page < len(names) else "", rows, page)
    return blocks, left < 0 or len(sheets) > limits.pages


def _records(stream: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Record numbers and bodies; a body's continuations are its further pieces."""
    place, kind, pieces = 0, -1, list[bytes]()
    while place + 4 <= len(stream):
        number, length = struct.unpack_from("<HH", stream, place)
        body = stream[place + 4 : place + 4 + length]
        place += 4 + length
        if number == 0x3C and pieces:
            pieces.append(body)
            continue
        if pieces:
            yield kind, pieces
        kind, pieces = number, [body]
    if pieces:
        yield kind, pieces


def _short(body: bytes) -> str:
    length, wide = body[0], body[1] & 1
    return body[2 : 2 + length * (2 if wide else 1)].decode("utf-16-le" if wide else "cp1252", "replace")


def _shared(pieces: list[bytes]) -> Iterator[str]:
    """The strings table; where a string goes on in the next piece, its width is stated again."""
    body, rest = pieces[0], list(reversed(pieces[1:]))
    place = 8
    while place + 3 <= len(body) or rest:
        if place + 3 > len(body):
            body, place = rest.pop(), 0
            continue
        length, flags = struct.unpack_from("<HB", body, place)
        place += 3
        runs = struct.unpack_from("<H", body, place)[0] if flags & 8 and place + 2 <= len(body) else 0
        place += 2 if flags & 8 else 0
        extra = struct.unpack_from("<I", body, place)[0] if flags & 4 and place + 4 <= len(body) else 0
        place += 4 if flags & 4 else 0
        text, wide = "", flags & 1
        while length > 0:
            taken = min(length, (len(body) - place) // (2 if wide else 1))
            end = place + taken * (2 if wide else 1)
            text += body[place:end].decode("utf-16-le" if wide else "cp1252", "replace")
            place, length = end, length - taken
            if length > 0:
                if not rest:
                    break
                body, place = rest.pop(), 1
                wide = body[0] & 1 if body else 0
        yield text
        place += 4 * runs + extra
        while place > len(body) and rest:
            place -= len(body)
            body = rest.pop()


def _cells(  # noqa: PLR0911 one line a record
    kind: int, body: bytes, strings: list[str], dates: set[int]
) -> list[tuple[int, int, str]]:
    """(row, column, text) of a cell's record; other records have none."""
    if len(body) < 8:
        return []
    line, column, style = struct.unpack_from("<HHH", body)
    if kind == 0xFD and len(body) >= 10:
        index = struct.unpack_from("<I", body, 6)[0]
        return [(line, column, strings[index])] if index < len(strings) else []
    if kind in (0x203, 0x06) and len(body) >= 14 and body[12:14] != b"\xff\xff":
        return [(line, column, _shown(struct.unpack_from("<d", body, 6)[0], style in dates))]
    if kind == 0x203 and len(body) >= 14:
        return [(line, column, _shown(struct.unpack_from("<d", body, 6)[0], style in dates))]
    if kind == 0x27E and len(body) >= 10:
        return [(line, column, _shown(_packed(struct.unpack_from("<I", body, 6)[0]), style in dates))]
    if kind == 0xBD:
        count = (len(body) - 6) // 6
        packed = [struct.unpack_from("<HI", body, 4 + 6 * index) for index in range(count)]
        return [(line, column + at, _shown(_packed(rk), xf in dates)) for at, (xf, rk) in enumerate(packed)]
    if kind == 0x204 and len(body) > 8:
        length = struct.unpack_from("<H", body, 6)[0]
        return [(line, column, _short(bytes([min(length, 255)]) + body[8:]))]
    return []


def _packed(rk: int) -> float:
    """Excel's 30-bit numbers."""
    if rk & 2:
        value = float((rk >> 2) - (1 << 30 if rk & 0x80000000 else 0))
    else:
        value = float(struct.unpack("<d", struct.pack("<Q", (rk & 0xFFFFFFFC) << 32))[0])
    return value / 100 if rk & 1 else value


def _shown(value: float, is_date: bool) -> str:
    return day(str(value)) if is_date else f"{value:.12g}"
