"""Whether a text gives those whom it reproaches a say, where people code it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column; of the codes so far it is not known."""
    op.add_column("codes", sa.Column("reply", sa.Boolean(), nullable=True))
