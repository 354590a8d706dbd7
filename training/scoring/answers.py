"""A chunk -> its answers as the bytes of a Parquet file: one row for each row of the input. Knows no engine.

The same chunk, model and library versions give the same bytes.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from model.classifier import Classifier
from model.document import Prediction
from model.errors import SortationError
from model.preparation import Prepared, hear, prepare
from training.scoring.rows import BATCH, Row, rows
from training.scoring.sources import Chunk

FAILURES = (ValueError, TypeError, ArithmeticError, LookupError, RecursionError)
"""What a text that trips the classifier raises; it costs its own row and no other."""
HEAD = (
    pa.field("file", pa.string(), nullable=False),
    pa.field("row", pa.int64(), nullable=False),
    pa.field("id", pa.string()),
)
TAIL = (
    pa.field("confidence", pa.float32()),
    pa.field("doubts", pa.list_(pa.string())),
    pa.field("out_of_scope", pa.bool_()),
    pa.field("error", pa.string()),
    pa.field("model_version", pa.int32(), nullable=False),
    pa.field("model_fingerprint", pa.string(), nullable=False),
)
"""Columns of the output before and behind those of the levels; all but file, row and model are null or set by error."""


@dataclass(frozen=True)
class Counted:
    """What became of a chunk."""

    rows: int
    errors: int
    """Rows without labels, each with its reason."""


@dataclass
class _Columns:
    """The output so far."""

    ids: list[str | None] = field(default_factory=list)
    said: list[Prediction | None] = field(default_factory=list)
    doubts: list[tuple[str, ...] | None] = field(default_factory=list)
    errors: list[str | None] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Scorer:
    """Answers chunks with one model."""

    classifier: Classifier
    version: int
    fingerprint: str

    @property
    def schema(self) -> Any:
        """The columns of the output. Raises SortationError for a level that is called like one of the others."""
        return schema(self.classifier.taxonomy.level_names)

    def answer(self, chunk: Chunk) -> tuple[bytes, Counted]:
        """The answers to a chunk. Raises what `rows` raises."""
        columns = _Columns()
        found = rows(chunk)
        while batch := list(islice(found, BATCH)):
            self._add(batch, columns)
        return self._written(chunk, columns), Counted(chunk.rows, sum(each is not None for each in columns.errors))

    def _add(self, batch: Sequence[Row], columns: _Columns) -> None:
        errors = [row.error for row in batch]
        seen: dict[int, Prepared] = {}
        for k, row in enumerate(batch):
            if row.document is not None:
                try:
                    seen[k] = prepare(row.document)
                except FAILURES as error:
                    errors[k] = f"the text cannot be prepared: {type(error).__name__}"
        hear(seen.values())
        answers: dict[int, Prediction] = {}
        for k, answer in zip(seen, self._predicted(list(seen.values())), strict=True):
            if isinstance(answer, Prediction):
                answers[k] = answer
            else:
                errors[k] = answer
        languages = self.classifier.languages
        columns.ids += [row.id for row in batch]
        columns.errors += errors
        columns.said += [answers.get(k) for k in range(len(batch))]
        columns.doubts += [
            (*answers[k].doubts, *seen[k].doubts(languages)) if k in answers else None for k in range(len(batch))
        ]

    def _predicted(self, seen: Sequence[Prepared]) -> Iterator[Prediction | str]:
        """A prediction each, or why there is none; where one text trips the batch, each is asked by itself."""
        documents = [each.document for each in seen]
        try:
            yield from self.classifier.predict(documents, alternatives=0)
            return
        except FAILURES as error:
            if len(documents) == 1:
                yield f"the text cannot be classified: {type(error).__name__}"
                return
        for each in seen:
            yield from self._predicted([each])

    def _written(self, chunk: Chunk, columns: _Columns) -> bytes:
        count = chunk.rows
        levels: list[list[Any]] = []
        for k in range(len(self.classifier.taxonomy.level_names)):
            labels = [None if each is None else each.labels[k] for each in columns.said]
            levels.append([None if label is None else label.name for label in labels])
            levels.append([None if label is None else label.probability for label in labels])
        values = [
            [str(chunk.source.place)] * count,
            range(chunk.first, chunk.first + count),
            columns.ids,
            *levels,
            [None if each is None else each.joint for each in columns.said],
            columns.doubts,
            [None if each is None else not each.in_scope for each in columns.said],
            columns.errors,
            [self.version] * count,
            [self.fingerprint] * count,
        ]
        arrays = [pa.array(each, type=column.type) for each, column in zip(values, self.schema, strict=True)]
        out = io.BytesIO()
        parquet.write_table(pa.Table.from_arrays(arrays, schema=self.schema), out, compression="zstd")
        return out.getvalue()


def schema(levels: Sequence[str]) -> Any:
    """The columns of the output. Raises SortationError for a level that is called like one of the others."""
    names = [name for level in levels for name in (level, f"{level}_probability")]
    clash = {each.name for each in (*HEAD, *TAIL)} & set(names)
    if clash:
        raise SortationError(f"the taxonomy's level {min(clash)} is called like a column of the output; rename it")
    kinds = [pa.string(), pa.float32()] * len(levels)
    return pa.schema([*HEAD, *(pa.field(name, kind) for name, kind in zip(names, kinds, strict=True)), *TAIL])


def counted(answers: Any) -> Counted | None:
    """What a file of answers, open for reading, says of itself; None where it is not whole."""
    try:
        with parquet.ParquetFile(answers) as file:
            found = file.metadata
            names = [found.schema.column(k).path for k in range(found.num_columns)]
            column = names.index("error")
            groups = [found.row_group(k).column(column).statistics for k in range(found.num_row_groups)]
            return Counted(found.num_rows, sum(group.num_values for group in groups))
    except (OSError, ValueError, pa.ArrowException, AttributeError):
        return None
