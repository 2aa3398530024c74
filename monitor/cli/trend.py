"""``monitor trend`` and ``monitor events``."""

from typing import TYPE_CHECKING, cast

import click

from monitor.cli.common import Shared, model_option, pass_shared, print_json, shared_options, week_options

if TYPE_CHECKING:
    from monitor.clock import Week
    from monitor.types import Event, Grouping, Series, SharePoint, Unit


@click.command()
@click.option("--frame", "frames", metavar="F", multiple=True, help="Only this frame; may be repeated.")
@week_options
@click.option("--by", type=click.Choice(["outlet_type", "nation", "outlet"]), help="A series for each.")
@click.option("--series", type=click.Choice(["broad", "strict"]), default="broad", show_default=True)
@click.option("--unit", type=click.Choice(["item", "mention"]), default="item", show_default=True)
@model_option
@shared_options
@pass_shared
def trend(
    shared: Shared,
    frames: tuple[str, ...],
    first: "Week | None",
    last: "Week | None",
    by: str | None,
    series: str,
    unit: str,
    model: str | None,
) -> None:
    """Show the weekly share of relevant items that carry each frame, with 95 % intervals."""
    from monitor.pipeline.label import active_model, labels_of
    from monitor.pipeline.trend import METHOD, TrendQuery, run_trend, share_json

    config, store = shared.config(), shared.store()
    stored = labels_of(store, model or active_model(store, config))
    query = TrendQuery(
        frames, first, last, cast("Grouping | None", by), cast("Series", series), cast("Unit", unit)
    )
    points = run_trend(store, stored, query)
    if shared.json:
        print_json({"model": stored.version, "method": METHOD, "rows": [share_json(one) for one in points]})
        return
    if not points:
        click.echo(f"{stored.version} has found nothing about social work yet.")
        return
    click.echo(f"{stored.version}: {METHOD}\n")
    for point in points:
        if point.n:
            click.echo(_row(point, grouped=by is not None))


def _row(point: "SharePoint", *, grouped: bool) -> str:
    group = f"{point.group:14} " if grouped else ""
    share, low, high = (100 * (value or 0) for value in (point.share, point.low, point.high))
    count = f"{point.hits:5} of {point.n:5}"
    return f"{point.week}  {group}{point.frame:14} {count}  {share:5.1f} %  [{low:.1f}, {high:.1f}]"


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@shared_options
@pass_shared
def events(shared: Shared, ids: tuple[str, ...]) -> None:
    """List the events that coverage may change after: those shipped, and your own of feeds.yaml."""
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
