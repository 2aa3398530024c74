"""The published series that are shown beside the image: workforce, care applications, public opinion.

monitor/data/indicators.csv holds a row for each figure. ``date`` is the last day of its period, or the day of
publication where that was earlier. Rows of one ``series`` and ``segment`` make one line; where the way of
counting changed, as for the vacancies of children's social workers (a voluntary return for 2012, a statutory
one from 2013, individual level from 2017), or figures come from releases before and after a revision, the
segment changes with it.
"""

import csv
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from monitor.errors import UsageError
from monitor.findings import Indicator, IndicatorPoint


@cache
def shipped_indicators() -> tuple[Indicator, ...]:
    """Return the series in the order of the file, each cut where no line may be drawn."""
    with files("monitor.data").joinpath("indicators.csv").open("r", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    runs: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        runs.setdefault((row["series"], row["segment"]), []).append(row)
    return tuple(_indicator(run) for run in runs.values())


def chosen_indicators(ids: Sequence[str]) -> list[Indicator]:
    """Return the runs of these series, or all where none is named.

    Raises:
        UsageError: there is no series of an id.
    """
    every = shipped_indicators()
    unknown = [name for name in ids if name not in {one.series for one in every}]
    if unknown:
        raise UsageError(f"no indicator {unknown[0]!r}; see: monitor indicators")
    return [one for one in every if not ids or one.series in ids]


def _indicator(run: Sequence[dict[str, str]]) -> Indicator:
    points = (
        IndicatorPoint(
            row["period"], row["date"], float(row["value"]), row["as_of"], row["source"], row["source_url"]
        )
        for row in run
    )
    first = run[0]
    return Indicator(
        series=first["series"],
        segment=first["segment"],
        group=first["group"],
        label=first["label"],
        unit=first["unit"],
        geography=first["geography"],
        points=tuple(sorted(points, key=lambda point: point.date)),
    )
