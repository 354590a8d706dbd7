"""Exports of help desks and mailboxes -> rows of named values. Knows no labels."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import sources
from model.errors import ReadingError, SortationError
from model.preparation import prepare
from model.reading import Limits
from model.reading.encodings import decode
from model.reading.excel import grid
from model.reading.tables import delimiter

OWN = Limits(size=2**31, expanded=2**32, ratio=10_000, elements=50_000_000, pages=1_000)
"""Bounds for tables that the operator exported, which are no strangers' files."""
LONGEST = 10_000_000
"""Characters of one field of a CSV file."""
TABLES = (".csv", ".tsv", ".xlsx", ".jsonl", ".ndjson", ".json")
"""Endings of tables; all else is read as mails and documents."""


@dataclass(frozen=True)
class Row:
    """One row of an export, or one mail."""

    place: str
    """File and row, for messages."""
    values: Mapping[str, str]
    """Column -> value; nested values have names with dots, such as `via.channel`."""
    error: str | None = None
    """Why it could not be read."""


def rows(path: Path) -> Iterator[Row]:
    """The rows of a file, or of all files in a folder. Raises NotFound, or SortationError for a broken table."""
    for file in sources.files([path]):
        kind = file.suffix.lower()
        if kind not in TABLES:
            yield from _mails(file)
        elif kind in (".csv", ".tsv"):
            yield from _records(file, [_csv(file)])
        elif kind == ".xlsx":
            try:
                yield from _records(file, grid(file.read_bytes(), OWN))
            except ReadingError as error:
                raise SortationError(f"{file} cannot be read: {error}") from error
        else:
            yield from _objects(file)


def _mails(file: Path) -> Iterator[Row]:
    for source in sources.documents(file):
        if source.document is None:
            yield Row(source.name, {}, source.error)
            continue
        seen = prepare(source.document).document
        meta = seen.meta
        thread = (meta.get("references", "").split() or [meta.get("in_reply_to", ""), ""])[0]
        told = {
            "id": seen.id or source.name,
            "subject": seen.subject,
            "body": seen.body,
            "channel": seen.channel or "",
            "date": meta.get("date", ""),
            "thread": thread or (seen.id or ""),
        }
        yield Row(source.name, {key: value for key, value in told.items() if value})


def _csv(file: Path) -> Iterator[Sequence[str]]:
    text = decode(file.read_bytes())
    mark = "\t" if file.suffix.lower() == ".tsv" else delimiter(text) or ","
    before = csv.field_size_limit(LONGEST)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    except csv.Error as error:
        raise SortationError(f"{file} is no table: {error}") from error
    finally:
        csv.field_size_limit(before)


def _records(file: Path, tables: Any) -> Iterator[Row]:
    """Rows under the names in each table's first row that is not empty."""
    for table in tables:
        head: list[str] | None = None
        for number, cells in enumerate(table, 1):
            if not any(cell.strip() for cell in cells):
                continue
            if head is None:
                head = [cell.strip() for cell in cells]
                continue
            more = [f"column {k + 1}" for k in range(len(head), len(cells))]
            yield Row(f"{file.name}:{number}", dict(zip([*head, *more], cells, strict=False)))


def _objects(file: Path) -> Iterator[Row]:
    text = decode(file.read_bytes())
    if file.suffix.lower() == ".json":
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SortationError(f"{file} is not JSON: {error}") from error
        inside = found.values() if isinstance(found, dict) else ()
        listed = found if isinstance(found, list) else next((v for v in inside if isinstance(v, list)), [found])
        for number, item in enumerate(listed, 1):
            yield _object(f"{file.name}#{number}", item)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _object(f"{file.name}:{number}", json.loads(line))
            except (ValueError, RecursionError):
                yield Row(f"{file.name}:{number}", {}, "the line is not JSON")


def _object(place: str, item: Any) -> Row:
    return Row(place, dict(_flat(item))) if isinstance(item, dict) else Row(place, {}, "the row is no object")


def _flat(item: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Values under names with dots; lists of plain values are joined by commas, and rich text becomes text."""
    for key, value in item.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value.get("type") == "doc":
            yield name, "\n".join(_said(value)).strip()
        elif isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list):
            yield name, ", ".join(str(each) for each in value if isinstance(each, str | int | float))
        elif value is not None:
            yield name, str(value)


def _said(node: Mapping[str, Any]) -> Iterator[str]:
    """The paragraphs of a document in Atlassian's format."""
    children = [child for child in node.get("content", []) if isinstance(child, dict)]
    if any("text" in child for child in children):
        yield "".join(str(child.get("text", "\n")) for child in children)
    else:
        for child in children:
            yield from _said(child)
