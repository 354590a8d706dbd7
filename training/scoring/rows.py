"""The rows of a chunk, in order: a document each, or why there is none. Holds a few hundred rows at a time."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import compute, parquet

from model.document import Document
from model.errors import SortationError
from model.reading.encodings import decode
from model.reading.markup import text_of
from training.columns import CHANNELS, TAGS, mapping, plain
from training.scoring.places import state
from training.scoring.sources import BUFFER, Chunk, Lines, measured, records, stream
from training.tables import from_line

BATCH = 512
"""Rows that are read, and scored, at a time."""
LONGEST_TEXT = 1_000_000
"""Characters of subject and body together, at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input."""

    id: str | None
    document: Document | None
    """None where the row says nothing that could be scored."""
    error: str | None = None
    """Why."""


def rows(chunk: Chunk) -> Iterator[Row]:
    """The rows of a chunk. Raises SortationError where the file is not what it was, or one of sources.BROKEN."""
    now = state(chunk.source.place)
    if now != chunk.source.state:
        raise SortationError("it changed, or went away, after the job had begun")
    read = {"parquet": _of_parquet, "csv": _of_csv, "jsonl": _of_lines}[chunk.source.kind]
    count = 0
    for row in read(chunk):
        count += 1
        yield row
    if count != chunk.rows:
        raise SortationError(f"it holds {count:,} rows where {chunk.rows:,} were counted before")


def _of_parquet(chunk: Chunk) -> Iterator[Row]:
    fields, columns = list(chunk.columns), list(chunk.columns.values())
    opened = chunk.source.place.system.open_input_file(chunk.source.place.path)
    with closing(parquet.ParquetFile(opened, buffer_size=BUFFER, pre_buffer=False)) as file:
        groups = list(range(chunk.start, chunk.end))
        at, last = -chunk.skip, chunk.rows
        for batch in file.iter_batches(BATCH, row_groups=groups, columns=columns, use_threads=False):
            low, high = max(-at, 0), min(len(batch), last - at)
            at += len(batch)
            if low < high:
                texts = [_texts(batch.column(column).slice(low, high - low)) for column in columns]
                for values in zip(*texts, strict=True):
                    yield made(dict(zip(fields, values, strict=True)))
            if at >= last:
                return


def _texts(column: Any) -> list[str | None]:
    """A column as text. Raises ArrowException for what is none, such as a list."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return [None if each is None else decode(each) for each in column.to_pylist()]
    found: list[str | None] = compute.cast(column, pa.large_string()).to_pylist()
    return found


def _of_csv(chunk: Chunk) -> Iterator[Row]:
    places = {field: chunk.head.index(column) for field, column in chunk.columns.items()}
    with (
        stream(chunk.source.place, chunk.start, chunk.end) as bytes_in,
        records(Lines(bytes_in), chunk.mark) as found,
    ):
        for cells in found:
            if cells:
                yield made({field: _mended(cells[k]) for field, k in places.items() if k < len(cells)})


def _mended(text: str) -> str:
    """A cell whose bytes are not UTF-8, read by what its bytes look like."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return decode(text.encode("utf-8", "surrogateescape"))
    return text


def _of_lines(chunk: Chunk) -> Iterator[Row]:
    known: dict[tuple[str, ...], dict[str, str]] = {}
    with stream(chunk.source.place, chunk.start, chunk.end) as bytes_in:
        for line, size in measured(bytes_in):
            if line is None:
                yield Row(None, None, f"the line has {size:,} bytes, which is too long")
            elif not line.isspace():
                yield _of_line(line, chunk.columns, known)


def _of_line(line: bytes, told: Mapping[str, str], known: dict[tuple[str, ...], dict[str, str]]) -> Row:
    try:
        item = from_line(line)
        values = dict(_flat(item)) if isinstance(item, dict) else None
    except (ValueError, RecursionError):
        return Row(None, None, "the line is not JSON, or nested too deeply")
    if values is None:
        return Row(None, None, "the line is no object")
    names = tuple(values)
    if names not in known and len(known) < BATCH:  # rows that all look different must not fill the memory
        known[names] = mapping(names, (), told)
    columns = known.get(names) or mapping(names, (), told)
    return made({field: values[column] for field, column in columns.items()})


def _flat(item: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Texts and numbers under names with dots."""
    for key, value in item.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{key}", str(value)


def _sound(text: str) -> str:
    """Text that can be written down: JSON may hold halves of characters."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def made(values: Mapping[str, str | None]) -> Row:
    """The row with these fields; a channel that is not known counts as none."""
    id = _sound(values.get("id") or "") or None
    subject = " ".join(_sound(values.get("subject") or "").split())
    body = _sound(values.get("body") or values.get("html") or "")
    if len(subject) + len(body) > LONGEST_TEXT:
        return Row(id, None, f"the text is longer than {LONGEST_TEXT:,} characters")
    if TAGS.search(body[:2_000]):
        body = text_of(body)
    if not (subject or body.strip()):
        return Row(id, None, "subject and body are both empty")
    return Row(id, Document(subject, body, CHANNELS.get(plain(values.get("channel") or "")), id))
