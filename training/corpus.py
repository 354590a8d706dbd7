"""Labelled items: read from tables, with every fault of every row, corrections merged. Knows no features."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.document import CHANNELS, Document
from model.errors import CorpusError, LabelError, SortationError
from model.taxonomy import Combination, Taxonomy
from training import tables
from training.columns import as_item, mapping, spellings
from training.findings import SHOWN, Finding, faults, grouped
from training.provenance import unreviewed

MAX_LINE = 1_000_000
"""Characters of one row's text."""
LINES = (".jsonl", ".ndjson")
"""Endings of files that hold items under our own names; in other tables columns are found by their names."""


@dataclass(frozen=True)
class Item:
    """A document and the combination of labels that somebody gave it."""

    id: str
    document: Document
    labels: Combination
    source: str
    """File and line it comes from, for messages."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Other fields of the line: world, writer, thread, date; and for corrections actor and source."""

    @property
    def thread(self) -> str:
        """What ties items together that must not be separated: their thread, or nothing but themselves."""
        return self.facts.get("thread") or self.id

    @property
    def corrected_at(self) -> str:
        """When somebody judged a prediction of it, in ISO 8601; empty for items that are no corrections."""
        return self.facts.get("corrected_at", "")


@dataclass(frozen=True)
class Reading:
    """Items of a corpus that are sound, and what is wrong with its other rows."""

    items: list[Item]
    findings: list[Finding]
    rows: int


def read_corpus(path: Path, taxonomy: Taxonomy) -> list[Item]:
    """The items of a table, or of all tables in a folder in the order of their names.

    Raises CorpusError that lists the faulty rows of every file; a faulty corpus gives no items.
    """
    reading = read(path, taxonomy)
    refuse(str(path), reading.findings)
    return reading.items


def refuse(name: str, findings: Sequence[Finding], tolerated: Iterable[str] = ()) -> None:
    """Raises CorpusError where there are faults: the first rows of each kind, and how many more there are."""
    lines = []
    for kind, mine in grouped(faults(findings, tolerated)):
        lines += [each.line for each in mine[:SHOWN]]
        lines += [f"and {len(mine) - SHOWN:,} more with the fault {kind!r}"] * (len(mine) > SHOWN)
    if lines:
        raise CorpusError(name, lines)


def read(path: Path, taxonomy: Taxonomy) -> Reading:
    """What a table, or every table in a folder, holds. Raises CorpusError where there is nothing to read."""
    files = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
    known = [each for each in files if each.suffix.lower() in tables.SUFFIXES]
    if not known:
        raise CorpusError(str(path), [f"there is no table here; a corpus is {', '.join(tables.SUFFIXES)}"])
    found = [
        Finding("passed over", file.name, "is no table that training reads")
        for file in files
        if file not in known and not file.name.startswith(".")
    ]
    items: list[Item] = []
    rows = 0
    for file in known:
        try:
            for place, plain in _plain(file, taxonomy, found):
                rows += 1
                item = None if plain is None else parse_item(place, plain, taxonomy, found)
                if item is not None:
                    items.append(item)
        except SortationError as error:
            found.append(Finding("unreadable", file.name, str(error)))
    return Reading(items, [*found, *_repeated(items)], rows)


def _plain(file: Path, taxonomy: Taxonomy, found: list[Finding]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Place and fields of each row; None for the fields where the row itself is faulty, which is added to `found`."""
    names, columns = spellings(taxonomy), dict[tuple[str, ...], dict[str, str]]()
    for record in tables.records(file):
        if record.error is not None:
            found.append(Finding("unreadable", record.place, record.error))
            yield record.place, None
        elif (reason := unreviewed(record.values, taxonomy.level_names)) is not None:
            found.append(Finding("unreviewed prediction", record.place, reason))
            yield record.place, None
        elif file.suffix.lower() in LINES:
            yield record.place, record.values
        else:
            texts = tables.texts(record.values)
            head = tuple(texts)
            if head not in columns:
                columns[head] = mapping(head, taxonomy.level_names, {})
            values = {field: texts[column].strip() for field, column in columns[head].items()}
            try:
                plain = as_item(values, record.place, names)
            except LabelError as error:
                found += [Finding("unknown label", record.place, said) for said in error.faults]
                yield record.place, None
                continue
            given = any(level in plain for level in taxonomy.level_names)
            yield record.place, (dict.fromkeys(taxonomy.level_names) if given else {}) | plain


def parse_item(where: str, plain: Mapping[str, Any], taxonomy: Taxonomy, found: list[Finding]) -> Item | None:
    """The item that a mapping describes, or None with its faults added."""
    before = len(found)
    texts = {}
    for key in ("id", "subject", "body"):
        value = plain.get(key, "")
        if not isinstance(value, str):
            found.append(Finding("unreadable", where, f"{key} must be a text, not {type(value).__name__}"))
            value = ""
        texts[key] = value
    if not texts["id"]:
        found.append(Finding("missing id", where, "id is missing"))
    if not (texts["subject"].strip() or texts["body"].strip()) and len(found) == before:
        found.append(Finding("missing text", where, "subject and body are both empty"))
    if len(texts["subject"]) + len(texts["body"]) > MAX_LINE:
        found.append(Finding("too long", where, f"its text is longer than {MAX_LINE:,} characters"))
    channel = plain.get("channel")
    if channel is not None and channel not in CHANNELS:
        said = f"channel {channel!r} is unknown; it is one of {', '.join(CHANNELS)}"
        found.append(Finding("unknown channel", where, said))
    labels = _labels(where, plain, taxonomy, found)
    if len(found) > before:
        return None
    known = {"id", "subject", "body", "channel", *taxonomy.level_names}
    facts = {key: str(value) for key, value in plain.items() if key not in known and value is not None}
    return Item(texts["id"], Document(texts["subject"], texts["body"], channel, texts["id"]), labels, where, facts)


def _labels(where: str, plain: Mapping[str, Any], taxonomy: Taxonomy, found: list[Finding]) -> Combination:
    """The combination that a row names; nothing with its faults added where it names none."""
    names = tuple(plain.get(level) for level in taxonomy.level_names)
    try:
        if names in taxonomy.index:  # nearly all rows
            return names  # type: ignore[return-value]
    except TypeError:
        pass
    absent = [level for level in taxonomy.level_names if level not in plain]
    if absent:
        said = f"{', '.join(absent)} is missing; out of scope is written as null on every level in JSON lines"
        found.append(Finding("missing label", where, f"{said}, and as out_of_scope in other tables"))
        return ()
    wrong = [(level, name) for level, name in zip(taxonomy.level_names, names, strict=True) if not _is_text(name)]
    for level, name in wrong:
        found.append(Finding("unknown label", where, f"labels must be texts: {level} is {name!r}"))
    if wrong:
        return ()
    try:
        return taxonomy.combination(dict(zip(taxonomy.level_names, names, strict=True)))
    except LabelError as error:
        unknown = any(name and name not in cols for name, cols in zip(names, taxonomy.columns, strict=True))
        kind = "unknown label" if unknown else "forbidden combination" if all(names) else "missing label"
        found += [Finding(kind, where, said) for said in error.faults]
        return ()


def _is_text(name: Any) -> bool:
    return name is None or isinstance(name, str)


def _repeated(items: Sequence[Item]) -> list[Finding]:
    """Ids that stand for several items."""
    seen: dict[str, str] = {}
    found = []
    for item in items:
        if item.id in seen:
            found.append(Finding("repeated id", item.source, f"id {item.id!r} stands already at {seen[item.id]}"))
        seen.setdefault(item.id, item.source)
    return found


def merged(items: Sequence[Item], corrections: Iterable[Item]) -> list[Item]:
    """Items with later words outranking earlier ones: a correction replaces the item of its id, or is added.

    Where both say when they were judged, the later one counts, whichever file it stands in.
    """
    by_id: dict[str, Item] = {}
    for item in [*items, *corrections]:
        older = by_id.get(item.id)
        if older is None or not (item.corrected_at and older.corrected_at > item.corrected_at):
            by_id[item.id] = item
    return list(by_id.values())


def corpus_hash(items: Sequence[Item], taxonomy: Taxonomy) -> str:
    """SHA-256 of what training sees of the items and the taxonomy; the order of items does not matter."""
    lines = sorted(
        json.dumps(
            [i.id, i.document.channel, i.document.subject, i.document.body, i.labels, sorted(i.facts.items())],
            ensure_ascii=False,
        )
        for i in items
    )
    digest = hashlib.sha256(json.dumps(taxonomy.as_plain(), sort_keys=True).encode())
    for line in lines:
        digest.update(line.encode("utf-8", "replace"))
    return digest.hexdigest()


def without_world(items: Sequence[Item], world: str) -> tuple[list[Item], list[Item]]:
    """Items of the other worlds, and items of `world`: for measuring on senders never met."""
    return ([i for i in items if i.facts.get("world") != world], [i for i in items if i.facts.get("world") == world])
