"""The tables. Alembic's migrations make them; this module says what they are now.

Portable over SQLite and PostgreSQL: only generic column types, and no JSON where SQL must count.

    outlets ─< sources ─< polls            how collection went
    outlets ─< items ─< revisions          what was published, and every change to it
    models ─< labels >─ revisions          what a model said; append-only
    labels ─< evidence                     the passage that decided each frame
    weekly_totals, weekly_frames           rollups over the labels that count
    messages ─< deliveries                 the outbox: what is sent, and to whom
    jobs                                   what the daemon's jobs came to

A label *counts* (``labels.counted``) where it stands on the newest labelled revision of its item for
that model and reading (headline or full), and the item is the first-seen member of its story cluster.
The rollups are sums over the labels that count, kept in the transaction that adds labels.
"""

from monitor.store.schema.base import NEVER_AGAIN, VERSIONS, Base, Id, UtcDateTime, table
from monitor.store.schema.collect import ItemRow, OutletRow, PollRow, RevisionRow, SourceRow, TombstoneRow
from monitor.store.schema.deliver import DeliveryRow, MessageRow
from monitor.store.schema.label import EvidenceRow, LabelRow, ModelRow, WeeklyFrameRow, WeeklyTotalRow
from monitor.store.schema.operate import JobRow, SettingRow

__all__ = [
    "NEVER_AGAIN",
    "VERSIONS",
    "Base",
    "DeliveryRow",
    "EvidenceRow",
    "Id",
    "ItemRow",
    "JobRow",
    "LabelRow",
    "MessageRow",
    "ModelRow",
    "OutletRow",
    "PollRow",
    "RevisionRow",
    "SettingRow",
    "SourceRow",
    "TombstoneRow",
    "UtcDateTime",
    "WeeklyFrameRow",
    "WeeklyTotalRow",
    "table",
]
