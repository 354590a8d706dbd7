"""How far a job is, from an index: a look at it need not read its texts."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """`failed` is set where and only where there is an outcome."""
    op.create_index("ix_job_items_failed", "job_items", ["job_id", "failed"])


def downgrade() -> None:
    """Without it."""
    op.drop_index("ix_job_items_failed", "job_items")
