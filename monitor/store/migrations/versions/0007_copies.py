"""Wire copies that are not word for word."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of sketches; items that are stored already have none."""
    op.create_table(
        "sketches",
        sa.Column("item_id", ID, autoincrement=False, nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_sketches_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name="pk_sketches"),
    )
    op.create_table(
        "sketch_keys",
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("item_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("week", "key", "item_id", name="pk_sketch_keys"),
        sqlite_with_rowid=False,
    )
