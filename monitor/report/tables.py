"""The tables: beside each chart what it shows, and every frame against the weeks before."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby

from monitor.clock import Week
from monitor.report import wording
from monitor.report.data import FrameText, ReportData
from monitor.report.document import Table
from monitor.report.figures import short_date
from monitor.report.opening import base_figure, shortest, usual_half, usual_mean
from monitor.report.rows import NOT_READ, Plot, outlet_rows, period_points, volume_rows, was_read
from monitor.report.usual import usual_shares
from monitor.types import SharePoint

BLOCK = 4
"""The weeks of a row of the shares: those that its line pools."""
OTHERS_BESIDE = 3
"""How many of the frames that are not core stand beside each other, so that print has room for them."""


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
            *(_pooled_range(plot, by_week[week][frame.id]) for frame in plot.core),
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


def _pooled_range(plot: Plot, point: SharePoint) -> str:
    read = was_read(plot.data, point, plot.data.findings.rolling_weeks)
    return wording.point_range(point) if read else NOT_READ


def volume_table(data: ReportData) -> Table:
    """Return how many items carry each frame, beside what is usual."""
    rows = [
        (row["frame"], f"{row['items']:,}", row["four before, mean"], row["middle half of the year"])
        for row in volume_rows(data)
    ]
    head = ("Frame", "Items", "Mean of four before", "Middle half of 52 weeks")
    return Table("Items that carry each frame; an item may carry several.", head, rows, folded=True)


def items_table(plot: Plot) -> Table:
    """Return the items of every week, four weeks a row, the newest first: the chart's bars."""
    found = [one for one in plot.data.findings.weekly_relevant if one[0] >= plot.first]
    blocks = [found[max(0, end - BLOCK) : end] for end in range(len(found), 0, -BLOCK)]
    rows = [
        (short_date(block[-1][0].monday() + timedelta(days=6)), *_in_weeks(reversed(block)))
        for block in blocks
    ]
    head = ("Four weeks to", "Last of them", "1 before", "2 before", "3 before")
    return Table("Items about social work in each week, four weeks a row.", head, rows, folded=True)


def _in_weeks(block: Iterable[tuple[Week, int | None]]) -> list[str]:
    told = [NOT_READ if items is None else f"{items:,}" for _, items in block]
    return told + [""] * (BLOCK - len(told))


def outlets_tables(data: ReportData) -> list[Table]:
    """Return the outlets with most items, each with its n, by the core frames and then by the others."""
    core, others = ([f for f in data.frames if f.core == wanted] for wanted in (True, False))
    beside = [others[at : at + OTHERS_BESIDE] for at in range(0, len(others), OTHERS_BESIDE)]
    return [
        _outlets_table(data, frames, mailed=frames == core or not core)
        for frames in (core, *beside)
        if frames
    ]


def _outlets_table(data: ReportData, frames: Sequence[FrameText], *, mailed: bool) -> Table:
    rows = [
        (outlet, *(row["range"] for row in cells))
        for outlet, cells in groupby(outlet_rows(data, frames), key=lambda row: str(row["outlet"]))
    ]
    names = [wording.short_name(frame) for frame in frames]
    span, corrected = f"{data.findings.recent_weeks} weeks to {data.week}", wording.correction(data.outlets)
    return Table(
        f"{', '.join(names)} by outlet, {span}; 95% intervals in brackets; {corrected}.",
        ("Outlet (items)", *names),
        rows,
        folded=True,
        mailed=mailed,
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
