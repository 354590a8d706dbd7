"""Rows of exports -> corpus items in files that appear whole or not at all; what is rejected is counted by reason."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from model.document import OUT_OF_SCOPE
from model.errors import LabelError, SortationError
from model.taxonomy import Taxonomy
from training.columns import CHANNELS, FACTS, as_item, check_columns, check_fields, mapping, spellings
from training.corpus import MAX_LINE
from training.exports import Row, rows
from training.provenance import unreviewed


@dataclass(frozen=True)
class Wishes:
    """How to import."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column -> field, where names do not tell."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Field -> value for rows that have none, such as the world, the channel or a label."""
    keep_unlabelled: bool = True
    """Whether rows without labels go to a file of their own; else they are rejected."""


@dataclass
class Imported:
    """What became of the rows."""

    labelled: int = 0
    unlabelled: int = 0
    rejected: dict[str, list[str]] = field(default_factory=dict)
    """Reason -> places of the rows."""
    used: dict[str, str] = field(default_factory=dict)
    """Field -> column that was used for it, of the first table."""


class Rejected(SortationError):
    """A row that cannot become an item."""


def import_items(
    source: Path, out: Path, unlabelled: Path, taxonomy: Taxonomy, wishes: Wishes, *, replace: bool = False
) -> Imported:
    """Writes the items of `source` to `out`, those without labels to `unlabelled`; files without items are not written.

    Raises SortationError where `source` is broken as a whole or a file exists already; then nothing is written.
    """
    for path in (out, unlabelled):
        if path.exists() and not replace:
            raise SortationError(f"{path} exists already; choose another name, or replace it on purpose")
    check_fields([*wishes.columns.values(), *wishes.constants], taxonomy.level_names)
    done, seen, tables = Imported(), set[str](), dict[tuple[str, ...], dict[str, str]]()
    with ExitStack() as stack:
        files = {each: stack.enter_context(_draft(each)) for each in (out, unlabelled)}
        for row in rows(source):
            try:
                columns = _columns(row, taxonomy, wishes, tables)
                done.used = done.used or columns
                item, labelled = _item(row, columns, taxonomy, wishes)
                if item["id"] in seen:
                    raise Rejected("the id stands already in an earlier row")
                if not labelled and not wishes.keep_unlabelled:
                    raise Rejected("it has no labels")
            except Rejected as error:
                done.rejected.setdefault(str(error), []).append(row.place)
                continue
            line = json.dumps(item, ensure_ascii=False)
            if len(line) > MAX_LINE:
                done.rejected.setdefault(f"it is longer than {MAX_LINE:,} characters", []).append(row.place)
                continue
            seen.add(str(item["id"]))
            done.labelled += labelled
            done.unlabelled += not labelled
            files[out if labelled else unlabelled].write(f"{line}\n")
        check_columns(wishes.columns, (name for names in tables for name in names))
    return done


def _columns(
    row: Row, taxonomy: Taxonomy, wishes: Wishes, tables: dict[tuple[str, ...], dict[str, str]]
) -> dict[str, str]:
    """Field -> column of this row; rows with the same columns share it. Raises Rejected."""
    if row.error is not None:
        raise Rejected(row.error)
    names = tuple(row.values)
    if names not in tables:
        tables[names] = mapping(names, taxonomy.level_names, wishes.columns)
    return tables[names]


def _item(
    row: Row, columns: Mapping[str, str], taxonomy: Taxonomy, wishes: Wishes
) -> tuple[dict[str, str | None], bool]:
    """A corpus item and whether it has labels. Raises Rejected."""
    values = {name: row.values.get(column, "").strip() for name, column in columns.items()}
    values = dict(wishes.constants) | {name: value for name, value in values.items() if value}
    levels = taxonomy.level_names
    try:
        item: dict[str, str | None] = {**as_item(values, row.place, spellings(taxonomy))}
    except LabelError as error:
        raise Rejected("; ".join(error.faults)) from error
    if not (item["subject"] or (item["body"] or "").strip()):
        raise Rejected("subject and body are both empty")
    channel = item.get("channel")
    if channel is not None and channel not in CHANNELS.values():
        raise Rejected(f"channel {channel[:40]!r} is unknown; known are {', '.join(sorted(CHANNELS))}")
    labels = {level: item.pop(level) for level in levels if level in item}
    if not labels:
        return item, False
    if (reason := unreviewed(row.values, levels)) is not None:
        raise Rejected(reason)
    try:
        found = taxonomy.combination(labels)
    except LabelError as error:
        raise Rejected("; ".join(error.faults)) from error
    facts = {name: item.pop(name) for name in FACTS if name in item}
    named = zip(levels, found, strict=True)
    return item | {level: None if label == OUT_OF_SCOPE else label for level, label in named} | facts, True


@contextmanager
def _draft(path: Path) -> Iterator[IO[str]]:
    """A file that takes its place when all went well and it holds something."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        with draft.open("w", encoding="utf-8") as file:
            yield file
        if draft.stat().st_size:
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
