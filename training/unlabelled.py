"""Texts that nobody has labelled, from exports; and what was chosen from them as rows. Knows no classifier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.document import Document
from model.preparation import prepare
from training.columns import CHANNELS, mapping, plain
from training.corpus import Item
from training.exports import rows
from training.reading import prepared
from training.suggestion import Suggestion

COLUMNS = (
    "rank", "id", "where", "answer", "probability", "second", "second_probability", "stands_for", "because", "text",
)  # fmt: skip
"""The columns of a table of suggestions."""
CUT = 240
"""Characters of a text that are shown."""


@dataclass(frozen=True)
class Text:
    """A text without labels."""

    id: str
    document: Document
    """As a server prepares it."""
    where: str
    """File and row."""


def read_texts(paths: Sequence[Path], levels: Sequence[str]) -> tuple[list[Text], list[str]]:
    """The texts in JSON lines, CSV, Excel files, mails and folders, and why rows were left out, each with its place.

    Columns are known by what help desks call them. Raises SortationError where a file is broken as a whole.
    """
    found: list[Text] = []
    faults: list[str] = []
    for path in paths:
        found += _texts(path, levels, faults)
    return found, faults


def _texts(path: Path, levels: Sequence[str], faults: list[str]) -> Iterator[Text]:
    tables: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows(path):
        if row.error is not None:
            faults.append(f"{row.place}: {row.error}")
            continue
        names = tuple(row.values)
        if names not in tables:
            tables[names] = mapping(names, levels, {})
        values = {name: row.values.get(column, "").strip() for name, column in tables[names].items()}
        subject, body = values.get("subject", ""), values.get("body", "") or values.get("html", "")
        if not (subject or body):
            faults.append(f"{row.place}: it has no text, or none in a column named body, text, description or the like")
            continue
        key = values.get("id") or row.place
        document = Document(subject, body, CHANNELS.get(plain(values.get("channel", ""))), key)
        yield Text(key, prepare(document).document, row.place)


def unlabelled(texts: Sequence[Text], labelled: Sequence[Item]) -> list[Text]:
    """The texts without those whose id or wording is labelled already, each wording once."""
    wordings = {item.document.text for item in prepared(labelled)}
    ids = {item.id for item in labelled}
    found = []
    for text in texts:
        if text.id not in ids and text.document.text not in wordings:
            wordings.add(text.document.text)
            found.append(text)
    return found


def as_row(rank: int, chosen: Suggestion, text: Text) -> dict[str, Any]:
    """Column -> value, in the order of COLUMNS."""
    (first, sure), *others = chosen.answers
    second, less = others[0] if others else ((), None)
    values = (
        rank, text.id, text.where, "/".join(first), sure, "/".join(second), less, chosen.stands_for,
        "; ".join(chosen.reasons), " ".join(text.document.text.split())[:CUT],
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))
