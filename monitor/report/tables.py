"""The tables: beside each chart what it shows, and every frame against the weeks before."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from monitor.clock import Week
from monitor.report import wording
from monitor.report.data import ReportData
from monitor.report.document import Table
from monitor.report.figures import short_date
from monitor.report.opening import base_figure, shortest, usual_half, usual_mean
from monitor.report.rows import Plot, outlet_rows, period_points, volume_rows
from monitor.report.usual import usual_shares
from monitor.types import SharePoint

BLOCK = 4
"""The weeks of a row of the shares: those that its line pools."""


def shares_table(plot: Plot) -> Table:
    """Return the core frames' pooled shares every fourth week, the newest first: the chart's line."""
    rolling = [p for p in plot.data.findings.rolling if p.group == "all" and p.week >= plot.first]
    by_week: dict[Week, dict[str, SharePoint]] = {}
    for point in rolling:
        by_week.setdefault(point.week, {})[point.frame] = point
    weeks = sorted(by_week, reverse=True)[::BLOCK]
    rows = [
        (
            short_date(week.monday() + timedelta(days=6)),
            f"{max((p.n for p in by_week[week].values()), default=0):,}",
            *(wording.point_range(by_week[week][frame.id]) for frame in plot.core),
        )
        for week in weeks
    ]
    head = ("Four weeks to", "Items, n", *(wording.short_name(frame) for frame in plot.core))
    return Table(
        f"Four weeks pooled, with 95% intervals in brackets; {wording.correction(rolling)}.",
        head,
        rows,
        folded=True,
    )


def volume_table(data: ReportData) -> Table:
    """Return how many items carry each frame, beside what is usual."""
    rows = [
        (row["frame"], f"{row['items']:,}", row["four before, mean"], row["middle half of the year"])
        for row in volume_rows(data)
    ]
    head = ("Frame", "Items", "Mean of four before", "Middle half of 52 weeks")
    return Table("Items that carry each frame; an item may carry several.", head, rows, folded=True)


def outlets_table(data: ReportData) -> Table:
    """Return the outlets with most items, each with its n and core frames."""
    core = [frame for frame in data.frames if frame.core]
    rows = [
        (outlet, *(row["range"] for row in cells))
        for outlet, cells in groupby(outlet_rows(data, core), key=lambda row: str(row["outlet"]))
    ]
    head = ("Outlet (items)", *(wording.short_name(frame) for frame in core))
    corrected = wording.correction(data.outlets)
    return Table(
        f"Outlets, {_outlet_span(data)}; 95% intervals in brackets; {corrected}.", head, rows, folded=True
    )


def _outlet_span(data: ReportData) -> str:
    return f"{data.findings.recent_weeks} weeks to {data.week} taken together"


def outlets_caption(data: ReportData) -> str:
    """Say what the chart of outlets shows."""
    return (
        f"{_outlet_span(data)}: the share of each outlet’s items that carry the frame, "
        f"{wording.correction(data.outlets)}; in brackets the items. Counts without colour where an outlet "
        "has fewer than 20."
    )


def frames_table(data: ReportData) -> Table:
    """Return every frame in the period, beside the weeks before and what is usual."""
    points, usual = period_points(data), usual_shares(data)
    versus = {c.frame: c for c in shortest(data.findings)}
    weeks = min((c.weeks for c in data.findings.comparisons), default=12)
    rows = []
    for frame in data.frames:
        c = versus.get(frame.id)
        rows.append(
            (
                wording.short_name(frame),
                wording.point_range_of(points[frame.id]),
                usual_mean(usual.get(frame.id)),
                usual_half(usual.get(frame.id)),
                base_figure(data, c),
                wording.change_with_interval(c) if c else "",
                wording.verdict(c) if c else "",
            )
        )
    head = (
        "Frame",
        {"weekly": "This week", "monthly": "This month"}.get(data.kind, "The period"),
        "Mean of four before",
        "Middle half",
        f"{weeks} weeks before",
        "Points",
        "Verdict",
    )
    corrected = wording.correction(list(points.values()))
    return Table(f"Share of items about social work that carry each frame; {corrected}.", head, rows)


def types_table(data: ReportData) -> Table | None:
    """Return the kinds of outlet with items in the recent weeks, most items first, all outlets last."""
    core = [frame for frame in data.frames if frame.core]
    groups: dict[str, dict[str, SharePoint]] = {}
    for point in data.findings.recent:
        groups.setdefault(point.group, {})[point.frame] = point
    sizes = {group: max((p.n for p in points.values()), default=0) for group, points in groups.items()}
    order = sorted((g for g in groups if sizes[g]), key=lambda g: (g == "all", -sizes[g], g))
    if not core or len(order) < 2:
        return None
    rows = [_type_row(group, sizes[group], [groups[group][frame.id] for frame in core]) for group in order]
    head = ("Outlets", "Items, n", *(wording.short_name(frame) for frame in core))
    corrected = wording.correction(data.findings.recent)
    return Table(f"Kinds of outlet, {_outlet_span(data)}; {corrected}.", head, rows)


def _type_row(group: str, n: int, points: Sequence[SharePoint]) -> tuple[str, ...]:
    return (wording.outlet_type_name(group), f"{n:,}", *(wording.point_range(point) for point in points))
