"""Predictions and corrections, kept. Blocking; the engine calls it off the event loop."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from model.errors import NotFound
from serving.store.tables import feedback, metadata, predictions


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
    answer: Mapping[str, Any]
    """What the caller was told."""
    model_version: int
    fingerprint: str


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
    """Tables at one address. What a method returned from is on disk."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
        metadata.create_all(self._engine)

    def add(self, rows: Sequence[Stored]) -> None:
        """Keeps predictions, all in one commit."""
        if rows:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(predictions), [vars(row) for row in rows])

    def get(self, prediction_id: str) -> Stored:
        """One prediction. Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(predictions).where(predictions.c.id == prediction_id)).one_or_none()
        if row is None:
            raise NotFound(f"there is no prediction {prediction_id!r}")
        return Stored(**row._asdict())

    def say(self, word: Feedback) -> int:
        """Keeps what somebody said and returns its number. Raises NotFound where the prediction does not exist."""
        self.get(word.prediction_id)
        with self._engine.begin() as connection:
            done = connection.execute(sa.insert(feedback).values(**vars(word)))
            (number,) = done.inserted_primary_key or (0,)
        return int(number)

    def said(self, prediction_id: str) -> list[Feedback]:
        """Everything said of a prediction, oldest first."""
        wanted = sa.select(feedback).where(feedback.c.prediction_id == prediction_id).order_by(feedback.c.number)
        with self._engine.connect() as connection:
            return [_feedback(row) for row in connection.execute(wanted)]

    def corrections(self) -> Iterator[tuple[Stored, Feedback]]:
        """Each prediction that somebody judged, with the newest word on it; in the order of those words."""
        newest = sa.select(sa.func.max(feedback.c.number)).group_by(feedback.c.prediction_id)
        wanted = sa.select(feedback).where(feedback.c.number.in_(newest)).order_by(feedback.c.number)
        with self._engine.connect() as connection:
            for row in connection.execute(wanted).all():
                yield self.get(row.prediction_id), _feedback(row)

    def count(self) -> int:
        """Predictions kept."""
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(predictions)).scalar_one())

    def close(self) -> None:
        """Gives connections back."""
        self._engine.dispose()


def _feedback(row: Any) -> Feedback:
    return Feedback(row.prediction_id, row.created_at, row.labels, row.correct, row.source, row.actor)


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Readers beside one writer, nothing acknowledged that is not on disk, and patience with locks."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
