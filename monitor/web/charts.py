"""Small charts as SVG, drawn on the server; the style sheet gives them their colours, by day and by night."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil

from markupsafe import Markup, escape

from monitor.clock import Week
from monitor.report.figures import SMALL_N
from monitor.report.palette import role
from monitor.types import SharePoint

WIDE, NARROW = 720, 300
"""Points: of a chart as broad as the page, and of one for a card or a phone."""
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 10, 20


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where weeks and values lie in a chart."""

    weeks: Sequence[Week]
    top: float
    """The value at the upper edge."""
    height: int
    width: int

    def x(self, place: float) -> float:
        return round(LEFT + (self.width - LEFT - RIGHT) * place / max(len(self.weeks) - 1, 1), 1)

    def y(self, value: float) -> float:
        inner = self.height - TOP - BOTTOM
        return round(TOP + inner * (1 - min(max(value / self.top, 0), 1)), 1)


def in_both_widths(draw: Callable[[int], Markup]) -> Markup:
    """Return a chart drawn twice, of which the style sheet shows the one that fits the screen."""
    return Markup('<div class="broad">{}</div><div class="slim">{}</div>').format(draw(WIDE), draw(NARROW))


def share_chart(
    points: Sequence[SharePoint],
    alt: str,
    *,
    top: float | None = None,
    event: Week | None = None,
    width: int = NARROW,
    height: int = 130,
) -> Markup:
    """Return the weekly shares of one frame: a line with its 95 % band, hollow dots where n is below 20.

    Args:
        points: of every week, in order; a week without items parts the line.
        top: the share at the upper edge; None fits the chart to its points.
        event: the week that is marked.
    """
    frame = _Frame([point.week for point in points], top or share_top(points), height, width)
    colour = role(points[0].frame) if points else "other"
    parts = [*_grid(frame, percent=True), *_months(frame), *_event(frame, event)]
    for run in _runs(points):
        upper = [f"{frame.x(place)},{frame.y(point.high or 0)}" for place, point in run]
        lower = [f"{frame.x(place)},{frame.y(point.low or 0)}" for place, point in reversed(run)]
        line = [f"{frame.x(place)},{frame.y(point.share or 0)}" for place, point in run]
        parts.append(f'<polygon class="band c-{colour}" points="{" ".join([*upper, *lower])}"/>')
        parts.append(f'<polyline class="line c-{colour}" points="{" ".join(line)}"/>')
        parts += [_dot(frame, place, point, colour) for place, point in run]
    return _svg(parts, alt, frame)


def share_top(points: Sequence[SharePoint]) -> float:
    """Return a round share above all points, for charts that are to be compared."""
    shares = (point.share or 0 for point in points)
    sure = (point.high or 0 for point in points if point.n >= SMALL_N)
    return min(1.0, max(0.1, ceil(max((*shares, *sure), default=0) * 10) / 10))


def count_chart(
    counts: Sequence[tuple[Week, int]], alt: str, *, width: int = NARROW, height: int = 110
) -> Markup:
    """Return a bar for the count of every week."""
    highest = max((items for _, items in counts), default=0)
    frame = _Frame([week for week, _ in counts], _round_up(highest), height, width)
    thick = max(1.0, round((width - LEFT - RIGHT) / max(len(counts), 1) * 0.68, 1))
    bars = [
        f'<rect class="bar" x="{frame.x(place) - thick / 2:.1f}" y="{frame.y(items)}" width="{thick}" '
        f'height="{frame.y(0) - frame.y(items):.1f}"><title>{week}: {items:,}</title></rect>'
        for place, (week, items) in enumerate(counts)
        if items
    ]
    return _svg([*_grid(frame, percent=False), *_months(frame), *bars], alt, frame)


def _svg(parts: Sequence[str], alt: str, frame: _Frame) -> Markup:
    box = f'viewBox="0 0 {frame.width} {frame.height}"'
    head = f'<svg class="chart" {box} role="img" aria-label="{escape(alt)}">'
    # Everything in it is a number of ours, a week, or escaped.
    return Markup(f"{head}{''.join(parts)}</svg>")  # noqa: S704


def _runs(points: Sequence[SharePoint]) -> Iterator[list[tuple[int, SharePoint]]]:
    """Yield the stretches of weeks that have a share, each with its place."""
    run: list[tuple[int, SharePoint]] = []
    for place, point in enumerate(points):
        if point.share is not None:
            run.append((place, point))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _dot(frame: _Frame, place: int, point: SharePoint, colour: str) -> str:
    hollow = " hollow" if point.n < SMALL_N else ""
    said = f"{point.week}: {100 * (point.share or 0):.0f}% of {point.n:,}"
    where = f'cx="{frame.x(place)}" cy="{frame.y(point.share or 0)}"'
    return f'<circle class="dot c-{colour}{hollow}" {where} r="2.6"><title>{said}</title></circle>'


def _grid(frame: _Frame, *, percent: bool) -> Iterator[str]:
    for part in (0.0, 0.5, 1.0):
        value, y = frame.top * part, frame.y(frame.top * part)
        text = f"{100 * value:.0f}%" if percent else f"{value:,.0f}"
        yield f'<line class="grid" x1="{LEFT}" x2="{frame.width - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{text}</text>'


def _months(frame: _Frame) -> Iterator[str]:
    """Yield a label at the first week of some months, about eight in all."""
    starts = [
        place
        for place, week in enumerate(frame.weeks)
        if place and week.monday().month != frame.weeks[place - 1].monday().month
    ]
    step = max(1, ceil(len(starts) / (frame.width // 75)))
    for place in starts[::step]:
        monday = frame.weeks[place].monday()
        anchor = "end" if frame.x(place) > frame.width - 30 else "middle"
        text = f"{monday:%b %Y}" if step > 1 or monday.month == 1 else f"{monday:%b}"
        where = f'x="{frame.x(place)}" y="{frame.height - 4}" text-anchor="{anchor}"'
        yield f'<text class="tick" {where}>{text}</text>'


def _event(frame: _Frame, event: Week | None) -> Iterator[str]:
    if event in frame.weeks:
        x = frame.x(frame.weeks.index(event))
        yield f'<line class="event" x1="{x}" x2="{x}" y1="{TOP}" y2="{frame.y(0)}"/>'


def _round_up(highest: int) -> float:
    """Return an even figure at or above, so that half of it is whole too."""
    return next(
        float(times * 10**power)
        for power in count()
        for times in (2, 4, 6, 8)
        if times * 10**power >= highest
    )
