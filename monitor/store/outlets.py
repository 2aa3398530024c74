"""Who publishes; the rows that items and sources refer to."""

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.store.dialect import chunks, insert
from monitor.store.schema import OutletRow, table
from monitor.types import Outlet, OutletType


def outlet_ids(session: Session, outlets: Iterable[Outlet], *, decides: bool = False) -> dict[str, int]:
    """Return the id of each outlet by its name, adding those that are new.

    Args:
        decides: the type and nation given replace those stored, as feeds.yaml's do. Otherwise they only
            replace ``unknown``, so that an imported file cannot unsay what feeds.yaml says.
    """
    # The last of one name holds: one that says its type, and always the same one.
    by_name = {outlet.name: outlet for outlet in sorted(outlets, key=_precision)}
    stored = _stored(session, list(by_name))
    missing = [outlet for name, outlet in by_name.items() if name not in stored]
    if missing:
        rows = [{"name": o.name, "outlet_type": o.outlet_type.value, "nation": o.nation} for o in missing]
        session.execute(insert(session, table(OutletRow)).on_conflict_do_nothing(), rows)
        stored |= _stored(session, [outlet.name for outlet in missing])
    for name, outlet in by_name.items():
        known = stored[name][1]
        if outlet != known and (decides or (_is_vague(known) and not _is_vague(outlet))):
            session.execute(
                update(OutletRow)
                .where(OutletRow.name == name)
                .values(outlet_type=outlet.outlet_type.value, nation=outlet.nation)
            )
    return {name: stored[name][0] for name in by_name}


def _precision(outlet: Outlet) -> tuple[bool, str, str]:
    return not _is_vague(outlet), outlet.outlet_type, outlet.nation


def _is_vague(outlet: Outlet) -> bool:
    return outlet.outlet_type == OutletType.UNKNOWN


def _stored(session: Session, names: list[str]) -> dict[str, tuple[int, Outlet]]:
    return {
        row.name: (row.id, Outlet(row.name, OutletType(row.outlet_type), row.nation))
        for some in chunks(names)
        for row in session.execute(
            select(OutletRow.id, OutletRow.name, OutletRow.outlet_type, OutletRow.nation).where(
                OutletRow.name.in_(some)
            )
        )
    }
