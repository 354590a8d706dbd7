"""What a version in shadow would have answered."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Its rows go with the predictions that they are beside."""
    op.create_table(
        "shadows",
        sa.Column(
            "prediction_id", sa.String(40), sa.ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
    )
    op.create_index("ix_shadows_created_at", "shadows", ["created_at"])


def downgrade() -> None:
    """Without shadows."""
    op.drop_table("shadows")
