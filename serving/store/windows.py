"""What was answered in a stretch of time, row by row. Reads only."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.store.tables import predictions


@dataclass(frozen=True, slots=True)
class Row:
    """One kept answer, without its text."""

    fingerprint: str
    answer: dict[str, Any]
    length: int
    """Characters of subject and body."""


class Windows:
    """Kept answers by time."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def answers(self, tenant: str, since: datetime) -> Iterator[Row]:
        """A tenant's answers since a moment; a thousand at a time are in memory."""
        c = predictions.c
        length = sa.func.length(c.subject) + sa.func.length(c.body)
        wanted = sa.select(c.fingerprint, c.answer, length).where(c.tenant == tenant, c.created_at >= since)
        with self._engine.connect().execution_options(yield_per=1_000) as connection:
            for fingerprint, answer, size in connection.execute(wanted):
                yield Row(fingerprint, json.loads(answer), size)
