"""Weekly counts as arrays: what the tests over many weeks work on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.clock import Week
from monitor.trend.placebo import Flags, Floats
from monitor.types import WeekCount

SOCIAL_WORK = "social_work"


@dataclass(frozen=True, slots=True)
class WeekSeries:
    """Every week from the first to the last that was read, as arrays (weeks).

    A week in which nothing was labelled was not read, and is missing: its counts are 0 and mean nothing.
    """

    first: Week
    frames: tuple[str, ...]
    read: Flags
    relevant: Floats
    hits: Floats
    """(frames, weeks); may hold fractions, where they are corrected for the classifier's errors."""

    @property
    def last(self) -> Week:
        """The last week that was read."""
        return self.first.plus(self.read.size - 1)

    def place(self, week: Week) -> int:
        """Return where a week stands in the arrays; outside 0 to their length for one outside of them."""
        return (week.monday() - self.first.monday()).days // 7

    def aligned(self, counts: Mapping[Week, int]) -> tuple[Floats, Flags]:
        """Return other weekly counts in the places of these weeks, and which there are."""
        values, there = np.zeros(self.read.size), np.zeros(self.read.size, dtype=bool)
        for week, count in counts.items():
            place = self.place(week)
            if 0 <= place < there.size:
                values[place], there[place] = count, True
        return values, there


def week_series(counts: Sequence[WeekCount], frames: Sequence[str]) -> WeekSeries:
    """Return the counts of one group as arrays; frames keep the order given."""
    read = [count for count in counts if count.labelled > 0]
    if not read:
        return WeekSeries(
            Week(1970, 1), tuple(frames), np.zeros(0, bool), np.zeros(0), np.zeros((len(frames), 0))
        )
    first, last = min(count.week for count in read), max(count.week for count in read)
    size = (last.monday() - first.monday()).days // 7 + 1
    series = WeekSeries(
        first, tuple(frames), np.zeros(size, bool), np.zeros(size), np.zeros((len(frames), size))
    )
    for count in read:
        place = series.place(count.week)
        series.read[place] = True
        series.relevant[place] += count.relevant
        series.hits[:, place] += [count.hits.get(frame, 0) for frame in frames]
    return series
