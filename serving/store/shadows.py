"""What a version in shadow would have answered, beside what was answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from model.agreement import Pair
from serving.store.tables import feedback, predictions, shadows

MOST = 200_000
"""Newest items that a comparison is about."""


@dataclass(frozen=True)
class Shadowed:
    """One item as the version in shadow sees it."""

    prediction_id: str
    fingerprint: str
    version: int
    created_at: datetime
    labels: Mapping[str, str | None]
    """Level -> label; all None is out of scope."""


@dataclass(frozen=True)
class Pairing:
    """Two models that saw the same items."""

    champion: str
    """Fingerprint."""
    champion_version: int
    challenger: str
    challenger_version: int


class Shadows:
    """Rows beside predictions; they go with them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, rows: Sequence[Shadowed]) -> None:
        """Keeps rows, all in one commit; those of predictions that were erased meanwhile are left out."""
        columns = ("prediction_id", "fingerprint", "version", "created_at", "labels")
        values = [sa.bindparam(name, type_=shadows.c[name].type).label(name) for name in columns]
        there = sa.exists().where(predictions.c.id == sa.bindparam("prediction_id"))
        adding = sa.insert(shadows).from_select(columns, sa.select(*values).where(there))
        with self._engine.begin() as connection:
            for row in rows:
                connection.execute(adding, vars(row))

    def newest(self, tenant: str) -> Pairing | None:
        """The two models whose answers to a tenant were compared last; None where there are none."""
        wanted = (
            sa.select(predictions.c.fingerprint, predictions.c.model_version, shadows.c.fingerprint, shadows.c.version)
            .join(predictions, predictions.c.id == shadows.c.prediction_id)
            .where(predictions.c.tenant == tenant)
            .order_by(shadows.c.created_at.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Pairing(*row)

    def pairs(self, tenant: str, pairing: Pairing) -> Iterator[Pair]:
        """What both say of each item, with the newest word of people on it; newest items first, MOST at most."""
        words = sa.select(feedback.c.prediction_id, sa.func.max(feedback.c.number).label("number"))
        newest = words.group_by(feedback.c.prediction_id).subquery()
        wanted = (
            sa.select(predictions.c.labels, shadows.c.labels, feedback.c.labels)
            .select_from(shadows)
            .join(predictions, predictions.c.id == shadows.c.prediction_id)
            .outerjoin(newest, newest.c.prediction_id == predictions.c.id)
            .outerjoin(feedback, feedback.c.number == newest.c.number)
            .where(
                predictions.c.tenant == tenant,
                predictions.c.fingerprint == pairing.champion,
                shadows.c.fingerprint == pairing.challenger,
            )
            .order_by(shadows.c.created_at.desc())
            .limit(MOST)
        )
        with self._engine.connect().execution_options(yield_per=1_000) as connection:
            for champion, challenger, truth in connection.execute(wanted):
                yield Pair(champion, challenger, truth)
