"""Mentions of professions."""

import sqlalchemy as sa
from alembic import op

from monitor.store.professions import profession_mentions

revision = "0008"
down_revision = "0007"

ROWS_AT_ONCE = 5_000


def upgrade() -> None:
    """Make the tables, and count the items that are stored already.

    Of a revision whose summary ``keep:`` has blanked only the title can be counted.
    """
    op.create_table(
        "mentions",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("profession", sa.String(length=20), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_mentions_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "profession", name="pk_mentions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weekly_professions",
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.Integer(), nullable=False),
        sa.Column("profession", sa.String(length=20), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name="fk_weekly_professions_outlet_id"),
        sa.PrimaryKeyConstraint("week", "outlet_id", "profession", name="pk_weekly_professions"),
        sqlite_with_rowid=False,
    )
    _count_stored(op.get_bind())


def _count_stored(connection: sa.Connection) -> None:
    insert = sa.text(
        "INSERT INTO mentions (item_id, profession, mentions, counted)"
        " VALUES (:item_id, :profession, :mentions, :counted)"
    )
    after = 0
    while found := _first_revisions(connection, after):
        rows = [
            {"item_id": item_id, "profession": profession, "mentions": count, "counted": cluster is None}
            for item_id, cluster, title, summary in found
            for profession, count in profession_mentions(title, summary).items()
        ]
        if rows:
            connection.execute(insert, rows)
        after = found[-1][0]
    connection.execute(
        sa.text(
            "INSERT INTO weekly_professions (week, outlet_id, profession, items, mentions)"
            " SELECT items.week, items.outlet_id, mentions.profession, count(*), sum(mentions.mentions)"
            " FROM mentions JOIN items ON items.id = mentions.item_id WHERE mentions.counted"
            " GROUP BY items.week, items.outlet_id, mentions.profession"
        )
    )


def _first_revisions(connection: sa.Connection, after: int) -> list[sa.Row[int, int | None, str, str]]:
    """Return the next items with what their first revision says."""
    query = sa.text(
        "SELECT items.id, items.cluster_id, revisions.title, revisions.summary"
        " FROM items JOIN revisions ON revisions.item_id = items.id AND revisions.number = 1"
        " WHERE items.id > :after ORDER BY items.id LIMIT :most"
    )
    return list(connection.execute(query, {"after": after, "most": ROWS_AT_ONCE}).all())
