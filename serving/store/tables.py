"""The tables as they are now; `migrations/` holds the way there. What was said is append-only."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()
DEFAULT_TENANT = "default"


class Moment(sa.TypeDecorator[datetime]):
    """A time that goes in and comes out in UTC, whatever the database makes of time zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """To UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """SQLite forgets the zone; it was UTC."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


predictions = sa.Table(
    "predictions",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("created_at", Moment, nullable=False, index=True),
    sa.Column("item_id", sa.String(200), index=True),
    sa.Column("channel", sa.String(20)),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("model_version", sa.Integer, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("tenant", sa.String(64), nullable=False, server_default=DEFAULT_TENANT),
    sa.Column("requester", sa.String(320)),
    sa.Index("ix_predictions_requester", "tenant", "requester"),
)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("prediction_id", sa.String(40), sa.ForeignKey("predictions.id"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("correct", sa.Boolean, nullable=False),
    sa.Column("source", sa.String(100)),
    sa.Column("actor", sa.String(200)),
)

shadows = sa.Table(
    "shadows",
    metadata,
    sa.Column("prediction_id", sa.String(40), sa.ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False, index=True),
    sa.Column("labels", sa.JSON, nullable=False),
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("tenant", sa.String(64), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("scopes", sa.String(200), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
)

quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("per_minute", sa.Integer, nullable=False),
)

remembered = sa.Table(
    "remembered",
    metadata,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(100), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False, index=True),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("tenant", sa.String(64), nullable=False, index=True),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("owner", sa.String(40)),
    sa.Column("leased_until", Moment),
)

job_items = sa.Table(
    "job_items",
    metadata,
    sa.Column("job_id", sa.String(40), sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("requester", sa.String(320)),
    sa.Column("outcome", sa.Text),
    sa.Column("failed", sa.Boolean),
    sa.Index("ix_job_items_failed", "job_id", "failed"),
)

trained_on = sa.Table(
    "trained_on",
    metadata,
    sa.Column("model", sa.String(200), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("prediction_id", sa.String(40), primary_key=True, index=True),
)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("tenant", sa.String(64), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("predictions", sa.Integer, nullable=False),
    sa.Column("versions", sa.JSON, nullable=False),
)
