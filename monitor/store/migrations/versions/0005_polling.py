"""What polling learns of a source."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add a source's pace and address, a poll's share in the ledger, and tables of moves and quarantine."""
    _grow_sources()
    # Added as they are: polls are many, and SQLite need not write them anew.
    op.add_column("polls", sa.Column("fresh", sa.Integer(), nullable=True))
    op.add_column("polls", sa.Column("seen_seconds", sa.Float(), nullable=True))
    _make_moves()
    _make_quarantine()


def _grow_sources() -> None:
    with op.batch_alter_table(
        "sources", recreate="always" if op.get_bind().dialect.name == "sqlite" else "never"
    ) as sources:
        sources.add_column(sa.Column("first_poll_at", TIME, nullable=True))
        sources.add_column(sa.Column("last_fresh_at", TIME, nullable=True))
        sources.add_column(sa.Column("window", sa.Integer(), nullable=True))
        for name in ("rate", "peak", "gap_seconds", "hint_seconds"):
            sources.add_column(sa.Column(name, sa.Float(), nullable=True))
        sources.add_column(sa.Column("marks", sa.LargeBinary(), nullable=True))
        sources.add_column(sa.Column("gone", sa.Integer(), server_default="0", nullable=False))
        sources.add_column(sa.Column("moved_to", sa.Text(), nullable=True))


def _make_moves() -> None:
    op.create_table(
        "moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("from_url", sa.Text(), nullable=False),
        sa.Column("to_url", sa.Text(), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_moves_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_moves"),
    )
    op.create_index("ix_moves_source_id", "moves", ["source_id"])


def _make_quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=32), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_quarantine_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("source_id", "identity", name="uq_quarantine_source_id_identity"),
    )
    op.create_index("ix_quarantine_due_at", "quarantine", ["due_at"])
