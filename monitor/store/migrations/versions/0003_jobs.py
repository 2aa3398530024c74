"""Leases of sources, and what the daemon's jobs came to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Let a poll be leased, and make the table of jobs."""
    # Made anew on SQLite, which would else write the columns behind the constraints.
    with op.batch_alter_table(
        "sources", recreate="always" if op.get_bind().dialect.name == "sqlite" else "never"
    ) as sources:
        sources.add_column(sa.Column("leased_until", TIME, nullable=True))
        sources.add_column(sa.Column("leased_by", sa.Text(), nullable=True))
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_success_at", TIME, nullable=True),
        sa.Column("next_at", TIME, nullable=True),
        sa.Column("leased_until", TIME, nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_jobs"),
    )
