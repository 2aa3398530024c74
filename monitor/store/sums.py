"""Tables of sums that move by differences."""

from collections.abc import Sequence

from sqlalchemy import Table, bindparam, delete
from sqlalchemy.orm import Session

from monitor.store.dialect import Row, execute_rows, insert


def add_to_sums(session: Session, target: Table, rows: Sequence[Row], summed: Sequence[str]) -> None:
    """Add rows to the stored ones of the same keys; a row whose first sum comes to 0 goes."""
    if not rows:
        return
    keys = key_names(target)
    statement = insert(session, target)
    added = {name: target.c[name] + statement.excluded[name] for name in summed}
    execute_rows(session, statement.on_conflict_do_update(index_elements=keys, set_=added), rows)
    lessened = [{f"of_{key}": row[key] for key in keys} for row in rows if row[summed[0]] < 0]
    if lessened:
        same = (target.c[key] == bindparam(f"of_{key}") for key in keys)
        session.execute(delete(target).where(target.c[summed[0]] == 0, *same), lessened)


def key_names(target: Table) -> list[str]:
    """Return the columns of a table's primary key."""
    return [column.name for column in target.primary_key]
