"""What is needed to tell how close a model's decisions were."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns; of the labels so far only the margin of tone is known."""
    op.add_column("models", sa.Column("needed", sa.Text(), nullable=True))
    op.add_column("labels", sa.Column("cautious", sa.BigInteger(), nullable=True))
