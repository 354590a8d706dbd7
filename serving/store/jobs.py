"""Large files of items to classify, kept until they are done: whatever stops a server, another one goes on."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from model.errors import NotFound
from serving.store.tables import job_items, jobs

LEASE = timedelta(seconds=30)
"""How long a job that nobody works on waits for another server."""
FINAL = ("done", "cancelled")


@dataclass(frozen=True)
class Job:
    """Where a job stands."""

    id: str
    tenant: str
    state: str
    """queued, running, done or cancelled."""
    total: int
    created_at: datetime
    finished_at: datetime | None
    done: int = 0
    """Items answered, failed ones included."""
    failed: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of an item."""

    number: int
    text: str
    """JSON: the answer, or a problem."""
    failed: bool


class Jobs:
    """All tenants' jobs."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def create(self, number: str, tenant: str, lines: Sequence[tuple[str, str | None]]) -> None:
        """Keeps a job with its lines, each with its requester where one is known."""
        items = [{"job_id": number, "number": k, "line": line, "requester": who} for k, (line, who) in enumerate(lines)]
        with self._engine.begin() as connection:
            connection.execute(
                sa.insert(jobs).values(
                    id=number, tenant=tenant, state="queued", total=len(items), created_at=datetime.now(UTC)
                )
            )
            connection.execute(sa.insert(job_items), items)

    def get(self, number: str, tenant: str) -> Job:
        """A tenant's job. Raises NotFound."""
        found = self._read(sa.and_(jobs.c.id == number, jobs.c.tenant == tenant)) if "\x00" not in number else []
        if not found:
            raise NotFound(f"there is no job {number!r}")
        return found[0]

    def all(self, tenant: str, most: int = 100) -> list[Job]:
        """A tenant's newest jobs."""
        return self._read(jobs.c.tenant == tenant, most)

    def _read(self, which: sa.ColumnElement[bool], most: int = 1) -> list[Job]:
        c = job_items.c
        # `failed` is set where there is an outcome; asked for it alone, the database counts in the index
        answered = sa.select(sa.func.count(c.failed)).where(c.job_id == jobs.c.id).scalar_subquery()
        failed = (
            sa.select(sa.func.count(c.failed)).where(c.job_id == jobs.c.id, c.failed == sa.true()).scalar_subquery()
        )
        j = jobs.c
        wanted = sa.select(
            j.id,
            j.tenant,
            j.state,
            j.total,
            j.created_at,
            j.finished_at,
            answered.label("done"),
            failed.label("failed"),
        )
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.where(which).order_by(j.created_at.desc()).limit(most)).all()
        return [Job(**row._asdict()) for row in rows]

    def claim(self, owner: str, without: Collection[str] = ()) -> Job | None:
        """The oldest job that nobody works on, now this owner's; None where there is none.

        Jobs of the tenants `without` are left for later.
        """
        now = datetime.now(UTC)
        free = sa.or_(jobs.c.state == "queued", sa.and_(jobs.c.state == "running", jobs.c.leased_until < now))
        free = sa.and_(free, jobs.c.tenant.not_in(without))
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(jobs.c.id).where(free).order_by(jobs.c.created_at).limit(1)).first()
            if row is None:
                return None
            taken = sa.update(jobs).where(jobs.c.id == row.id, free)
            if not connection.execute(taken.values(state="running", owner=owner, leased_until=now + LEASE)).rowcount:
                return None
        return self._read(jobs.c.id == row.id)[0]

    def lines(self, number: str, most: int, after: int = -1) -> list[tuple[int, str]]:
        """The next lines of a job without an outcome, behind line number `after`: what is done is not read again."""
        c = job_items.c
        wanted = sa.select(c.number, c.line).where(c.job_id == number, c.number > after, c.outcome.is_(None))
        with self._engine.connect() as connection:
            return [(row.number, row.line) for row in connection.execute(wanted.order_by(c.number).limit(most))]

    def answer(self, number: str, owner: str, outcomes: Sequence[Outcome]) -> bool:
        """Keeps outcomes in place of their lines, and renews the lease; False where the job is another's by now."""
        c = job_items.c
        with self._engine.begin() as connection:
            if not connection.execute(_lease(number, owner)).rowcount:
                return False
            connection.execute(
                sa.update(job_items)
                .where(c.job_id == number, c.number == sa.bindparam("at"), c.outcome.is_(None))
                .values(line="", outcome=sa.bindparam("text"), failed=sa.bindparam("bad")),
                [{"at": each.number, "text": each.text, "bad": each.failed} for each in outcomes],
            )
        return True

    def renew(self, number: str, owner: str) -> None:
        """Makes it known that a job is still worked on."""
        with self._engine.begin() as connection:
            connection.execute(_lease(number, owner))

    def finish(self, number: str, state: str, tenant: str | None = None) -> None:
        """Ends a job as done or cancelled, unless it has ended already."""
        which = [jobs.c.id == number, jobs.c.state.not_in(FINAL)]
        which += [] if tenant is None else [jobs.c.tenant == tenant]
        with self._engine.begin() as connection:
            ended = sa.update(jobs).where(*which).values(state=state, finished_at=datetime.now(UTC))
            if connection.execute(ended).rowcount:  # lines that nobody will read are not kept
                connection.execute(sa.update(job_items).where(job_items.c.job_id == number).values(line=""))

    def release(self, owner: str) -> None:
        """Gives an owner's jobs back, so that the next server need not wait for the lease."""
        mine = sa.update(jobs).where(jobs.c.owner == owner, jobs.c.state == "running")
        with self._engine.begin() as connection:
            connection.execute(mine.values(state="queued", owner=None))

    def results(self, number: str, chunk: int = 500) -> Iterator[str]:
        """Lines of JSON, one per answered item in the file's order: number, and answer or error."""
        after, c = -1, job_items.c
        while True:
            wanted = sa.select(c.number, c.outcome, c.failed).where(
                c.job_id == number, c.number > after, c.outcome.is_not(None)
            )
            with self._engine.connect() as connection:
                rows = connection.execute(wanted.order_by(c.number).limit(chunk)).all()
            for row in rows:
                key = json.dumps("error" if row.failed else "answer")
                yield f'{{"number": {row.number}, {key}: {row.outcome}}}\n'
            if len(rows) < chunk:
                return
            after = rows[-1].number


def _lease(number: str, owner: str) -> sa.Update:
    mine = sa.update(jobs).where(jobs.c.id == number, jobs.c.owner == owner, jobs.c.state == "running")
    return mine.values(leased_until=datetime.now(UTC) + LEASE)
