"""Which other listed events lie so near that an effect cannot be told apart from theirs."""

from collections.abc import Sequence
from datetime import date

from monitor.clock import Week
from monitor.findings import Neighbours
from monitor.trend.placebo import BASE, FIRST, LATER
from monitor.types import Event


def study_week(event: Event) -> Week:
    """Return the week of an event's date, or of the best known day where only its month is known."""
    return Week.of_date(date.fromisoformat(event.date))


def find_neighbours(event: Event, events: Sequence[Event]) -> Neighbours:
    """Return the events near one, without those of which only the year is known."""
    dated = sorted((one for one in events if one.precision != "year"), key=lambda one: (one.date, one.id))
    distance = {one.id: _weeks_between(event, one) for one in dated if one.id != event.id}
    cluster = _cluster(event, dated)
    return Neighbours(
        cluster=tuple(one for one in dated if one.id in cluster and one.id != event.id),
        base=tuple(one for one in dated if BASE.first <= distance.get(one.id, 99) <= BASE.last),
        later=tuple(
            one
            for one in dated
            if FIRST.last < distance.get(one.id, 99) <= LATER.last and one.id not in cluster
        ),
    )


def _cluster(event: Event, dated: Sequence[Event]) -> set[str]:
    """Return the ids that overlapping first windows join to the event's, its own among them."""
    found = {event.id: event}
    grown = True
    while grown:
        near = {
            one.id: one
            for one in dated
            if one.id not in found
            and any(abs(_weeks_between(one, two)) < len(FIRST) for two in found.values())
        }
        found |= near
        grown = bool(near)
    return set(found)


def _weeks_between(event: Event, other: Event) -> int:
    return (study_week(other).monday() - study_week(event).monday()).days // 7
