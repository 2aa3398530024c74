"""Items that were stored before there were sketches: theirs are made afterwards, a batch at a time."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from monitor.store.copies import tie_stored
from monitor.store.dialect import Found
from monitor.store.schema import ItemRow, RevisionRow, SettingRow, SketchRow
from monitor.store.settings import put_setting, setting
from monitor.types import Item, Outlet, Published

LEFT = "items/unsketched"
"""Setting: after which item, and up to which, items may lack a sketch; set by the upgrade to schema 0010."""


def is_sketching_due(session: Session) -> bool:
    """Tell whether there may be items whose sketches are to be made."""
    return setting(session, LEFT) is not None


def sketch_stored(session: Session, limit: int) -> bool:
    """Make the sketches of the next items that lack one; False where that was the end of them.

    What is left of their first revisions is sketched: where the text policy or ``keep:`` has cut the text,
    less is found than at their arrival.

    Args:
        session: a writing one.
        limit: items to look at.
    """
    left = setting(session, LEFT)
    if left is None:
        return False
    after, until = map(int, left.split("/"))
    query = (
        select(ItemRow.id, ItemRow.week, ItemRow.outlet_id, ItemRow.published_at)
        .add_columns(RevisionRow.title, RevisionRow.summary, RevisionRow.text)
        .join(RevisionRow, (RevisionRow.item_id == ItemRow.id) & (RevisionRow.number == 1))
        .outerjoin(SketchRow, SketchRow.item_id == ItemRow.id)
        .where(ItemRow.id > after, ItemRow.id <= until, SketchRow.item_id.is_(None))
    )
    found = session.execute(query.order_by(ItemRow.id).limit(limit)).all()
    tie_stored(session, {row.id: (dict(row._mapping), _said(row)) for row in found})
    if len(found) < limit:
        session.execute(delete(SettingRow).where(SettingRow.key == LEFT))
        return False
    put_setting(session, LEFT, f"{found[-1].id}/{until}")
    return True


def _said(row: Found) -> Item:
    published = Published(row.published_at, "", "feed", "second")
    return Item("", Outlet(""), row.title, published, summary=row.summary, text=row.text)
