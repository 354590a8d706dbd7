"""Files of unlabelled rows -> chunks, the same ones every time. Knows where rows lie, not what they say.

A chunk of a Parquet file is a run of row groups, or a part of one group that is too large; a chunk of CSV or JSON lines
is a range of bytes that holds whole rows. Every row is in exactly one chunk.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from model.errors import ReadingError, SortationError
from model.reading.tables import DELIMITERS
from training.columns import check_columns, check_fields, mapping
from training.scoring.places import Place, State, find

KINDS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""Ending -> how the file is read."""
TEXTS = ("subject", "body", "html")
"""Fields one of which a file must have."""
FIELDS = ("id", *TEXTS, "channel")
"""Fields that are read."""
LONGEST = 10_000_000
"""Bytes of a line, at most."""
BUFFER = 1 << 20
"""Bytes that are read at a time."""
BROKEN = (OSError, pa.ArrowException, csv.Error, ReadingError, UnicodeError)
"""What reading a file raises where the file is damaged, gone, or not what its ending says."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a job."""

    number: int
    """Its place among the job's files, from 0."""
    place: Place
    state: State

    @property
    def kind(self) -> str:
        """How it is read. Raises SortationError for an unknown ending."""
        ending = "." + self.place.path.rpartition(".")[2].lower()
        if ending not in KINDS:
            raise SortationError(f"its ending is none of {', '.join(KINDS)}")
        return KINDS[ending]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of one file that are answered together, and how to find them."""

    source: Source
    first: int
    """Number of its first row in the file, from 0."""
    rows: int
    start: int
    """Its first byte, or its first row group."""
    end: int
    """Behind its last byte, or its last row group."""
    skip: int
    """Rows of the first row group that are before it."""
    weight: int
    """Its share of the file's bytes."""
    columns: Mapping[str, str]
    """Field -> column; for JSON lines column -> field, as far as it was told, since every row names its own."""
    head: tuple[str, ...] = ()
    """The columns of a CSV file, in order."""
    mark: str = ","
    """What separates them."""

    @property
    def name(self) -> str:
        """The name of the file with its answers."""
        return f"part-{self.source.number:05d}-{self.first:012d}-{self.rows}.parquet"


def as_plain(chunk: Chunk) -> dict[str, Any]:
    """A chunk as JSON holds it."""
    return asdict(chunk)


def parsed(plain: Mapping[str, Any]) -> Chunk:
    """The chunk that `as_plain` made."""
    source = plain["source"]
    made = Source(source["number"], Place(**source["place"]), State(**source["state"]))
    return Chunk(**{**plain, "source": made, "head": tuple(plain["head"])})


def inputs(address: str, out: Place) -> tuple[Source, ...]:
    """The files that an address or a pattern names, but those in `out`. Raises SortationError."""
    return tuple(Source(k, file, state) for k, (file, state) in enumerate(find(address, tuple(KINDS), out)))


def chunks(source: Source, told: Mapping[str, str], most: int) -> Iterator[Chunk]:
    """The chunks of a file, in order, each of at most `most` rows. `told`: column -> field, where names do not tell.

    Raises SortationError, or one of BROKEN, where the file cannot be read.
    """
    check_fields(told.values(), ())
    cut = {"parquet": _of_parquet, "csv": _of_csv, "jsonl": _of_lines}[source.kind]
    return cut(source, told, most)


def _of_parquet(source: Source, told: Mapping[str, str], most: int) -> Iterator[Chunk]:
    with closing(parquet.ParquetFile(source.place.system.open_input_file(source.place.path))) as file:
        columns = _columns(file.schema_arrow.names, told)
        groups = [file.metadata.row_group(k).num_rows for k in range(file.metadata.num_row_groups)]
    first, size, total = 0, source.state.size, sum(groups)
    for start, end, skip, rows in runs(groups, most):
        weight = size * (first + rows) // total - size * first // total
        yield Chunk(source, first, rows, start, end, skip, weight, columns)
        first += rows


def runs(groups: Sequence[int], most: int) -> Iterator[tuple[int, int, int, int]]:
    """Row groups of these sizes as runs of at most `most` rows: first group, the one behind the last, skip, rows."""
    start = held = 0
    for k, rows in enumerate(groups):
        if held and held + rows > most:
            yield start, k, 0, held
            start, held = k, 0
        if rows > most:
            yield from ((k, k + 1, skip, min(most, rows - skip)) for skip in range(0, rows, most))
            start = k + 1
        else:
            held += rows
    if held:
        yield start, len(groups), 0, held


def _of_csv(source: Source, told: Mapping[str, str], most: int) -> Iterator[Chunk]:
    with stream(source.place) as bytes_in:
        start = bytes_in.peek(BUFFER)[:BUFFER]
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise SortationError("it is UTF-16; save it as UTF-8")
        mark = _mark(start.decode("utf-8", "replace"), told)
        lines = Lines(bytes_in)
        with records(lines, mark) as found:
            head = _head(found)
            columns = _columns(head, told)
            first = rows = 0
            began = lines.at
            for record in found:
                rows += bool(record)
                if rows == most:
                    yield Chunk(source, first, rows, began, lines.at, 0, lines.at - began, columns, head, mark)
                    first, rows, began = first + rows, 0, lines.at
            if rows:
                yield Chunk(source, first, rows, began, lines.at, 0, lines.at - began, columns, head, mark)


def _head(found: Iterator[list[str]]) -> tuple[str, ...]:
    return tuple(cell.strip().removeprefix("\ufeff") for cell in next((row for row in found if row), []))


def _mark(start: str, told: Mapping[str, str]) -> str:
    """What separates the columns: that which makes the most names of the head known."""

    def known(mark: str) -> int:
        with records(io.StringIO(start, newline=""), mark) as found:
            return len(mapping(_head(found), (), told))

    return max(DELIMITERS, key=known)


def _of_lines(source: Source, told: Mapping[str, str], most: int) -> Iterator[Chunk]:
    first = rows = began = at = 0
    with stream(source.place) as bytes_in:
        for line, size in measured(bytes_in):
            at += size
            rows += line is None or not line.isspace()
            if rows == most:
                yield Chunk(source, first, rows, began, at, 0, at - began, told)
                first, rows, began = first + rows, 0, at
    if rows:
        yield Chunk(source, first, rows, began, at, 0, at - began, told)


def _columns(names: Sequence[str], told: Mapping[str, str]) -> dict[str, str]:
    """Field -> column of a table. Raises SortationError where there is no text."""
    check_columns(told, names)
    found = {field: column for field, column in mapping(names, (), told).items() if field in FIELDS}
    if not any(field in found for field in TEXTS):
        listed = ", ".join(names) or "none"
        raise SortationError(f"no column is known as text; name one with --map COLUMN=body (the columns are {listed})")
    if twice := sorted(column for column in found.values() if names.count(column) > 1):
        raise SortationError(f"more than one column is called {twice[0]}; rename one")
    return found


@contextmanager
def stream(file: Place, start: int = 0, end: int | None = None) -> Iterator[io.BufferedReader]:
    """The bytes of a file from `start` to before `end`, read as they are asked for."""
    if end is None:
        opened = file.system.open_input_stream(file.path, compression=None)
    else:
        opened = file.system.open_input_file(file.path).get_stream(start, end - start)
    with io.BufferedReader(opened, BUFFER) as buffered:
        yield buffered


def measured(bytes_in: io.BufferedReader) -> Iterator[tuple[bytes | None, int]]:
    """Each line and its length in bytes; None for one of LONGEST or more, of which no more than that is ever held."""
    while piece := bytes_in.readline(LONGEST):
        if piece.endswith(b"\n") or len(piece) < LONGEST:
            yield piece, len(piece)
            continue
        size = len(piece)
        while piece and not piece.endswith(b"\n"):
            piece = bytes_in.readline(LONGEST)
            size += len(piece)
        yield None, size


class Lines:
    """The lines of a stream as text, bytes that are not UTF-8 kept as surrogates; counts the bytes that were taken."""

    def __init__(self, bytes_in: io.BufferedReader) -> None:
        self.at = 0
        self._found = measured(bytes_in)

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line, size = next(self._found)
        if line is None:
            raise SortationError(f"a line has {size:,} bytes; fewer than {LONGEST:,} are allowed")
        self.at += size
        return line.decode("utf-8", "surrogateescape")


@contextmanager
def records(lines: Iterator[str], mark: str) -> Iterator[Iterator[list[str]]]:
    """The records of a CSV file; empty lines are empty lists."""
    before = csv.field_size_limit(LONGEST)
    try:
        yield csv.reader(lines, delimiter=mark)
    finally:
        csv.field_size_limit(before)
