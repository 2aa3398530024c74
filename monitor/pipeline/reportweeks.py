"""Which weeks count as read: of the others nothing is known, which is not that they had no coverage."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.report.opening import LEAST_OBSERVED
from monitor.store.coverage import feed_hours, has_imported_items, has_items, polled_since
from monitor.types import WeekCount

LEAST_LISTED = 0.5
"""Of the items of a week that was surely read, in a week that began before the first poll."""
ENOUGH_WEEKS = 4
"""So many weeks that were surely read tell what one holds; with fewer, the fullest week stands for it."""


@dataclass(frozen=True, slots=True)
class SomeOutlets:
    """Of which outlets counts are, where they are not of all; None stands for all."""

    outlets: Sequence[str] | None = None
    keys: Sequence[str] | None = None
    """Their sources."""
    labelled: Sequence[WeekCount] = ()
    """The counts of all outlets: a week without one is not labelled."""


ALL_OUTLETS = SomeOutlets()


def read_counts(
    session: Session,
    counts: Sequence[WeekCount],
    reported: tuple[Week, Week],
    some: SomeOutlets = ALL_OUTLETS,
) -> list[WeekCount]:
    """Return the counts of the weeks that were read, with an empty one for each that had no item.

    A week with items was read if polling had begun before it, or any of its items came from an archive or a
    file. Of earlier weeks, feeds still list some items, single ones from years back: such a week was read if
    it has half as many as the median of the weeks that surely were. A week without items was read if polls
    observed half of its feed-hours.

    Args:
        counts: of the outlets together.
        reported: the first and last week of the report; their own counts stay, whatever was read of them.
        some: the outlets, where not all.
    """
    began = polled_since(session, some.keys)
    known = {count.week: count for count in counts if count.labelled}
    surely = {
        week: count.labelled
        for week, count in known.items()
        if (began is not None and began <= week.bounds()[0])
        or has_imported_items(session, week, some.outlets)
    }
    fullest = max((count.labelled for count in known.values()), default=0)
    usual = median(surely.values()) if len(surely) >= ENOUGH_WEEKS else fullest
    weeks_labelled = {count.week for count in some.labelled or counts if count.labelled}

    def was_read(week: Week) -> bool:
        if week in known:
            return week in surely or known[week].labelled >= LEAST_LISTED * usual
        polled = began is not None and began <= week.bounds()[0]
        if not polled or (week not in weeks_labelled and has_items(session, week)):
            return False
        return (feed_hours(session, week, some.keys).share or 0.0) >= LEAST_OBSERVED

    since, last = reported
    return [
        known.get(week, WeekCount(week, "all", 0, 0, 0, 0, 0, {}))
        for week in min(known, default=last).until(last)
        if (week >= since and week in known) or was_read(week)
    ]
