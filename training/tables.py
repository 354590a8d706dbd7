"""Tables on disk -> rows of values under their columns' names: CSV, JSON, JSON lines, Parquet, Excel. Knows no fields.

Tables come from the operator, not from strangers; still each has a bound, formulas are never worked out, and links to
other files are never followed.
"""

import csv
import io
import json
import math
import warnings
import zipfile
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from model.errors import SortationError
from model.reading.encodings import decode
from model.reading.tables import DELIMITERS

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx")
"""Endings of files that are read as tables."""
BATCH = 4096
"""Rows of a Parquet file that are in memory at once."""
SAMPLE = 200_000
"""Characters of a CSV file that tell what separates its columns."""
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
"""What Excel keeps in the cell of a formula that failed: no value."""


@dataclass(frozen=True)
class Bounds:
    """How large a table may be."""

    size: int = 2**31
    """Bytes of the file."""
    expanded: int = 2**33
    """Bytes of what is compressed in it."""
    rows: int = 10_000_000
    field: int = 10_000_000
    """Characters of one field of a CSV file."""


@dataclass(frozen=True)
class Record:
    """One row."""

    place: str
    """File and row, for messages."""
    values: Mapping[str, Any]
    """Column -> value as the file has it: texts; in JSON, Parquet and Excel also numbers, days, nothing, and more."""
    error: str | None = None
    """Why it could not be read."""


def records(file: Path, bounds: Bounds = Bounds()) -> Iterator[Record]:
    """The rows of a table, one by one. Raises SortationError where the table is broken, or too large, as a whole."""
    try:
        size = file.stat().st_size
        if size > bounds.size:
            raise SortationError(f"{file} has {size:,} bytes; {bounds.size:,} are allowed: split it")
        for number, record in enumerate(_read(file, bounds), 1):
            if number > bounds.rows:
                raise SortationError(f"{file} has more than {bounds.rows:,} rows: split it")
            yield record
    except OSError as error:
        raise SortationError(f"{file} cannot be read: {error.strerror or error}") from error


def _read(file: Path, bounds: Bounds) -> Iterator[Record]:
    kind = file.suffix.lower()
    if kind in (".csv", ".tsv"):
        return _under_head(file.name, _csv(file, bounds))
    if kind == ".xlsx":
        return _workbook(file, bounds)
    if kind == ".parquet":
        return _parquet(file, bounds)
    return _json(file) if kind == ".json" else _lines(file)


def _delimiter(text: str) -> str:
    """What separates columns: with it, most of the first rows have as many fields as the head has."""
    best = (0.0, 0, ",")
    for mark in DELIMITERS:
        rows = csv.reader(io.StringIO(text[:SAMPLE], newline=""), delimiter=mark)
        try:
            widths = [len(row) for row in islice(rows, 100) if row]
        except csv.Error:
            continue
        if len(widths) > 1 and widths[0] > 1:
            best = max(best, (sum(width == widths[0] for width in widths) / len(widths), widths[0], mark))
    return best[2]


def _csv(file: Path, bounds: Bounds) -> Iterator[Sequence[str]]:
    text = decode(file.read_bytes())
    mark = "\t" if file.suffix.lower() == ".tsv" else _delimiter(text)
    before = csv.field_size_limit(bounds.field)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    except csv.Error as error:
        raise SortationError(f"{file} is no table: {error}") from error
    finally:
        csv.field_size_limit(before)


def _under_head(name: str, table: Iterable[Sequence[Any]]) -> Iterator[Record]:
    """Rows under the names in the first row that is not empty."""
    head: list[str] | None = None
    for number, cells in enumerate(table, 1):
        if not any(text(cell).strip() for cell in cells):
            continue
        if head is None:
            head = [text(cell).strip() for cell in cells]
            while head and not head[-1]:
                head.pop()
            continue
        more = [f"column {k + 1}" for k in range(len(head), len(cells))]
        yield Record(f"{name}:{number}", dict(zip([*head, *more], cells, strict=False)))


def _workbook(file: Path, bounds: Bounds) -> Iterator[Record]:
    """The visible sheets' rows: of formulas the value that was stored with them."""
    from openpyxl import load_workbook

    _check_archive(file, bounds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and other things that are not read here
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in sheets:
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            name = file.name if len(sheets) == 1 else f"{file.name}[{sheet.title}]"
            rows = (
                tuple(None if cell in ERRORS else cell for cell in row) for row in sheet.iter_rows(values_only=True)
            )
            yield from _under_head(name, rows)
        book.close()
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile, SyntaxError) as error:
        raise SortationError(f"{file} cannot be read as a workbook: {error}") from error


def _check_archive(file: Path, bounds: Bounds) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            inside = archive.infolist()
            if sum(each.file_size for each in inside) > bounds.expanded:
                raise SortationError(f"{file} expands to more than {bounds.expanded:,} bytes")
            for each in inside:
                if each.filename.endswith((".xml", ".rels")):
                    with archive.open(each) as member:
                        if b"<!DOCTYPE" in member.read(4096):
                            raise SortationError(f"{file} declares entities, which no workbook needs")
    except zipfile.BadZipFile as error:
        raise SortationError(f"{file} cannot be read as a workbook: it is no .xlsx file") from error


def _parquet(file: Path, bounds: Bounds) -> Iterator[Record]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(file) as table:
            groups = range(table.metadata.num_row_groups)
            if sum(table.metadata.row_group(k).total_byte_size for k in groups) > bounds.expanded:
                raise SortationError(f"{file} expands to more than {bounds.expanded:,} bytes")
            for batch in table.iter_batches(batch_size=BATCH):
                for values in batch.to_pylist():
                    number += 1
                    yield Record(f"{file.name}:{number}", values)
    except ArrowException as error:
        raise SortationError(f"{file} cannot be read as Parquet: {error}") from error


def _json(file: Path) -> Iterator[Record]:
    try:
        found = json.loads(decode(file.read_bytes()))
    except (ValueError, RecursionError) as error:
        raise SortationError(f"{file} is not JSON: {error}") from error
    inside = found.values() if isinstance(found, dict) else ()
    listed = found if isinstance(found, list) else next((v for v in inside if isinstance(v, list)), [found])
    for number, item in enumerate(listed, 1):
        yield _object(f"{file.name}#{number}", item)


def _lines(file: Path) -> Iterator[Record]:
    data = file.read_bytes()
    if b"\x00" in data[:4]:  # UTF-16 or UTF-32, where a line does not end with one byte
        data = decode(data).encode()
    for number, line in enumerate(data.removeprefix(BOM_UTF8).splitlines(), 1):
        if line.strip():
            place = f"{file.name}:{number}"
            try:
                yield _object(place, from_line(line))
            except (ValueError, RecursionError):
                yield Record(place, {}, "the line is not JSON")


def from_line(line: bytes) -> Any:
    """What a line of JSON lines says. Raises ValueError, or RecursionError, where it is not JSON.

    It is decoded by itself: bad bytes, or another encoding, in one line change nothing in the others.
    """
    return json.loads(decode(line))


def _object(place: str, item: Any) -> Record:
    return Record(place, item) if isinstance(item, dict) else Record(place, {}, "the row is no object")


def text(value: Any) -> str:
    """A cell as text; empty for nothing and for what is not a number. A whole number has no decimals."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as texts; nested ones under names with dots, lists joined by commas, Atlassian's rich text as text."""
    return dict(_flat(values))


def _flat(item: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in item.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value.get("type") == "doc":
            yield name, "\n".join(_said(value)).strip()
        elif isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list):
            yield name, ", ".join(str(each) for each in value if isinstance(each, str | int | float))
        elif value is not None:
            yield name, text(value)


def _said(node: Mapping[str, Any]) -> Iterator[str]:
    """The paragraphs of a document in Atlassian's format."""
    children = [child for child in node.get("content", []) if isinstance(child, dict)]
    if any("text" in child for child in children):
        yield "".join(str(child.get("text", "\n")) for child in children)
    else:
        for child in children:
            yield from _said(child)
