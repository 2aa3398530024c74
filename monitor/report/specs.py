"""The charts as Vega-Lite specifications, one for all forms.

Rows are named (`monitor.report.rows`) and colours are parameters (`monitor.report.palette`), so that a page
holds both once. Shares are lines of four weeks pooled, with their interval, over single weeks as dots; a dot
is hollow where its week has too few items for a percentage.
"""

from datetime import timedelta
from typing import Any

from monitor.report.data import FrameText
from monitor.report.figures import SMALL_N
from monitor.report.palette import role
from monitor.report.rows import Plot, share_top, volume_rows
from monitor.report.wording import short_name

NARROW = 290
HOVER = "hover"
"""The name of the layers that only answer a pointer; a still picture is drawn without them."""


def shares_spec(plot: Plot, width: int) -> Any:
    """Return the core frames' shares, a panel each, with bands and event ticks."""
    import altair as alt

    top = share_top(plot)
    return alt.vconcat(*(_panel(plot, frame, width, top) for frame in plot.core), spacing=12)


def _panel(plot: Plot, frame: FrameText, width: int, top: float) -> Any:
    import altair as alt

    x, y = _time_axis(plot, width, labelled=frame is plot.core[-1]), _share_axis("share", top)
    weekly, pooled, now = (_rows(name).transform_filter(_of(frame)) for name in ("weekly", "pooled", "now"))
    colour, written = _expr(role(frame.id)), _expr(f"{role(frame.id)}_ink")
    hollow = alt.condition(f"datum.n < {SMALL_N}", alt.value(_expr("paper")), alt.value(colour))
    layers = [
        *_event_layers(plot, x, labelled=frame is plot.core[0]),
        pooled.mark_area(color=colour, opacity=0.18).encode(x=x, y=_share_axis("low", top), y2="high:Q"),
        weekly.mark_point(size=11, strokeWidth=0.9, color=colour, opacity=0.55).encode(x=x, y=y, fill=hollow),
        pooled.mark_line(color=colour, strokeWidth=2).encode(x=x, y=y),
        now.mark_point(size=46, stroke=colour, strokeWidth=1.6, opacity=1).encode(x=x, y=y, fill=hollow),
        now.mark_text(align="left", dx=8, color=written, fontSize=12, fontWeight="bold").encode(
            x=x, y=y, text="text:N"
        ),
        _hover_layer(weekly, x, ["week:N", "share of items:N"], frame.id),
    ]
    title = alt.TitleParams(short_name(frame), color=written, fontSize=13)
    return alt.layer(*layers).properties(width=width, height=96, title=title)


def _of(frame: FrameText) -> str:
    return f"datum.charted && datum.id == '{frame.id}'"


def _hover_layer(chart: Any, x: Any, tooltips: list[str], name: str) -> Any:
    rule = chart.mark_rule(strokeWidth=10, opacity=0).encode(x=x, tooltip=tooltips)
    return rule.properties(name=f"{HOVER}_{name}")


def _event_layers(plot: Plot, x: Any, *, labelled: bool) -> list[Any]:
    """Return a rule for every event known to the day, numbered in the first panel."""
    if not plot.ticks:
        return []
    rule = _rows("events").mark_rule(color=_expr("mark"), strokeWidth=1, strokeDash=[2, 2])
    number = _rows("numbers").mark_text(y=-2, dy=-4, color=_expr("soft"), fontSize=10)
    layers = [rule.encode(x=x, tooltip=["when:N", "event:N"])]
    return [*layers, number.encode(x=x, text="text:N")] if labelled else layers


def volume_spec(plot: Plot, width: int) -> Any:
    """Return the items of each week; below it, but for an event, those of each frame beside what is usual."""
    import altair as alt

    panels = [_weekly_volume(plot, width)]
    panels += [_frame_volume(plot, width)] if plot.data.kind != "event" else []
    return alt.vconcat(*panels, spacing=18)


def _weekly_volume(plot: Plot, width: int) -> Any:
    import altair as alt

    x = _time_axis(plot, width)
    y = alt.Y("items:Q", axis=alt.Axis(tickCount=3, tickMinStep=1), scale=alt.Scale(domainMin=0, nice=True))
    chosen = alt.condition("datum.now", alt.value(_expr("ink")), alt.value(_expr("bar")))
    weeks = 1 + (plot.data.week.monday() - plot.first.monday()).days // 7
    bars = _rows("items").mark_bar(size=max(1.0, width / max(weeks, 12) * 0.68))
    bars = bars.encode(x=x, y=y, color=chosen, tooltip=["week:N", "items:Q"])
    layers = [*_event_layers(plot, x, labelled=True), bars]
    title = alt.TitleParams("Items about social work, by week", fontSize=13)
    return alt.layer(*layers).properties(width=width, height=84, title=title)


def _frame_volume(plot: Plot, width: int) -> Any:
    """Return a bar for the items of each frame, its usual range behind, the recent mean as a tick."""
    import altair as alt

    rows = volume_rows(plot.data)
    order = [row["frame"] for row in rows]
    y = alt.Y("frame:N", sort=order, axis=alt.Axis(labelLimit=110))
    x = alt.X("items:Q", axis=alt.Axis(tickCount=4, tickMinStep=1, grid=True), scale=alt.Scale(domainMin=0))
    base = _rows("frames")
    tips = ["frame:N", "items:Q", "four before, mean:N", "middle half of the year:N"]
    usual = base.mark_bar(color=_expr("hair"), height=14).encode(x=alt.X("low:Q"), x2="high:Q", y=y)
    recent = base.mark_tick(color=_expr("ink"), thickness=2, height=14).encode(x="mean:Q", y=y, tooltip=tips)
    layers = [
        *([usual] if any(row["low"] is not None for row in rows) else []),
        base.mark_bar(height=6, color=_expr("soft")).encode(x=x, y=y, tooltip=tips),
        *([recent] if any(row["mean"] is not None for row in rows) else []),
    ]
    said = f"Items that carry each frame {plot.data.this_period}"
    title = alt.TitleParams(said, fontSize=13)
    return alt.layer(*layers).properties(width=width, height=17 * len(order), title=title)


def outlets_spec(plot: Plot, width: int) -> Any:
    """Return outlet by frame, each row with its n; below 20 items a cell is a count without colour.

    A narrow one shows the core frames alone, where there are any.
    """
    import altair as alt

    narrow = width == NARROW
    fewer = narrow and bool(plot.core)
    order = [short_name(frame) for frame in plot.data.frames if frame.core or not fewer]
    angle = 0 if narrow else -35
    x = alt.X("frame:N", sort=order, axis=alt.Axis(orient="top", labelAngle=angle, labelPadding=4))
    y = alt.Y("outlet:N", sort=None, axis=alt.Axis(labelLimit=170))
    rows = _rows("outlets").transform_filter("datum.core") if fewer else _rows("outlets")
    base = rows.encode(x=x, y=y, tooltip=["outlet:N", "frame:N", "share of items:N"])
    scale = alt.Scale(domain=[0, 0.6], range=[0.06, 0.95], clamp=True)
    shade = alt.Opacity("shade:Q", scale=scale, legend=None)
    words = alt.condition("datum.shade > 0.36", alt.value("#ffffff"), alt.value(_expr("ink")))
    cells = base.mark_rect(color=_expr("heat"), stroke=_expr("paper"), strokeWidth=2).encode(opacity=shade)
    text = base.mark_text(fontSize=10.5).encode(text="text:N", color=words)
    inner = width - 110 if narrow else width - 130
    return alt.layer(cells, text).properties(width=inner, height=alt.Step(23))


def explorer_spec(plot: Plot, width: int) -> Any:
    """Return every frame's shares over all weeks there are, one at a time, by a list to choose from."""
    import altair as alt

    frames = plot.data.frames
    list_ = alt.binding_select(
        options=[frame.id for frame in frames], labels=[short_name(frame) for frame in frames], name="Frame: "
    )
    pick = alt.param("shown", value=frames[0].id, bind=list_)
    whole = Plot(plot.data, plot.data.findings.first, plot.ticks)
    x, percent = _time_axis(whole, width), alt.Axis(format="%", tickCount=4)
    base = _rows("pooled").transform_filter("datum.id == shown")
    area = base.mark_area(color=_expr("heat"), opacity=0.2)
    line = base.mark_line(color=_expr("heat"), strokeWidth=2)
    layers = [
        area.encode(x=x, y=alt.Y("low:Q", axis=percent), y2="high:Q"),
        line.encode(x=x, y=alt.Y("share:Q", axis=percent)),
        _hover_layer(base, x, ["week:N", "share of items:N"], "explorer"),
    ]
    return alt.layer(*layers).add_params(pick).properties(width=width, height=150)


def _share_axis(field: str, top: float) -> Any:
    import altair as alt

    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, top]), axis=alt.Axis(format="%", tickCount=3))


def _time_axis(plot: Plot, width: int, *, labelled: bool = True) -> Any:
    """Return a time axis in UTC, so that a Monday stays one wherever the chart is drawn."""
    import altair as alt

    start, end = plot.first.monday() - timedelta(days=4), plot.data.week.monday() + timedelta(days=4)
    domain = [alt.DateTime(year=d.year, month=d.month, date=d.day, utc=True) for d in (start, end)]
    days = (end - start).days
    step = (3 if days > 500 else 2) if width > NARROW else (6 if days > 500 else 3)
    months: Any = {"interval": "month", "step": step}
    axis = alt.Axis(
        format="%b %Y" if days > 200 else "%-d %b",
        tickCount=months if days > 200 else width // 90,
        labelOverlap=True,
        labels=labelled,
        ticks=labelled,
    )
    return alt.X("date:T", scale=alt.Scale(type="utc", domain=domain), axis=axis)


def _rows(name: str) -> Any:
    import altair as alt

    return alt.Chart(alt.NamedData(name))


def _expr(name: str) -> Any:
    import altair as alt

    return alt.ExprRef(name)
