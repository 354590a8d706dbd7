"""What is wrong with labelled rows: kinds of findings, and how they are listed. Knows no files and no features."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

KINDS: dict[str, bool] = {
    "unreadable": True,
    "missing id": True,
    "repeated id": True,
    "missing text": True,
    "too long": True,
    "unknown channel": True,
    "unknown label": True,
    "missing label": True,
    "forbidden combination": True,
    "unreviewed prediction": True,
    "same text, other labels": True,
    "too few items": True,
    "leak between shares": True,
    "alike, other labels": False,
    "duplicate": False,
    "cut off": False,
    "few items": False,
    "one writer": False,
    "passed over": False,
}
"""Kind of finding -> whether it stops training; in the order in which they are listed."""
TOLERABLE = ("same text, other labels", "repeated id")
"""Faults that may be tolerated on purpose: of rows with one id the last one counts, and contradictions stay in."""
SHOWN = 10
"""Rows that are listed per kind; the others are counted."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one row, or with a class."""

    kind: str
    place: str
    """File and row; empty for what no single row is to blame for."""
    said: str
    """A sentence without its place."""

    @property
    def line(self) -> str:
        """The sentence with its place."""
        return f"{self.place}: {self.said}" if self.place else self.said


def faults(findings: Iterable[Finding], tolerated: Iterable[str] = ()) -> list[Finding]:
    """Those that stop training."""
    let = frozenset(tolerated)
    return [each for each in findings if KINDS[each.kind] and each.kind not in let]


def grouped(findings: Sequence[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """Kinds that were found, each with its findings; faults before warnings."""
    for kind in KINDS:
        if mine := [each for each in findings if each.kind == kind]:
            yield kind, mine


def table(findings: Sequence[Finding], tolerated: Iterable[str] = (), shown: int = SHOWN) -> list[str]:
    """Lines to read: every kind with its count, whether it stops training, and its first rows."""
    let, lines = frozenset(tolerated), []
    for kind, mine in grouped(findings):
        weight = "fault" if KINDS[kind] and kind not in let else "warning"
        lines.append(f"{weight:8} {len(mine):6}  {kind}")
        lines += [f"{'':17} {each.line}" for each in mine[:shown]]
        lines += [f"{'':17} and {len(mine) - shown:,} more"] * (len(mine) > shown)
    return lines


def as_rows(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """For CSV and JSON: a row each."""
    return [
        {"weight": "fault" if KINDS[kind] else "warning", "kind": kind, "place": each.place, "said": each.said}
        for kind, mine in grouped(findings)
        for each in mine
    ]
