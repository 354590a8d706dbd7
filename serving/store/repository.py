"""Predictions and corrections, kept. Blocking; the engine calls it off the event loop."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json

from model.errors import NotFound
from serving.store.connection import connect
from serving.store.erasing import Erasures
from serving.store.jobs import Jobs
from serving.store.keys import Keys
from serving.store.remembered import Remembered
from serving.store.shadows import Shadows
from serving.store.tables import DEFAULT_TENANT, feedback, predictions, trained_on
from serving.store.windows import Windows

RUN = 64
"""Rows that go into SQLite with one statement."""


@dataclass(frozen=True)
class Stored:
    """A prediction as it is kept."""

    id: str
    created_at: datetime
    item_id: str | None
    channel: str | None
    subject: str
    body: str
    labels: Mapping[str, str | None]
    """Level -> label; all None is out of scope."""
    answer: str
    """What the caller was told, as JSON."""
    model_version: int
    fingerprint: str
    tenant: str = DEFAULT_TENANT
    requester: str | None = None
    """Whoever wrote the item; what is known of them can be erased by this."""

    @property
    def told(self) -> dict[str, Any]:
        """What the caller was told."""
        found: dict[str, Any] = json.loads(self.answer)
        return found


@dataclass(frozen=True)
class Feedback:
    """What somebody said of a prediction; the newest word counts."""

    prediction_id: str
    created_at: datetime
    labels: Mapping[str, str | None]
    correct: bool
    source: str | None = None
    actor: str | None = None


class Store:
    """Tables at one address. What a method returned from is on disk. A tenant sees its own rows only."""

    def __init__(self, url: str) -> None:
        self._engine = connect(url)
        self._bare = self._engine.dialect.name == "postgresql"
        self.keys = Keys(self._engine)
        self.remembered = Remembered(self._engine)
        self.jobs = Jobs(self._engine)
        self.erasures = Erasures(self._engine)
        self.windows = Windows(self._engine)
        self.shadows = Shadows(self._engine)

    def add(self, rows: Sequence[Stored]) -> None:
        """Keeps predictions, all in one commit."""
        if rows:
            with self._engine.begin() as connection:
                if self._bare:
                    connection.execute(_INSERT, [self._row(row) for row in rows])
                else:  # the driver's own way: SQLAlchemy's takes longer than SQLite itself
                    for run in (rows[place : place + RUN] for place in range(0, len(rows), RUN)):
                        connection.exec_driver_sql(_bare(len(run)), tuple(chain.from_iterable(map(_plain, run))))

    def _row(self, row: Stored) -> dict[str, Any]:
        if "\x00" in row.body or "\x00" in row.subject or "\x00" in f"{row.item_id}{row.requester}":
            row = replace(  # PostgreSQL's texts hold no NUL
                row,
                body=row.body.replace("\x00", "\ufffd"),
                subject=row.subject.replace("\x00", "\ufffd"),
                item_id=row.item_id and row.item_id.replace("\x00", "\ufffd"),
                requester=row.requester and row.requester.replace("\x00", "\ufffd"),
            )
        return vars(row)

    def get(self, prediction_id: str, tenant: str = DEFAULT_TENANT) -> Stored:
        """One prediction of a tenant. Raises NotFound."""
        wanted = sa.select(predictions).where(predictions.c.id == prediction_id, predictions.c.tenant == tenant)
        with self._engine.connect() as connection:
            row = None if "\x00" in prediction_id else connection.execute(wanted).one_or_none()
        if row is None:
            raise NotFound(f"there is no prediction {prediction_id!r}")
        return Stored(**row._asdict())

    def say(self, word: Feedback, tenant: str = DEFAULT_TENANT) -> int:
        """Keeps what somebody said and returns its number. Raises NotFound where the prediction does not exist."""
        self.get(word.prediction_id, tenant)
        with self._engine.begin() as connection:
            done = connection.execute(sa.insert(feedback).values(**vars(word)))
            (number,) = done.inserted_primary_key or (0,)
        return int(number)

    def said(self, prediction_id: str) -> list[Feedback]:
        """Everything said of a prediction, oldest first."""
        wanted = sa.select(feedback).where(feedback.c.prediction_id == prediction_id).order_by(feedback.c.number)
        with self._engine.connect() as connection:
            return [_feedback(row) for row in connection.execute(wanted)]

    def corrections(self, tenant: str = DEFAULT_TENANT) -> Iterator[tuple[Stored, Feedback]]:
        """Each prediction that somebody judged, with the newest word on it; in the order of those words."""
        newest = sa.select(sa.func.max(feedback.c.number)).group_by(feedback.c.prediction_id)
        wanted = (
            sa.select(feedback)
            .join(predictions, predictions.c.id == feedback.c.prediction_id)
            .where(feedback.c.number.in_(newest), predictions.c.tenant == tenant)
            .order_by(feedback.c.number)
        )
        with self._engine.connect() as connection:
            for row in connection.execute(wanted).all():
                yield self.get(row.prediction_id, tenant), _feedback(row)

    def unreviewed(self, tenant: str = DEFAULT_TENANT, most: int = 100_000) -> list[Stored]:
        """The newest predictions of a tenant that nobody has said a word about, newest first."""
        judged = sa.select(feedback.c.prediction_id)
        wanted = (
            sa.select(predictions)
            .where(predictions.c.tenant == tenant, predictions.c.id.not_in(judged))
            .order_by(predictions.c.created_at.desc(), predictions.c.id)
            .limit(most)
        )
        with self._engine.connect() as connection:
            return [Stored(**row._asdict()) for row in connection.execute(wanted)]

    def note_training(self, model: str, version: int, used: Sequence[str]) -> None:
        """Keeps which predictions' corrections a model version was trained on."""
        if used:
            with self._engine.begin() as connection:
                rows = [{"model": model, "version": version, "prediction_id": each} for each in dict.fromkeys(used)]
                connection.execute(sa.insert(trained_on), rows)

    def count(self) -> int:
        """Predictions kept."""
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(predictions)).scalar_one())

    def ping(self) -> None:
        """Raises where the database does not answer."""
        with self._engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))

    def close(self) -> None:
        """Gives connections back."""
        self._engine.dispose()


_INSERT = sa.insert(predictions)
_COLUMNS = [each.name for each in fields(Stored)]


@lru_cache(RUN)
def _bare(rows: int) -> str:
    """One statement for many rows: of several, each would wait for its turn at Python's lock."""
    row = f"({', '.join('?' * len(_COLUMNS))})"
    return f"INSERT INTO predictions ({', '.join(_COLUMNS)}) VALUES {', '.join([row] * rows)}"  # noqa: S608


def _plain(row: Stored) -> tuple[Any, ...]:
    """A row as SQLite keeps it, in the order of Stored's fields."""
    at, labels = _moment(row.created_at), to_json(row.labels).decode()
    return (row.id, at, row.item_id, row.channel, row.subject, row.body, labels, row.answer, *_last(row))


@lru_cache(16)
def _moment(at: datetime) -> str:
    """A time as SQLite keeps it; a batch has one for all its rows."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


_last = attrgetter("model_version", "fingerprint", "tenant", "requester")


def _feedback(row: Any) -> Feedback:
    return Feedback(row.prediction_id, row.created_at, row.labels, row.correct, row.source, row.actor)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
