"""Counts with only what a test names."""

from collections.abc import Mapping

from monitor.clock import Week
from monitor.types import WeekCount

WEEK = Week(2026, 46)
FRAMES = ("incompetent", "over_zealous", "positive")


def a_count(
    week: Week = WEEK,
    relevant: int = 0,
    hits: Mapping[str, int] | None = None,
    *,
    group: str = "all",
    labelled: int | None = None,
    negative: int = 0,
    positive: int = 0,
) -> WeekCount:
    return WeekCount(
        week=week,
        group=group,
        labelled=relevant * 10 if labelled is None else labelled,
        relevant=relevant,
        negative=negative,
        neutral=relevant - negative - positive,
        positive=positive,
        hits=hits or {},
    )
