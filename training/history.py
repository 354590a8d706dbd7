"""Who promoted what, when and why: the record as values, and which champion stood before. Knows no registry."""

import getpass
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

PROMOTION, ROLLBACK = "promotion", "rollback"


@dataclass(frozen=True)
class Entry:
    """One change of the champion."""

    kind: str
    """promotion or rollback."""
    before: int | None
    """The champion's version until then; None where there was none."""
    after: int
    """The champion's version from then on."""
    who: str
    why: str
    objections: tuple[str, ...] = ()
    """What spoke against it; where there was something it was forced."""
    when: datetime | None = None
    """When it was written down; None until then."""

    @property
    def forced(self) -> bool:
        """Whether it was done over objections."""
        return bool(self.objections)

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"when": self.when and self.when.isoformat(), "forced": self.forced}


def before(entries: Sequence[Entry], champion: int) -> int | None:
    """The version that was champion before `champion` came, oldest entry first; None where there was none.

    Rollbacks count as if what they took back had not happened: two of them go back two steps.
    """
    stood: list[int] = []
    for entry in entries:
        if not stood and entry.before is not None:
            stood.append(entry.before)
        if entry.kind == ROLLBACK and entry.after in stood:
            del stood[len(stood) - stood[::-1].index(entry.after) :]
        elif stood[-1:] != [entry.after]:
            stood.append(entry.after)
    while stood and stood[-1] == champion:
        stood.pop()
    return stood[-1] if stood else None


def whoami(told: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Who is at work: as told, else SORTATION_WHO, else the user of the operating system."""
    if name := told or environment.get("SORTATION_WHO"):
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def written(milliseconds: int) -> datetime:
    """A time that MLflow noted."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
