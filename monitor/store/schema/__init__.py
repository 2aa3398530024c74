"""The tables. Alembic's migrations make them; this module says what they are now.

Portable over SQLite and PostgreSQL: only generic column types, and no JSON where SQL must count.

    outlets ─< sources ─< polls            how collection went; old polls by day, in poll_days
    sources ─< moves, quarantine           where a feed has moved to; entries dated too far ahead
    outlets ─< items ─< revisions          what was published, and every change to it
    items ─ sketches, items ─< sketch_keys by what later copies of a story are found
    models ─< labels >─ revisions          what a model said; append-only
    labels ─< evidence                     the passage that decided each frame
    weekly_totals, weekly_frames           rollups over the labels that count
    gold_samples ─< gold_units >─ revisions   what people are asked to code, and how it was drawn
    codes >─ revisions                     what they said; append-only
    items ─< mentions                      professions that an item names; weekly_professions sums them
    messages ─< deliveries                 the outbox: what is sent, and to whom
    unsubscribed                           who has left which list
    jobs                                   what the daemon's jobs came to
    archives ─< archive_windows            which pieces of an archive were read; archive_calls by day

A label *counts* (``labels.counted``) where it stands on the newest labelled revision of its item for
that model and reading (headline or full), and the item is the first member of its story cluster.
The rollups are sums over the labels that count, kept in the transaction that adds labels.
"""

from monitor.store.schema.archives import ArchiveCallsRow, ArchiveRow, ArchiveWindowRow
from monitor.store.schema.base import NEVER_AGAIN, VERSIONS, Base, Id, UtcDateTime, table
from monitor.store.schema.codes import CodeRow, SampleRow, StratumRow, UnitRow
from monitor.store.schema.collect import (
    ItemRow,
    MoveRow,
    OutletRow,
    PollDayRow,
    PollRow,
    QuarantineRow,
    RevisionRow,
    SourceRow,
    TombstoneRow,
)
from monitor.store.schema.copies import SketchKeyRow, SketchRow
from monitor.store.schema.deliver import DeliveryRow, MessageRow
from monitor.store.schema.label import EvidenceRow, LabelRow, ModelRow, WeeklyFrameRow, WeeklyTotalRow
from monitor.store.schema.operate import JobRow, SettingRow
from monitor.store.schema.professions import MentionRow, WeeklyProfessionRow
from monitor.store.schema.subscriptions import UnsubscribedRow

__all__ = [
    "NEVER_AGAIN",
    "VERSIONS",
    "ArchiveCallsRow",
    "ArchiveRow",
    "ArchiveWindowRow",
    "Base",
    "CodeRow",
    "DeliveryRow",
    "EvidenceRow",
    "Id",
    "ItemRow",
    "JobRow",
    "LabelRow",
    "MentionRow",
    "MessageRow",
    "ModelRow",
    "MoveRow",
    "OutletRow",
    "PollDayRow",
    "PollRow",
    "QuarantineRow",
    "RevisionRow",
    "SampleRow",
    "SettingRow",
    "SketchKeyRow",
    "SketchRow",
    "SourceRow",
    "StratumRow",
    "TombstoneRow",
    "UnitRow",
    "UnsubscribedRow",
    "UtcDateTime",
    "WeeklyFrameRow",
    "WeeklyProfessionRow",
    "WeeklyTotalRow",
    "table",
]
