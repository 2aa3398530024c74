"""The events that coverage may change after: those shipped, and the user's own."""

import csv
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.types import Event


@cache
def shipped_events() -> tuple[Event, ...]:
    """Return the events that come with the program, by date."""
    with files("monitor.data").joinpath("events.csv").open("r", encoding="utf-8") as file:
        return tuple(
            Event(
                id=row["id"],
                date=row["date"],
                precision=row["precision"],  # type: ignore[arg-type]
                name=row["name"],
                nation=row["nation"],
                type=row["type"],
                expected_frames=tuple(row["expected_frames"].split()),
                note=row["note"],
                source_url=row["source_url"],
                verified=row["verified"] == "yes",
            )
            for row in csv.DictReader(file)
        )


def all_events(config: Config) -> list[Event]:
    """Return the shipped events and the user's own, by date; an own one replaces a shipped one of its id."""
    own = {event.id for event in config.events}
    shipped = (event for event in shipped_events() if event.id not in own)
    return sorted((*shipped, *config.events), key=lambda event: (event.date, event.id))


def chosen_events(config: Config, ids: Sequence[str]) -> list[Event]:
    """Return the events of these ids, or all where none is given, by date.

    Raises:
        UsageError: there is no event of an id.
    """
    found = all_events(config)
    unknown = [event_id for event_id in ids if event_id not in {event.id for event in found}]
    if unknown:
        raise UsageError(f"no event {unknown[0]!r}; see: monitor events")
    return [event for event in found if not ids or event.id in ids]
