"""Small charts as SVG, drawn on the server; the style sheet gives them their colours, by day and by night."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from markupsafe import Markup, escape

from monitor.clock import Week
from monitor.report.figures import SMALL_N
from monitor.report.palette import role
from monitor.types import SharePoint

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 640, 40, 10, 10, 20


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where weeks and values lie in a chart."""

    weeks: Sequence[Week]
    top: float
    """The value at the upper edge."""
    height: int

    def x(self, place: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * place / max(len(self.weeks) - 1, 1), 1)

    def y(self, value: float) -> float:
        inner = self.height - TOP - BOTTOM
        return round(TOP + inner * (1 - min(max(value / self.top, 0), 1)), 1)


def share_chart(
    points: Sequence[SharePoint], alt: str, *, top: float | None = None, event: Week | None = None, height: int = 150
) -> Markup:
    """Return the weekly shares of one frame: a line with its 95 % band, hollow dots where n is below 20.

    Args:
        points: of every week, in order; a week without items parts the line.
        top: the share at the upper edge; None fits the chart to its points.
        event: the week that is marked.
    """
    frame = _Frame([point.week for point in points], top or share_top(points), height)
    colour = role(points[0].frame) if points else "other"
    parts = [*_grid(frame, percent=True), *_months(frame), *_event(frame, event)]
    for run in _runs(points):
        upper = [f"{frame.x(place)},{frame.y(point.high or 0)}" for place, point in run]
        lower = [f"{frame.x(place)},{frame.y(point.low or 0)}" for place, point in reversed(run)]
        line = [f"{frame.x(place)},{frame.y(point.share or 0)}" for place, point in run]
        parts.append(f'<polygon class="band c-{colour}" points="{" ".join([*upper, *lower])}"/>')
        parts.append(f'<polyline class="line c-{colour}" points="{" ".join(line)}"/>')
        parts += [_dot(frame, place, point, colour) for place, point in run]
    return _svg(parts, alt, height)


def share_top(points: Sequence[SharePoint]) -> float:
    """Return a round share above all points, for charts that are to be compared."""
    highest = max((point.share or 0 for point in points), default=0)
    return min(1.0, max(0.1, ceil(highest * 10 + 0.5) / 10))


def count_chart(counts: Sequence[tuple[Week, int]], alt: str, *, height: int = 110) -> Markup:
    """Return a bar for the count of every week."""
    highest = max((count for _, count in counts), default=0)
    frame = _Frame([week for week, _ in counts], _round_up(highest), height)
    width = max(1.0, round((WIDTH - LEFT - RIGHT) / max(len(counts), 1) * 0.68, 1))
    bars = [
        f'<rect class="bar" x="{frame.x(place) - width / 2:.1f}" y="{frame.y(count)}" width="{width}" '
        f'height="{frame.y(0) - frame.y(count):.1f}"><title>{week}: {count:,}</title></rect>'
        for place, (week, count) in enumerate(counts)
        if count
    ]
    return _svg([*_grid(frame, percent=False), *_months(frame), *bars], alt, height)


def _svg(parts: Sequence[str], alt: str, height: int) -> Markup:
    head = f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(alt)}">'
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
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{text}</text>'


def _months(frame: _Frame) -> Iterator[str]:
    """Yield a label at the first week of some months, about eight in all."""
    starts = [
        place
        for place, week in enumerate(frame.weeks)
        if place and week.monday().month != frame.weeks[place - 1].monday().month
    ]
    step = max(1, ceil(len(starts) / 7))
    for place in starts[::step]:
        monday = frame.weeks[place].monday()
        anchor = "end" if place > 0.95 * len(frame.weeks) else "middle"
        text = f"{monday:%b %Y}" if step > 1 or monday.month == 1 else f"{monday:%b}"
        yield f'<text class="tick" x="{frame.x(place)}" y="{frame.height - 4}" text-anchor="{anchor}">{text}</text>'


def _event(frame: _Frame, event: Week | None) -> Iterator[str]:
    if event in frame.weeks:
        x = frame.x(frame.weeks.index(event))
        yield f'<line class="event" x1="{x}" x2="{x}" y1="{TOP}" y2="{frame.y(0)}"/>'


def _round_up(count: int) -> float:
    """Return the next even one, two or five times a power of ten."""
    step = 2
    while step < count:
        step = step * 5 // 2 if str(step)[0] in "2" and step > 2 or step == 2 else step * 2
    return float(step)
