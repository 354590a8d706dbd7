"""Tenants, keys, quotas, remembered answers, jobs, and what is needed to erase."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """What was kept so far belongs to the default tenant."""
    op.add_column("predictions", sa.Column("tenant", sa.String(64), nullable=False, server_default="default"))
    op.add_column("predictions", sa.Column("requester", sa.String(320)))
    op.create_index("ix_predictions_requester", "predictions", ["tenant", "requester"])
    _access()
    _jobs()
    op.create_table(
        "trained_on",
        sa.Column("model", sa.String(200), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("prediction_id", sa.String(40), primary_key=True),
    )
    op.create_index("ix_trained_on_prediction_id", "trained_on", ["prediction_id"])
    op.create_table(
        "erasures",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("predictions", sa.Integer, nullable=False),
        sa.Column("versions", sa.JSON, nullable=False),
    )
    op.create_index("ix_erasures_tenant", "erasures", ["tenant"])


def _access() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_table(
        "quotas",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("per_minute", sa.Integer, nullable=False),
    )
    op.create_table(
        "remembered",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_remembered_created_at", "remembered", ["created_at"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("owner", sa.String(40)),
        sa.Column("leased_until", MOMENT),
    )
    op.create_index("ix_jobs_tenant", "jobs", ["tenant"])
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_table(
        "job_items",
        sa.Column("job_id", sa.String(40), sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("requester", sa.String(320)),
        sa.Column("outcome", sa.Text),
        sa.Column("failed", sa.Boolean),
    )


def downgrade() -> None:
    """Back to one tenant; its rows stay."""
    for table in ("erasures", "trained_on", "job_items", "jobs", "remembered", "quotas", "keys"):
        op.drop_table(table)
    op.drop_index("ix_predictions_requester", "predictions")
    with op.batch_alter_table("predictions") as batch:
        batch.drop_column("requester")
        batch.drop_column("tenant")
