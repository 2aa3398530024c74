"""Charts of the two years before a week, each from one specification as SVG and PNG, without any network.

Shares are lines of several weeks pooled, with their interval, over single weeks as dots; a dot is hollow
where its week has too few items for a percentage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from struct import pack, unpack_from
from typing import Any
from zlib import compress, crc32, decompress

from monitor.clock import Week
from monitor.report.anatomy import Anatomy, EventMark, FrameLine
from monitor.report.data import ReportData
from monitor.report.figures import SMALL_N, counted
from monitor.types import SharePoint

FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
INK, SOFT, HAIR = "#1d2329", "#5f6b76", "#e4e7ea"
WIDE, NARROW = 620, 300
PNG_SCALE = 2.0
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: for pages and print, for a phone, and as a picture for mail."""

    id: str
    alt: str
    svg: str
    narrow_svg: str
    png: bytes
    narrow_png: bytes


def draw_charts(data: ReportData, anatomy: Anatomy) -> list[Chart]:
    """Return the chart of the core frames and that of the volume; none where no week has any item."""
    if not any(items for _, items in data.findings.weekly_relevant):
        return []
    charts = [_draw("core", _core_alt(data, anatomy), _core_chart, data, anatomy)] if anatomy.core else []
    return [*charts, _draw("volume", _volume_alt(data), _volume_chart, data, anatomy)]


def _draw(id_: str, alt: str, build: Any, data: ReportData, anatomy: Anatomy) -> Chart:
    import vl_convert

    wide, narrow = (
        vl_convert.vegalite_to_svg(_styled(build(data, anatomy, width)).to_dict()) for width in (WIDE, NARROW)
    )
    return Chart(
        id_,
        alt,
        wide,
        narrow,
        packed_png(vl_convert.svg_to_png(wide, scale=PNG_SCALE)),
        packed_png(vl_convert.svg_to_png(narrow, scale=PNG_SCALE)),
    )


def packed_png(png: bytes) -> bytes:
    """Return the same picture in at most half the bytes, as mail wants it; the renderer packs in haste."""
    chunks, position = [], len(PNG_SIGNATURE)
    while position < len(png):
        (length,) = unpack_from(">I", png, position)
        chunks.append((png[position + 4 : position + 8], png[position + 8 : position + 8 + length]))
        position += length + 12
    pixels = decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    kept = [(kind, body) for kind, body in chunks if kind == b"IHDR"]
    packed = [*kept, (b"IDAT", compress(pixels, 9)), (b"IEND", b"")]
    return PNG_SIGNATURE + b"".join(
        pack(">I", len(body)) + kind + body + pack(">I", crc32(kind + body)) for kind, body in packed
    )


def _core_alt(data: ReportData, anatomy: Anatomy) -> str:
    now = "; ".join(f"{line.frame.name}: {line.share_of} this week" for line in anatomy.core)
    return (
        f"Weekly share of items about social work that carry each core frame, {data.findings.first} to "
        f"{data.week}, {anatomy.correction}. {now}. All figures are in the table and the CSV file."
    )


def _volume_alt(data: ReportData) -> str:
    relevant = counted(data.findings.volume.relevant, "item")
    return (
        f"Items about social work in each week, {data.findings.first} to {data.week}; {relevant} this week."
    )


def _styled(chart: Any) -> Any:
    """Return the chart in the report's type and colours, on white."""
    return (
        chart.configure(
            font=FONT,
            aria=False,  # its labels would tell dates in the time zone of the machine; the page has alt texts
            background="#ffffff",
            padding={"left": 4, "right": 10, "top": 4, "bottom": 4},
        )
        .configure_view(stroke=None)
        .configure_axis(
            domain=False, ticks=False, labelColor=SOFT, labelFontSize=11, gridColor=HAIR, title=None
        )
        .configure_axisX(grid=False, ticks=True, tickColor=HAIR, labelPadding=4, labelFlush=False)
        .configure_title(anchor="start", font=FONT, color=INK, fontSize=13, offset=8, frame="group")
        .configure_concat(spacing=14)
    )


def _core_chart(data: ReportData, anatomy: Anatomy, width: int) -> Any:
    import altair as alt

    top = _share_top(data, anatomy)
    panels = [_panel(data, line, anatomy, width, top) for line in anatomy.core]
    title = alt.TitleParams(
        f"Share of items about social work, {anatomy.correction}",
        fontSize=11,
        fontWeight="normal",
        color=SOFT,
        offset=6,
    )
    return alt.vconcat(*panels, title=title)


def _panel(data: ReportData, line: FrameLine, anatomy: Anatomy, width: int, top: float) -> Any:
    """Return one core frame over the period; the first panel numbers the events, the last has the dates."""
    import altair as alt

    findings = data.findings
    x = _time_axis(findings.first, data.week, width, labelled=line is anatomy.core[-1])
    y = _share_axis("share", top)
    rolling = alt.Chart(_values(_rows(findings.rolling, line.frame.id)))
    weekly = alt.Chart(_values(_rows(findings.shares, line.frame.id)))
    layers = [
        *_event_layers(anatomy.events, x, labelled=line is anatomy.core[0]),
        rolling.mark_area(color=line.colour, opacity=0.16).encode(
            x=x, y=_share_axis("low", top), y2="high:Q"
        ),
        weekly.mark_point(size=9, strokeWidth=0.9, color=line.colour, opacity=0.45).encode(
            x=x, y=y, fill=alt.condition(f"datum.n < {SMALL_N}", alt.value("#ffffff"), alt.value(line.colour))
        ),
        rolling.mark_line(color=line.colour, strokeWidth=2).encode(x=x, y=y),
        *_baseline_layers(data, line, x, y),
        *_this_week_layers(line, x, y),
    ]
    title = alt.TitleParams(line.frame.name, color=line.ink, fontSize=13, fontWeight="bold")
    return alt.layer(*layers).properties(width=width, height=104, title=title)


def _share_axis(field: str, top: float) -> Any:
    import altair as alt

    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, top]), axis=alt.Axis(format="%", tickCount=3))


def _baseline_layers(data: ReportData, line: FrameLine, x: Any, y: Any) -> list[Any]:
    """Return the level of the shorter baseline, over the weeks that it is made of."""
    import altair as alt

    if not line.versus or line.versus[0].base_share is None:
        return []
    row = {**_baseline_span(data), "share": line.versus[0].base_share}
    rule = alt.Chart(_values([row])).mark_rule(color=INK, strokeDash=[3, 2], strokeWidth=1.2)
    return [rule.encode(x=x, x2="end:T", y=y)]


def _this_week_layers(line: FrameLine, x: Any, y: Any) -> list[Any]:
    import altair as alt

    if line.point.share is None:
        return []
    row = {"date": str(line.point.week.monday()), "share": line.point.share, "text": line.figure}
    base = alt.Chart(_values([row])).encode(x=x, y=y)
    fill = line.colour if line.point.n >= SMALL_N else "#ffffff"
    return [
        base.mark_point(size=46, filled=False, fill=fill, stroke=line.colour, strokeWidth=1.6, opacity=1),
        base.mark_text(align="left", dx=8, color=line.ink, fontSize=12, fontWeight="bold").encode(
            text="text:N"
        ),
    ]


def _event_layers(events: Sequence[EventMark], x: Any, *, labelled: bool) -> list[Any]:
    """Return a rule for every event known to the day, numbered in the first panel."""
    import altair as alt

    rows = [{"date": str(e.day)} for e in events if e.number is not None]
    if not rows:
        return []
    rule = alt.Chart(_values(rows)).mark_rule(color="#9aa3ab", strokeWidth=0.8, strokeDash=[2, 2]).encode(x=x)
    number = alt.Chart(_values(_event_labels(events))).mark_text(y=-2, dy=-4, color=SOFT, fontSize=10)
    return [rule, number.encode(x=x, text="text:N")] if labelled else [rule]


def _event_labels(events: Sequence[EventMark]) -> list[Row]:
    """Return the numbers of the events; those closer than would stay legible share one, such as ``4–5``."""
    groups: list[list[EventMark]] = []
    for event in events:
        if event.number is None:
            continue
        if groups and event.day - groups[-1][-1].day < timedelta(days=35):
            groups[-1].append(event)
        else:
            groups.append([event])
    return [
        {
            "date": str(group[0].day),
            "text": f"{group[0].number}" if len(group) == 1 else f"{group[0].number}–{group[-1].number}",
        }
        for group in groups
    ]


def _volume_chart(data: ReportData, anatomy: Anatomy, width: int) -> Any:
    import altair as alt

    findings = data.findings
    x = _time_axis(findings.first, data.week, width)
    rows = [
        {"date": str(week.monday()), "items": items, "now": week == data.week}
        for week, items in findings.weekly_relevant
    ]
    step = width / max(len(rows), 12)
    y = alt.Y("items:Q", axis=alt.Axis(tickCount=3, tickMinStep=1), scale=alt.Scale(domainMin=0, nice=True))
    bars = (
        alt.Chart(_values(rows))
        .mark_bar(size=max(1.0, step * 0.68))
        .encode(x=x, y=y, color=alt.condition("datum.now", alt.value(INK), alt.value("#b9c1c8")))
    )
    title = alt.TitleParams("Items about social work", fontSize=13, fontWeight="bold")
    layers = [*_event_layers(anatomy.events, x, labelled=True), bars, *_median_layers(data, x)]
    return alt.layer(*layers).properties(width=width, height=90, title=title)


def _median_layers(data: ReportData, x: Any) -> list[Any]:
    import altair as alt

    median = data.findings.volume.median
    if median is None:
        return []
    row = {**_baseline_span(data), "items": median}
    rule = alt.Chart(_values([row])).mark_rule(color=INK, strokeDash=[3, 2], strokeWidth=1.2)
    return [rule.encode(x=x, x2="end:T", y="items:Q")]


def _baseline_span(data: ReportData) -> Row:
    """Return where the baseline begins, inside the chart, and where it ends."""
    first = max(data.findings.first, data.week.plus(-data.findings.volume.weeks))
    return {"date": str(first.monday()), "end": str(data.week.monday())}


def _time_axis(first: Week, last: Week, width: int, *, labelled: bool = True) -> Any:
    """Return a time axis in UTC, so that a Monday stays one wherever the chart is drawn."""
    import altair as alt

    start, end = first.monday() - timedelta(days=4), last.monday() + timedelta(days=4)
    domain = [alt.DateTime(year=d.year, month=d.month, date=d.day, utc=True) for d in (start, end)]
    months: Any = {"interval": "month", "step": 6 if width == NARROW else 3}
    long = (end - start).days > 200
    axis = alt.Axis(
        format="%b %Y" if long else "%-d %b",
        tickCount=months if long else width // 90,
        labelOverlap=True,
        labels=labelled,
        ticks=labelled,
    )
    return alt.X("date:T", scale=alt.Scale(type="utc", domain=domain), axis=axis)


def _share_top(data: ReportData, anatomy: Anatomy) -> float:
    """Return where the share axis ends, alike in all panels: above every line, interval and dot drawn."""
    core = {line.frame.id for line in anatomy.core}
    lines = [p.high or 0.0 for p in data.findings.rolling if p.frame in core and p.n >= SMALL_N]
    dots = [p.share or 0.0 for p in data.findings.shares if p.group == "all" and p.frame in core]
    return min(1.0, max([0.2, *lines, *dots]) * 1.05)


def _rows(points: Sequence[SharePoint], frame: str) -> list[Row]:
    return [
        {"date": str(p.week.monday()), "share": p.share, "low": p.low, "high": p.high, "n": p.n}
        for p in points
        if p.group == "all" and p.frame == frame
    ]


def _values(rows: Sequence[Row]) -> Any:
    import altair as alt

    return alt.Data(values=list(rows))
