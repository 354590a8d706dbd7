"""Erasing what is known of somebody, or what is older than it may be; and which models learned from it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from serving.requesters import hidden, requester_of
from serving.store.tables import erasures, feedback, job_items, jobs, predictions, remembered, trained_on

GONE = '{"type": "about:blank", "title": "Gone", "status": 410, "detail": "erased"}'
"""What stands in a job's results for an item that was erased."""


@dataclass(frozen=True)
class Erased:
    """What an erasure removed. It names nobody."""

    created_at: datetime
    reason: str
    """requester or age."""
    predictions: int
    versions: list[str]
    """Model versions, as name/number, that were trained on corrections of what was erased."""


class Erasures:
    """Removes rows and keeps a record that says how many."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def of_requester(self, tenant: str, requester: str) -> Erased:
        """Everything that came from one requester of a tenant, whatever the case of its letters."""
        whom = requester_of(requester) or ""
        own = predictions.c.tenant == tenant
        of_jobs = job_items.c.job_id.in_(sa.select(jobs.c.id).where(jobs.c.tenant == tenant))
        same = predictions.c.requester.in_(self._spellings(whom, predictions.c.requester, own))
        items = sa.and_(of_jobs, job_items.c.requester.in_(self._spellings(whom, job_items.c.requester, of_jobs)))
        blank = {"line": "", "requester": None, "outcome": GONE, "failed": True}
        return self._erase(tenant, "requester", same, [sa.update(job_items).where(items).values(blank)])

    def older_than(self, tenant: str, moment: datetime) -> Erased:
        """Everything of a tenant from before a moment, finished jobs included."""
        old = sa.select(jobs.c.id).where(jobs.c.tenant == tenant, jobs.c.finished_at < moment)
        with_jobs = [
            sa.delete(job_items).where(job_items.c.job_id.in_(old)),
            sa.delete(jobs).where(jobs.c.tenant == tenant, jobs.c.finished_at < moment),
        ]
        return self._erase(tenant, "age", predictions.c.created_at < moment, with_jobs)

    def _spellings(self, whom: str, column: sa.Column[Any], which: sa.ColumnElement[bool]) -> list[str]:
        """How a requester stands in a column.

        Python compares, since databases differ on letters beyond ASCII: SQLite's `lower` leaves them as they are, and
        so does PostgreSQL's under some locales.
        """
        names = (whom.lower(), hidden(whom))
        stored = sa.select(column).where(which, column.is_not(None)).distinct().execution_options(yield_per=1000)
        with self._engine.connect() as connection:
            return [each for each in connection.scalars(stored) if each.lower() in names]

    def _erase(self, tenant: str, reason: str, which: Any, others: list[Any]) -> Erased:
        gone = sa.select(predictions.c.id).where(predictions.c.tenant == tenant, which)
        learned = (
            sa.select(trained_on.c.model, trained_on.c.version)
            .where(trained_on.c.prediction_id.in_(gone))
            .distinct()
            .order_by(trained_on.c.model, trained_on.c.version)
        )
        with self._engine.begin() as connection:
            versions = [f"{row.model}/{row.version}" for row in connection.execute(learned)]
            connection.execute(sa.delete(feedback).where(feedback.c.prediction_id.in_(gone)))
            count = connection.execute(sa.delete(predictions).where(predictions.c.tenant == tenant, which)).rowcount
            touched = sum(connection.execute(each).rowcount for each in others)
            if count:
                connection.execute(sa.delete(remembered).where(remembered.c.tenant == tenant))
            erased = Erased(datetime.now(UTC), reason, count, versions)
            if count or touched:
                connection.execute(sa.insert(erasures).values(tenant=tenant, **vars(erased)))
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:  # the log of changes holds old pages until it is folded in
                connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        return erased

    def all(self, tenant: str) -> list[Erased]:
        """A tenant's erasures, oldest first."""
        wanted = sa.select(erasures).where(erasures.c.tenant == tenant).order_by(erasures.c.number)
        with self._engine.connect() as connection:
            return [
                Erased(row.created_at, row.reason, row.predictions, list(row.versions))
                for row in connection.execute(wanted)
            ]

    def tenants(self) -> list[str]:
        """Tenants that have predictions or jobs."""
        with self._engine.connect() as connection:
            found = connection.execute(sa.union(sa.select(predictions.c.tenant), sa.select(jobs.c.tenant)))
            return sorted(row.tenant for row in found)
