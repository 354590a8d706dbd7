"""What is known of labelled rows before training: read, merged, prepared, checked. A faulty row is a finding."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from model.taxonomy import Taxonomy
from training.cache import Cache
from training.checks import check, leaks
from training.corpus import Item, Reading, merged, read
from training.findings import Finding
from training.reading import prepared
from training.shares import Alike, alike, share_out


@dataclass(frozen=True)
class Sources:
    """Where a run's inputs lie."""

    taxonomy: Path
    corpus: Path
    """A table, or a folder of them: JSON lines, CSV, Parquet, Excel."""
    corrections: Path | None = None
    """JSON lines that the store wrote; missing is none."""
    cache: Path | None = None
    """A folder for what is kept between runs; None: nothing is."""
    tolerated: tuple[str, ...] = ()
    """Kinds of faults that do not stop training."""


@dataclass(frozen=True)
class Examined:
    """The sound items, and everything that is wrong."""

    items: list[Item]
    """As they stand in the files, corrections in their place."""
    prepared: list[Item]
    """The same, prepared as a server prepares what it is sent."""
    known: Alike
    """Which of them say the same."""
    findings: list[Finding]
    rows: int
    """Rows of all files, faulty ones included."""
    corrections: int
    """Rows that are the store's corrections."""


def examine(sources: Sources, taxonomy: Taxonomy, seed: int) -> Examined:
    """Reads and checks all rows; `seed` is that of the shares. Raises CorpusError where there is nothing to read."""
    reading, words = read(sources.corpus, taxonomy), Reading([], [], 0)
    if sources.corrections is not None and sources.corrections.exists():
        words = read(sources.corrections, taxonomy)
    items = merged(reading.items, words.items)
    kept = None if sources.cache is None else Cache(sources.cache)
    seen = prepared(items, kept, str(sources.corpus.resolve()))
    known = alike(seen)
    findings = [*reading.findings, *words.findings, *check(seen, taxonomy, known)]
    findings += leaks(share_out(seen, seed, known=known))
    return Examined(items, seen, known, findings, reading.rows + words.rows, len(words.items))


def summary(findings: Iterable[Finding]) -> str:
    """How many findings there are of each kind, on one line."""
    counts: dict[str, int] = {}
    for each in findings:
        counts[each.kind] = counts.get(each.kind, 0) + 1
    return ", ".join(f"{count} × {kind}" for kind, count in counts.items())
