"""``monitor report``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import Shared, model_option, parse_week, pass_shared, print_json, shared_options

if TYPE_CHECKING:
    from monitor.clock import Week
    from monitor.config.load import Config


@click.command()
@click.option("--week", metavar="W", callback=parse_week, help="Default: the last whole week.")
@click.option("--month", metavar="M", help="The report of a month instead, such as 2026-10.")
@click.option("--event", metavar="ID", help="The report of the half year after an event; see monitor events.")
@click.option("--out", metavar="DIR", default="reports", show_default=True, type=click.Path(path_type=Path))
@click.option("--queue", is_flag=True, help="Queue it for the lists; see monitor deliver.")
@model_option
@shared_options
@pass_shared
def report(
    shared: Shared,
    week: "Week | None",
    month: str | None,
    event: str | None,
    out: Path,
    queue: bool,
    model: str | None,
) -> None:
    """Write the report of a week, a month or an event.

    As page, e-mail, plain text, PDF, CSV and charts; by default of the last whole week.
    """
    from monitor.clock import utc_now
    from monitor.pipeline.label import active_model, labels_of
    from monitor.pipeline.listmail import queue_report
    from monitor.pipeline.report import run_report

    config, store = shared.config(), shared.store()
    if queue:
        config = _config_to_queue(config, month, event)
    stored = labels_of(store, model or active_model(store, config))
    written = run_report(store, config, stored, utc_now, week=week, month=month, event=event, out=out)
    queued = None
    if queue:
        queued = queue_report(store, config, stored, utc_now, written)
    if shared.json:
        found = {"week": str(written.week), "model": stored.version, "files": written.files}
        print_json(found if queued is None else found | {"queued": queued})
        return
    for path in written.files:
        click.echo(path)
    if queued is not None:
        click.echo(f"{queued} queued; send them with: monitor deliver")


def _config_to_queue(config: "Config", month: str | None, event: str | None) -> "Config":
    """Return the configuration for a report that is to be queued, or say why that cannot be."""
    from monitor.clock import utc_now
    from monitor.config.mail import with_contact
    from monitor.errors import UsageError
    from monitor.pipeline.report import last_whole_week
    from monitor.pipeline.reportdata import month_asked

    if not config.lists:
        raise UsageError("--queue: feeds.yaml has no lists: to send a report to; add one with its recipients")
    if event:
        raise UsageError("--queue: the report of an event goes to no list; leave out --event")
    if month and not any(one.monthly for one in config.lists):
        raise UsageError("--queue: no list of feeds.yaml has `monthly: true`; add that to one")
    if month and month_asked(month).last > last_whole_week(utc_now):
        raise UsageError(f"--queue: {month} is not over; its last week is {month_asked(month).last}")
    return with_contact(config, os.environ)
