"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

FTS5 = (
    """CREATE VIRTUAL TABLE revisions_fts USING fts5(
        title, summary, text,
        content='revisions', content_rowid='id', tokenize='unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER revisions_fts_insert AFTER INSERT ON revisions BEGIN
        INSERT INTO revisions_fts (rowid, title, summary, text)
        VALUES (new.id, new.title, new.summary, new.text);
    END""",
    """CREATE TRIGGER revisions_fts_delete AFTER DELETE ON revisions BEGIN
        INSERT INTO revisions_fts (revisions_fts, rowid, title, summary, text)
        VALUES ('delete', old.id, old.title, old.summary, old.text);
    END""",
    """CREATE TRIGGER revisions_fts_update AFTER UPDATE OF title, summary, text ON revisions BEGIN
        INSERT INTO revisions_fts (revisions_fts, rowid, title, summary, text)
        VALUES ('delete', old.id, old.title, old.summary, old.text);
        INSERT INTO revisions_fts (rowid, title, summary, text)
        VALUES (new.id, new.title, new.summary, new.text);
    END""",
)

# As FTS5 does it: accents and punctuation go, so that words are runs of letters and digits, and no word
# means anything but itself. A tsvector takes 1 MiB, which 200,000 characters never fill.
TSVECTOR = (
    r"""ALTER TABLE revisions ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
        to_tsvector('simple', left(regexp_replace(regexp_replace(
            normalize(title || E'\n' || summary || E'\n' || text, NFD),
            E'[\u0300-\u036F]', '', 'g'),
            E'[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00BF\u2000-\u206F\u2E00-\u2E7F\u3000-\u303F]+',
            ' ', 'g'), 200000))) STORED""",
    "CREATE INDEX ix_revisions_search ON revisions USING gin (search)",
)


def upgrade() -> None:
    """Make every table, and the search index: on SQLite one that follows the revisions by triggers."""
    _sources()
    _items()
    _labels()
    _evidence()
    _sums()
    for statement in FTS5 if op.get_bind().dialect.name == "sqlite" else TSVECTOR:
        op.execute(sa.text(statement.replace(":", r"\:")))


def _sources() -> None:
    op.create_table(
        "outlets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("outlet_type", sa.String(length=20), nullable=False),
        sa.Column("nation", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outlets"),
        sa.UniqueConstraint("name", name="uq_outlets_name"),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("outlet_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=True),
        sa.Column("next_poll_at", TIME, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_success_at", TIME, nullable=True),
        sa.Column("last_item_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name="fk_sources_outlet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("key", name="uq_sources_key"),
    )
    op.create_table(
        "polls",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_polls_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_polls"),
    )
    op.create_index("ix_polls_source_id_started_at", "polls", ["source_id", "started_at"])


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("id", ID, nullable=False),
        sa.Column("identity", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("guid", sa.Text(), nullable=True),
        sa.Column("published_at", TIME, nullable=False),
        sa.Column("published_raw", sa.Text(), nullable=False),
        sa.Column("published_source", sa.String(length=10), nullable=False),
        sa.Column("published_precision", sa.String(length=10), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("story", sa.String(length=32), nullable=True),
        sa.Column("cluster_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["cluster_id"], ["items.id"], name="fk_items_cluster_id"),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name="fk_items_outlet_id"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_items_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
        sa.UniqueConstraint("identity", name="uq_items_identity"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_items_cluster_id", "items", ["cluster_id"])
    op.create_index("ix_items_source_id", "items", ["source_id"])
    op.create_index("ix_items_story", "items", ["story"])
    op.create_index("ix_items_week", "items", ["week"])
    op.create_table(
        "revisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_revisions_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.UniqueConstraint("item_id", "number", name="uq_revisions_item_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tombstones",
        sa.Column("identity", sa.String(length=32), nullable=False),
        sa.Column("forgotten_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_tombstones"),
    )


def _labels() -> None:
    op.create_table(
        "models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("codebook", sa.String(length=20), nullable=False),
        sa.Column("frames", sa.Text(), nullable=False),
        sa.Column("first_used_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
        sa.UniqueConstraint("version", name="uq_models_version"),
    )
    op.create_table(
        "labels",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("depth", sa.String(length=8), nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("labelled_at", TIME, nullable=False),
        sa.Column("relevant", sa.Boolean(), nullable=False),
        sa.Column("relevant_p", sa.Float(), nullable=False),
        sa.Column("strict", sa.Boolean(), nullable=False),
        sa.Column("tone_score", sa.Float(), nullable=False),
        sa.Column("tone_band", sa.String(length=8), nullable=True),
        sa.Column("primary_frame", sa.String(length=40), nullable=True),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("unclear", sa.BigInteger(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=False),
        sa.Column("frame_mentions", sa.LargeBinary(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_labels_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_labels_model_id"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name="fk_labels_revision_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "model_id", "depth", name="pk_labels"),
    )
    op.create_index("ix_labels_item_id_model_id", "labels", ["item_id", "model_id"])


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("depth", sa.String(length=8), nullable=False),
        sa.Column("frame", sa.String(length=40), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id", "model_id", "depth"],
            ["labels.revision_id", "labels.model_id", "labels.depth"],
            name="fk_evidence_label",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("revision_id", "model_id", "depth", "frame", name="pk_evidence"),
    )


def _sums() -> None:
    op.create_table(
        "weekly_totals",
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=8), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("depth", sa.String(length=8), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.Integer(), nullable=False),
        sa.Column("labelled", sa.Integer(), nullable=False),
        sa.Column("relevant", sa.Integer(), nullable=False),
        sa.Column("negative", sa.Integer(), nullable=False),
        sa.Column("neutral", sa.Integer(), nullable=False),
        sa.Column("positive", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_weekly_totals_model_id"),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name="fk_weekly_totals_outlet_id"),
        sa.PrimaryKeyConstraint(
            "model_id", "series", "unit", "depth", "week", "outlet_id", name="pk_weekly_totals"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weekly_frames",
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=8), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("depth", sa.String(length=8), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.Integer(), nullable=False),
        sa.Column("frame", sa.String(length=40), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_weekly_frames_model_id"),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name="fk_weekly_frames_outlet_id"),
        sa.PrimaryKeyConstraint(
            "model_id", "series", "unit", "depth", "week", "outlet_id", "frame", name="pk_weekly_frames"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_settings"),
    )
