"""``monitor trend`` and ``monitor events``."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import (
    Shared,
    model_option,
    parse_week,
    pass_shared,
    print_json,
    shared_options,
    week_options,
)

if TYPE_CHECKING:
    from monitor.clock import Week
    from monitor.pipeline.trend import Trend, TrendQuery
    from monitor.types import BalancePoint, Event, SharePoint


def parse_weeks(context: click.Context, option: click.Parameter, values: Sequence[str]) -> "tuple[Week, ...]":
    """Read each of an option's values as `parse_week` does."""
    return tuple(week for value in values if (week := parse_week(context, option, value)) is not None)


@click.command()
@click.option("--frame", "frames", metavar="F", multiple=True, help="Only this frame; may be repeated.")
@week_options
@click.option("--by", type=click.Choice(["outlet_type", "nation", "outlet"]), help="A series for each.")
@click.option(
    "--series", type=click.Choice(["broad", "strict"]), default="broad", show_default=True,
    help="broad: all that is about the services; strict: only what names social work itself.",
)  # fmt: skip
@click.option(
    "--unit", type=click.Choice(["item", "mention"]), default="item", show_default=True,
    help="What is counted: items, or the passages in them.",
)  # fmt: skip
@click.option(
    "--period", type=click.Choice(["week", "month", "quarter", "year"]), default="week", show_default=True,
    help="Whole weeks taken together.",
)  # fmt: skip
@click.option(
    "--depth", type=click.Choice(["headline", "full", "title", "summary"]), default="headline",
    show_default=True, help="What was read; title and summary are the two kinds of headline readings.",
)  # fmt: skip
@click.option(
    "--copies", type=click.Choice(["once", "per-outlet"]), default="once", show_default=True,
    help="How often a story counts that several outlets carry.",
)  # fmt: skip
@click.option("--panel", is_flag=True, help="Only outlets read in nearly all months of the span.")
@click.option("--balance", is_flag=True, help="Show the image balance in place of the frames.")
@click.option(
    "--correction", type=click.Choice(["ppi", "dsl", "none"]), default="ppi", show_default=True,
    help="How people's codes correct the classifier's error.",
)  # fmt: skip
@click.option(
    "--pool", metavar="WEEKS", type=click.IntRange(1, 2_600), default=52, show_default=True,
    help="Weeks of codes to pool at most, where a period has too few of its own.",
)  # fmt: skip
@click.option(
    "--change", "changes", metavar="W", multiple=True, callback=parse_weeks,
    help="A week across which codes are not pooled; may be repeated.",
)  # fmt: skip
@model_option
@shared_options
@pass_shared
def trend(shared: Shared, /, model: str | None, balance: bool, **chosen: Any) -> None:
    """Show each frame's share of the coverage over time.

    That is, of the relevant items of each week or longer, with 95 % intervals.
    """
    from monitor.pipeline.label import active_model, labels_of
    from monitor.pipeline.trend import TrendQuery, read_trend

    config, store = shared.config(), shared.store()
    stored = labels_of(store, model or active_model(store, config))
    query = TrendQuery(**chosen)
    found = read_trend(store, stored, query)
    if shared.json:
        print_json(_trend_json(stored.version, query, found))
        return
    if not found.shares:
        click.echo(found.reason or f"{stored.version} has found nothing about social work yet.")
        return
    click.echo(f"{stored.version}: {query.method}")
    if found.panel is not None:
        click.echo(f"constant panel of {len(found.panel)}: {', '.join(found.panel)}")
    click.echo()
    for line in _balance_rows(found) if balance else _share_rows(found):
        click.echo(line)


def _trend_json(version: str, query: "TrendQuery", found: "Trend") -> dict[str, object]:
    from monitor.pipeline.trend import balance_json, share_json, volume_json

    reason = found.reason or ("" if found.shares else "nothing is labelled in these weeks")
    return {
        "model": version,
        "method": query.method,
        **({"status": "not_estimable", "reason": reason} if reason else {"status": "ok"}),
        "period": query.period,
        "panel": None if found.panel is None else list(found.panel),
        "rows": [share_json(point, query.period) for point in found.shares],
        "balance": [balance_json(point, query.period) for point in found.balance],
        "volume": [volume_json(dated, query.period) for dated in found.volume],
    }


def _share_rows(found: "Trend") -> Iterator[str]:
    """Yield a line for each share that there is, then why those without a correction have none."""
    grouped = len({point.group for point in found.shares}) > 1
    shown = [point for point in found.shares if point.n]
    for point in shown:
        group = f"{point.group:14} " if grouped else ""
        count = f"{point.hits:5} of {point.n:5}"
        figure = _interval(100 * (point.share or 0), 100 * (point.low or 0), 100 * (point.high or 0), " %")
        yield f"{point.period}  {group}{point.frame:14} {count}  {figure}{_corrected(point)}"
    for reason in sorted({point.reason for point in shown if not point.corrected}):
        yield f"uncorrected: {reason}"


def _balance_rows(found: "Trend") -> Iterator[str]:
    grouped = len({point.group for point in found.balance}) > 1
    for point in found.balance:
        if point.net is not None:
            group = f"{point.group:14} " if grouped else ""
            figure = _interval(100 * point.net, 100 * (point.low or 0), 100 * (point.high or 0), "")
            ratio = "none" if point.fail_over is None else f"{point.fail_over:.1f}"
            low, high = (_bound(one) for one in (point.fail_over_low, point.fail_over_high))
            counts = f"{point.positive:4} - {point.negative:4} of {point.n:5}"
            failed = f"failed/over-zealous {ratio} [{low}, {high}]"
            yield f"{point.period}  {group}{counts}  balance {figure}{_corrected(point)}  {failed}"


def _interval(value: float, low: float, high: float, unit: str) -> str:
    return f"{value:5.1f}{unit}  [{low:.1f}, {high:.1f}]"


def _bound(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _corrected(point: "SharePoint | BalancePoint") -> str:
    """Say what corrected a figure, or that nothing did."""
    return f"  {point.method}, {point.n_codes} codes" if point.corrected else "  uncorrected"


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@shared_options
@pass_shared
def events(shared: Shared, ids: tuple[str, ...]) -> None:
    """List the events: those shipped, and your own of feeds.yaml."""
    from monitor.config.events import chosen_events

    found = chosen_events(shared.config(), ids)
    if shared.json:
        print_json([_event_json(event) for event in found])
        return
    for event in found:
        day = {"day": event.date, "month": event.date[:7], "year": event.date[:4]}[event.precision]
        doubt = "" if event.verified else "  (date not verified)"
        click.echo(f"{event.id:6} {day:10}  {event.nation:16} {event.name}{doubt}")


def _event_json(event: "Event") -> dict[str, object]:
    return {
        "id": event.id,
        "date": event.date,
        "precision": event.precision,
        "name": event.name,
        "nation": event.nation,
        "type": event.type,
        "expected_frames": list(event.expected_frames),
        "note": event.note,
        "source_url": event.source_url,
        "verified": event.verified,
    }
