"""What the charts are drawn from: named lists of rows, which all forms of all charts share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from monitor.clock import Week
from monitor.findings import Comparison
from monitor.report.data import FrameText, ReportData
from monitor.report.figures import SMALL_N, short_date
from monitor.report.usual import pooled, usual_hits
from monitor.report.wording import point_figure, point_range, point_range_of, short_name
from monitor.types import SharePoint

MOST_OUTLETS = 12
NOT_READ = "not read"
"""In place of a share, where nothing is known of the weeks."""
TICKS_APART = timedelta(days=18)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventTick:
    """An event known to the day, as it is marked on a chart."""

    number: int
    day: date
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """What the charts of a report are drawn from."""

    data: ReportData
    first: Week
    """Where the charts begin."""
    ticks: Sequence[EventTick]

    @property
    def core(self) -> Sequence[FrameText]:
        """The core frames, in the order of the codebook."""
        return [frame for frame in self.data.frames if frame.core]


def datasets(plot: Plot) -> dict[str, list[Row]]:
    """Return the rows of every chart, by the names that the specifications know them by."""
    data = plot.data
    core = {frame.id for frame in plot.core}
    return {
        "weekly": [
            _share_row(plot, p) for p in _charted(plot, data.findings.shares) if p.frame in core
        ],
        "pooled": [
            _share_row(plot, p, data.findings.rolling_weeks)
            for p in data.findings.rolling
            if p.group == "all"
        ],
        "now": list(_now_rows(plot)),
        "items": [
            {"date": str(week.monday()), "week": str(week), "items": items, "now": week >= data.since}
            for week, items in data.findings.weekly_relevant
            if week >= plot.first and items is not None
        ],
        "frames": volume_rows(data),
        "outlets": outlet_rows(data, data.frames),
        "events": [
            {"date": str(tick.day), "event": tick.text, "when": short_date(tick.day)} for tick in plot.ticks
        ],
        "numbers": _tick_labels(plot.ticks),
    }  # fmt: skip


def _charted(plot: Plot, points: Sequence[SharePoint]) -> list[SharePoint]:
    return [point for point in points if point.group == "all" and point.week >= plot.first]


def _share_row(plot: Plot, p: SharePoint, weeks: int = 1) -> Row:
    return {
        "id": p.frame,
        "date": str(p.week.monday()),
        "week": str(p.week),
        "charted": p.week >= plot.first,
        "share": _rounded(p.share),
        "low": _rounded(p.low),
        "high": _rounded(p.high),
        "n": p.n,
        "share of items": point_range_of(p) if was_read(plot.data, p, weeks) else NOT_READ,
    }


def was_read(data: ReportData, point: SharePoint, weeks: int = 1) -> bool:
    """Return whether any of the weeks was read that a point of all outlets pools, its own the last."""
    return point.n > 0 or not data.findings.read.isdisjoint(point.week.plus(1 - weeks).until(point.week))


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _now_rows(plot: Plot) -> Iterator[Row]:
    """Yield the last week's share of each core frame with its figure, in weekly reports."""
    for point in _charted(plot, plot.data.findings.shares):
        if plot.data.kind == "weekly" and point.week == plot.data.week and point.share is not None:
            yield {**_share_row(plot, point), "text": point_figure(point)}


def _tick_labels(ticks: Sequence[EventTick]) -> list[Row]:
    """Return the numbers of the events; those closer than would stay legible share one, such as ``4–5``."""
    groups: list[list[EventTick]] = []
    for tick in ticks:
        if groups and tick.day - groups[-1][-1].day < TICKS_APART:
            groups[-1].append(tick)
        else:
            groups.append([tick])
    return [
        {
            "date": str(group[0].day),
            "text": f"{group[0].number}" if len(group) == 1 else f"{group[0].number}–{group[-1].number}",
        }
        for group in groups
    ]


def share_top(plot: Plot) -> float:
    """Return where the share axis ends, alike in all panels: above every line, interval and dot drawn."""
    core = {frame.id for frame in plot.core}
    bands = [p for p in _charted(plot, plot.data.findings.rolling) if p.frame in core and p.n >= SMALL_N]
    dots = [p for p in _charted(plot, plot.data.findings.shares) if p.frame in core]
    return min(1.0, max([0.2, *(p.high or 0.0 for p in bands), *(p.share or 0.0 for p in dots)]) * 1.05)


def period_points(data: ReportData) -> Mapping[str, SharePoint]:
    """Return each frame's point over the period, of all outlets."""
    points = data.period_shares or [p for p in data.findings.shares if p.week == data.week]
    found = {p.frame: p for p in points if p.group == "all"}
    empty = {
        frame.id: SharePoint(data.week, "all", frame.id, 0, 0, None, None, None, corrected=False)
        for frame in data.frames
    }
    return empty | found


def share_before(data: ReportData, comparison: Comparison) -> tuple[float, int]:
    """Return the share of a comparison's baseline and its n, corrected where its weeks are."""
    first, last = data.since.plus(-comparison.weeks), data.since.plus(-1)
    return pooled(
        [
            point
            for point in data.findings.shares
            if point.group == "all" and point.frame == comparison.frame and first <= point.week <= last
        ]
    )


def volume_rows(data: ReportData) -> list[Row]:
    """Return a row for each frame: its items in the period, their recent mean and usual range."""
    totals = period_points(data)
    return [
        {
            "frame": short_name(frame),
            "items": totals[frame.id].hits,
            "mean": usual.mean,
            "low": usual.low,
            "high": usual.high,
            "four before, mean": "–" if usual.mean is None else f"{usual.mean:.1f}",
            "middle half of the year": _half(usual.low, usual.high),
        }
        for frame in data.frames
        for usual in [usual_hits(data, frame.id)]
    ]


def _half(low: float | None, high: float | None) -> str:
    return "too few weeks" if low is None or high is None else f"{low:.0f} to {high:.0f}"


def outlet_rows(data: ReportData, frames: Sequence[FrameText]) -> list[Row]:
    """Return a row for each outlet and frame, the outlets with most items first."""
    by_outlet: dict[str, dict[str, SharePoint]] = {}
    for point in data.outlets:
        by_outlet.setdefault(point.group, {})[point.frame] = point
    sizes = {outlet: max(p.n for p in points.values()) for outlet, points in by_outlet.items()}
    chosen = sorted((o for o in sizes if sizes[o]), key=lambda o: (-sizes[o], o))[:MOST_OUTLETS]
    return [
        {
            "outlet": f"{outlet} ({sizes[outlet]:,})",
            "frame": short_name(frame),
            "core": frame.core,
            "shade": point.share if point.n >= SMALL_N else 0.0,
            "text": point_figure(point) if point.n >= SMALL_N else f"{point.hits}/{point.n}",
            "share of items": point_range_of(point),
            "range": point_range(point),
        }
        for outlet in chosen
        for frame in frames
        for point in [by_outlet[outlet][frame.id]]
    ]
