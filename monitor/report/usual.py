"""What is usual: the mean of the four periods before, and the middle half of those of the last 52 weeks.

A period is a week, or the weeks of a month; those before it are blocks of as many weeks, counted back from
it. A block counts for numbers of items only where all its weeks were read: a week that was not read is none
without coverage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from monitor.clock import Week
from monitor.findings import Tone
from monitor.report.data import ReportData
from monitor.report.figures import SMALL_N
from monitor.types import SharePoint

MEAN_PERIODS = 4
USUAL_WEEKS = 52
FEWEST_BLOCKS = 8
"""Of how many periods a middle half is told at least; a month has 12 or 13 before it in a year."""


@dataclass(frozen=True, slots=True)
class Usual:
    """One series' recent past; None where there is too little of it."""

    mean: float | None
    mean_n: int
    """Items of the periods that the mean is of."""
    low: float | None
    high: float | None
    """The quartiles."""


def usual_shares(data: ReportData) -> Mapping[str, Usual]:
    """Return the past of each frame's share; blocks under 20 items have no share to take quartiles of."""
    points: dict[str, dict[Week, SharePoint]] = {}
    for point in data.findings.shares:
        if point.group == "all":
            points.setdefault(point.frame, {})[point.week] = point
    return {frame: _usual_share(data, by_week) for frame, by_week in points.items()}


def _usual_share(data: ReportData, by_week: Mapping[Week, SharePoint]) -> Usual:
    return _usual_of(
        [pooled([by_week[week] for week in block if week in by_week]) for block in _blocks(data)]
    )


def _usual_of(blocks: Sequence[tuple[float, int]]) -> Usual:
    """Return the past of a share, or another mean of items, by its blocks with their n, the newest first."""
    recent = [block for block in blocks[:MEAN_PERIODS] if block[1]]
    mean_n = sum(n for _, n in recent)
    mean = sum(share * n for share, n in recent) / mean_n if mean_n else None
    low, high = middle_half([share for share, n in blocks if n >= SMALL_N])
    return Usual(mean, mean_n, low, high)


def pooled(points: Sequence[SharePoint]) -> tuple[float, int]:
    """Return the share of several weeks together, each weighed by its items, and their items."""
    n = sum(point.n for point in points)
    return (sum((point.share or 0.0) * point.n for point in points) / n if n else 0.0), n


def usual_volume(data: ReportData) -> Usual:
    """Return the past of the number of items."""
    return _usual_count(data, {week: n for week, n in data.findings.weekly_relevant if n is not None})


def usual_hits(data: ReportData, frame: str) -> Usual:
    """Return the past of the number of items that carry a frame."""
    own = [p for p in data.findings.shares if p.group == "all" and p.frame == frame]
    read = data.findings.read
    return _usual_count(data, {p.week: p.hits for p in own if p.week in read})


def _usual_count(data: ReportData, by_week: Mapping[Week, int]) -> Usual:
    """Return the past of a number of items, by the weeks that were read."""
    counts = [
        sum(by_week[week] for week in block) if set(block) <= by_week.keys() else None
        for block in _blocks(data)
    ]
    recent = [count for count in counts[:MEAN_PERIODS] if count is not None]
    low, high = middle_half([float(count) for count in counts if count is not None])
    return Usual(sum(recent) / len(recent) if recent else None, sum(recent), low, high)


def usual_tone(data: ReportData) -> Usual:
    """Return the past of the net tone, -1 to 1; as a share, blocks of few items have no quartiles."""
    by_week = dict(data.findings.weekly_tone)
    return _usual_of(
        [_pooled_tone([by_week[week] for week in block if week in by_week]) for block in _blocks(data)]
    )


def _pooled_tone(tones: Sequence[Tone]) -> tuple[float, int]:
    n = sum(tone.n for tone in tones)
    return (sum(tone.positive - tone.negative for tone in tones) / n if n else 0.0), n


def _blocks(data: ReportData) -> list[list[Week]]:
    """Return the periods of the last 52 weeks before this one, the newest first."""
    length = data.weeks
    return [
        list(data.since.plus(-back).until(data.since.plus(-back + length - 1)))
        for back in range(length, USUAL_WEEKS + 1, length)
    ]


def middle_half(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the lower and upper quartile, or neither of fewer than eight values.

    Source: Hyndman and Fan (1996), The American Statistician 50, 361-365, definition 7.
    """
    if len(values) < FEWEST_BLOCKS:
        return None, None
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high
