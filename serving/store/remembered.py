"""Answers under the callers' idempotency keys."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from serving.store.tables import remembered

KEPT_HOURS = 24
"""How long an answer is given again."""


@dataclass(frozen=True)
class Told:
    """What a request with a key was answered."""

    digest: str
    """SHA-256 of method, address and body."""
    status: int
    kind: str
    """Media type."""
    body: bytes


class Remembered:
    """Tenant and key -> answer."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def find(self, tenant: str, key: str) -> Told | None:
        """The answer given before, if it is not too old."""
        c = remembered.c
        wanted = sa.select(c.digest, c.status, c.kind, c.body).where(
            c.tenant == tenant, c.key == key, c.created_at > datetime.now(UTC) - timedelta(hours=KEPT_HOURS)
        )
        with self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Told(row.digest, row.status, row.kind, bytes(row.body))

    def keep(self, tenant: str, key: str, told: Told) -> None:
        """Remembers an answer; one that is too old gives way."""
        c = remembered.c
        with self._engine.begin() as connection:
            connection.execute(sa.delete(remembered).where(c.tenant == tenant, c.key == key))
            connection.execute(
                sa.insert(remembered).values(tenant=tenant, key=key, created_at=datetime.now(UTC), **vars(told))
            )

    def forget(self) -> int:
        """Drops what is too old; returns how many."""
        old = remembered.c.created_at < datetime.now(UTC) - timedelta(hours=KEPT_HOURS)
        with self._engine.begin() as connection:
            return connection.execute(sa.delete(remembered).where(old)).rowcount
