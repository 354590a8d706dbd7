"""Labelled items: read from JSON lines, checked all at once, corrections merged. Knows no features."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.document import CHANNELS, Document
from model.errors import CorpusError, LabelError
from model.taxonomy import Combination, Taxonomy

MAX_FAULTS = 100
"""Faults listed before the rest is only counted."""
MAX_LINE = 1_000_000
"""Characters of one line of a corpus file."""


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


def read_corpus(path: Path, taxonomy: Taxonomy) -> list[Item]:
    """The items of a JSON-lines file, or of all `*.jsonl` in a folder in the order of their names.

    Raises CorpusError that lists every faulty line of every file; a faulty corpus gives no items.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise CorpusError(str(path), ["there are no .jsonl files in this folder"])
    faults: list[str] = []
    items: list[Item] = []
    for file in files:
        for where, line in _lines(file, faults):
            item = _item(where, line, taxonomy, faults)
            if item is not None:
                items.append(item)
    faults += _repeated(items)
    if faults:
        more = len(faults) - MAX_FAULTS
        raise CorpusError(str(path), faults[:MAX_FAULTS] + [f"and {more} more faults"] * (more > 0))
    return items


def _lines(file: Path, faults: list[str]) -> Iterator[tuple[str, str]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{file.name} cannot be read as UTF-8 text: {error}")
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"{file.name}:{number}", line


def _item(where: str, line: str, taxonomy: Taxonomy, faults: list[str]) -> Item | None:
    """The item on one line, or None with its faults added."""
    try:
        if len(line) > MAX_LINE:
            raise ValueError(f"longer than {MAX_LINE:,} characters")
        plain = json.loads(line)
    except (ValueError, RecursionError) as error:
        faults.append(f"{where} is not JSON: {error}")
        return None
    if not isinstance(plain, dict):
        faults.append(f"{where} must be an object with id, channel, subject, body and labels")
        return None
    return parse_item(where, plain, taxonomy, faults)


def parse_item(where: str, plain: Mapping[str, Any], taxonomy: Taxonomy, faults: list[str]) -> Item | None:
    """The item that a mapping describes, or None with its faults added."""
    before = len(faults)
    texts = {}
    for key in ("id", "subject", "body"):
        value = plain.get(key, "")
        if not isinstance(value, str):
            faults.append(f"{where}: {key} must be a text, not {type(value).__name__}")
            value = ""
        texts[key] = value
    if not texts["id"]:
        faults.append(f"{where}: id is missing")
    if not (texts["subject"].strip() or texts["body"].strip()) and len(faults) == before:
        faults.append(f"{where}: subject and body are both empty")
    channel = plain.get("channel")
    if channel is not None and channel not in CHANNELS:
        faults.append(f"{where}: channel {channel!r} is unknown; it is one of {', '.join(CHANNELS)}")
    labels: Combination = ()
    absent = [level for level in taxonomy.level_names if level not in plain]
    if absent:
        faults.append(f"{where}: {', '.join(absent)} is missing; out of scope is written as null on every level")
    else:
        try:
            labels = taxonomy.combination({level: plain[level] for level in taxonomy.level_names})
        except (LabelError, TypeError) as error:
            faults += [f"{where}: {fault}" for fault in getattr(error, "faults", [f"labels must be texts: {error}"])]
    if len(faults) > before:
        return None
    known = {"id", "subject", "body", "channel", *taxonomy.level_names}
    facts = {key: str(value) for key, value in plain.items() if key not in known and value is not None}
    return Item(texts["id"], Document(texts["subject"], texts["body"], channel, texts["id"]), labels, where, facts)


def _repeated(items: Sequence[Item]) -> list[str]:
    """Ids that stand for several items."""
    seen: dict[str, str] = {}
    faults = []
    for item in items:
        if item.id in seen:
            faults.append(f"{item.source}: id {item.id!r} stands already at {seen[item.id]}")
        seen.setdefault(item.id, item.source)
    return faults


def merged(items: Sequence[Item], corrections: Iterable[Item]) -> list[Item]:
    """Items with later words outranking earlier ones: a correction replaces the item of its id, or is added."""
    by_id = {item.id: item for item in items}
    for correction in corrections:
        by_id[correction.id] = correction
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
