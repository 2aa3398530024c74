"""Samples for human coding, and the codes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TIME = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of samples and of what people said."""
    _samples()
    _units()
    _codes()


def _samples() -> None:
    op.create_table(
        "gold_samples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=True),
        sa.Column("first_week", sa.Integer(), nullable=True),
        sa.Column("last_week", sa.Integer(), nullable=True),
        sa.Column("drawn_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_gold_samples_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gold_samples"),
        sa.UniqueConstraint("name", name="uq_gold_samples_name"),
    )
    op.create_table(
        "gold_strata",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.String(length=12), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sample_id"], ["gold_samples.id"], name="fk_gold_strata_sample_id"),
        sa.PrimaryKeyConstraint("sample_id", "stratum", name="pk_gold_strata"),
    )


def _units() -> None:
    op.create_table(
        "gold_units",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("depth", sa.String(length=8), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.String(length=12), nullable=False),
        sa.Column("inclusion", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_gold_units_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name="fk_gold_units_revision_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sample_id"], ["gold_samples.id"], name="fk_gold_units_sample_id"),
        sa.PrimaryKeyConstraint("sample_id", "item_id", name="pk_gold_units"),
        sa.UniqueConstraint("sample_id", "place", name="uq_gold_units_sample_id_place"),
    )
    op.create_index("ix_gold_units_item_id", "gold_units", ["item_id"])
    op.create_index("ix_gold_units_revision_id", "gold_units", ["revision_id"])


def _codes() -> None:
    op.create_table(
        "codes",
        sa.Column("id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("depth", sa.String(length=8), nullable=False),
        sa.Column("coder", sa.String(length=80), nullable=False),
        sa.Column("coded_at", TIME, nullable=False),
        sa.Column("codebook", sa.String(length=20), nullable=False),
        sa.Column("relevant", sa.Boolean(), nullable=False),
        sa.Column("frames", sa.Text(), nullable=False),
        sa.Column("tone", sa.SmallInteger(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_codes_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name="fk_codes_revision_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_codes"),
    )
    op.create_index("ix_codes_item_id", "codes", ["item_id"])
    op.create_index("ix_codes_revision_id_coder", "codes", ["revision_id", "coder"])
