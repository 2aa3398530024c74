"""Rows for export, streamed: a table of items and one of labels, for files of any kind.

Times are aware datetimes in UTC and weeks are written ``2026-W46``; no text leaves unless asked for.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.dialect import Found, Query
from monitor.store.labels import judgement_of
from monitor.store.schema import ItemRow, LabelRow, OutletRow, RevisionRow
from monitor.store.stories import is_newest_revision
from monitor.types import StoredModel

ITEM_COLUMNS = (
    "id",
    "outlet",
    "outlet_type",
    "nation",
    "url",
    "published_at",
    "week",
    "first_seen_at",
    "cluster",
    "revisions",
)
"""``cluster`` is the id of the copy of the story published first, the item's own where it is that."""

TEXT_COLUMNS = ("title", "summary", "text")
"""Added with text: what the newest revision says."""

_LABEL_COLUMNS = (
    "item",
    "revision",
    "outlet",
    "outlet_type",
    "nation",
    "url",
    "published_at",
    "week",
    "cluster",
    "model",
    "codebook",
    "depth",
    "counted",
    "labelled_at",
    "relevant",
    "relevant_p",
    "relevant_margin",
    "relevant_unclear",
    "strict",
    "tone_score",
    "tone_band",
    "tone_margin",
    "tone_unclear",
    "primary",
    "mentions",
)
_ROWS_AT_ONCE = 1_000


def label_columns(frames: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of exported labels: five for each frame after those of the whole reading."""
    return (
        *_LABEL_COLUMNS,
        *(
            name
            for frame in frames
            for name in (
                *(frame, f"{frame}_p", f"{frame}_margin"),
                *(f"{frame}_unclear", f"{frame}_mentions"),
            )
        ),
    )


def margin_types(frames: Sequence[str]) -> dict[str, type]:
    """Return the types of the columns of margins, which may be missing from any number of rows."""
    about = ("relevant", "tone", *frames)
    types: dict[str, type] = {f"{one}_margin": float for one in about}
    return types | {f"{one}_unclear": bool for one in about}


def export_items(
    session: Session, *, first: Week | None = None, last: Week | None = None, with_text: bool = False
) -> Iterator[dict[str, object]]:
    """Yield every item published from first to last week inclusive, in the order of ids.

    The columns are ITEM_COLUMNS, and with text TEXT_COLUMNS after them, in this order.
    """
    query = select(*_item_columns(), ItemRow.first_seen_at, RevisionRow.number.label("revisions"))
    if with_text:
        query = query.add_columns(RevisionRow.title, RevisionRow.summary, RevisionRow.text)
    query = query.select_from(ItemRow).join(RevisionRow, is_newest_revision())
    columns = (*ITEM_COLUMNS, *(TEXT_COLUMNS if with_text else ()))
    for row in _streamed(session, query.order_by(ItemRow.id), first, last):
        yield _in_order({**row._mapping, "week": str(Week.from_key(row.week))}, columns)


def export_labels(
    session: Session, model: StoredModel, *, first: Week | None = None, last: Week | None = None
) -> Iterator[dict[str, object]]:
    """Yield every label of a model on items of first to last week inclusive, by item, revision and depth.

    All labels are there; those that enter the weekly sums have ``counted``. The columns are those of
    `label_columns`, in this order.
    """
    query = (
        select(*_item_columns(), LabelRow)
        .join(LabelRow, LabelRow.item_id == ItemRow.id)
        .where(LabelRow.model_id == model.id)
        .order_by(LabelRow.item_id, LabelRow.revision_id, LabelRow.depth)
    )
    columns = label_columns(model.frames)
    for row in _streamed(session, query, first, last):
        about = {**row._mapping, "item": row.id, "week": str(Week.from_key(row.week))}
        yield _in_order({**about, **_said(row.LabelRow, model)}, columns)


def _item_columns() -> tuple[Any, ...]:
    return (
        ItemRow.id,
        OutletRow.name.label("outlet"),
        OutletRow.outlet_type,
        OutletRow.nation,
        ItemRow.url,
        ItemRow.published_at,
        ItemRow.week,
        func.coalesce(ItemRow.cluster_id, ItemRow.id).label("cluster"),
    )


def _streamed(session: Session, query: Query, first: Week | None, last: Week | None) -> Iterator[Found]:
    query = query.join(OutletRow, OutletRow.id == ItemRow.outlet_id)
    if first is not None:
        query = query.where(ItemRow.week >= first.key)
    if last is not None:
        query = query.where(ItemRow.week <= last.key)
    with session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        yield from rows


def _said(label: LabelRow, model: StoredModel) -> dict[str, object]:
    judgement = judgement_of(label, model)
    said: dict[str, object] = {
        "revision": label.revision_id,
        "model": model.version,
        "codebook": model.codebook,
        "depth": label.depth,
        "counted": label.counted,
        "labelled_at": label.labelled_at,
        "relevant": label.relevant,
        "relevant_p": label.relevant_p,
        "relevant_margin": judgement.relevant_margin,
        "relevant_unclear": judgement.relevant_unclear,
        "strict": label.strict,
        "tone_score": label.tone_score,
        "tone_band": label.tone_band,
        "tone_margin": judgement.tone_margin,
        "tone_unclear": judgement.tone_unclear,
        "primary": label.primary_frame,
        "mentions": label.mentions,
    }
    for frame, given in judgement.frames.items():
        said[frame] = given.label
        said[f"{frame}_p"] = given.p
        said[f"{frame}_margin"] = given.margin
        said[f"{frame}_unclear"] = given.unclear
        said[f"{frame}_mentions"] = given.mentions
    return said


def _in_order(values: dict[str, Any], columns: Sequence[str]) -> dict[str, object]:
    return {column: values[column] for column in columns}
