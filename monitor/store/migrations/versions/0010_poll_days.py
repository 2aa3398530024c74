"""Old polls by day and source; and from which item to which there may be no sketches."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table, which upkeep fills, and note what upkeep is to give sketches."""
    op.create_table(
        "poll_days",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.DateTime(timezone=True), nullable=False),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("good_polls", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("seen_seconds", sa.Float(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_poll_days_source_id"),
        sa.PrimaryKeyConstraint("source_id", "day", name="pk_poll_days"),
    )
    op.execute(
        "INSERT INTO settings (key, value) SELECT 'items/unsketched', '0/' || max(id) FROM items"
        " HAVING max(id) IS NOT NULL"
    )
