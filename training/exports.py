"""Exports of help desks and mailboxes -> rows of named texts. Knows no labels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from model import sources
from model.preparation import prepare
from training import tables


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
        if file.suffix.lower() in tables.SUFFIXES:
            for record in tables.records(file):
                yield Row(record.place, tables.texts(record.values), record.error)
        else:
            yield from _mails(file)


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
