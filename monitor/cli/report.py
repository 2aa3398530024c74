"""``monitor report``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import Shared, model_option, parse_week, pass_shared, print_json, shared_options

if TYPE_CHECKING:
    from monitor.clock import Week


@click.command()
@click.option("--week", metavar="W", callback=parse_week, help="Default: the last whole week.")
@click.option("--month", metavar="M", help="The report of a month instead, such as 2026-10.")
@click.option("--event", metavar="ID", help="The report of the half year after an event; see monitor events.")
@click.option("--out", metavar="DIR", default="reports", show_default=True, type=click.Path(path_type=Path))
@click.option("--queue", is_flag=True, help="Queue a weekly one for the lists; see monitor deliver.")
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
    from monitor.errors import UsageError
    from monitor.pipeline.deliver import enqueue_report
    from monitor.pipeline.label import active_model, labels_of
    from monitor.pipeline.listmail import list_mails
    from monitor.pipeline.report import run_report
    from monitor.pipeline.reportdata import week_asked

    config, store = shared.config(), shared.store()
    if queue and not config.lists:
        raise UsageError("--queue: feeds.yaml has no lists: to send a report to; add one with its recipients")
    if queue and (month or event):
        raise UsageError("--queue: only weekly reports go to the lists; leave out --month and --event")
    stored = labels_of(store, model or active_model(store, config))
    written = run_report(store, config, stored, utc_now, week=week, month=month, event=event, out=out)
    queued = None
    if queue:
        eml = next(path for path in written.files if path.suffix == ".eml").read_bytes()
        own = list_mails(store, config, stored, utc_now, week_asked(written.week))
        queued = enqueue_report(store, config, written.week, eml, utc_now, own=own)
    if shared.json:
        found = {"week": str(written.week), "model": stored.version, "files": written.files}
        print_json(found if queued is None else found | {"queued": queued})
        return
    for path in written.files:
        click.echo(path)
    if queued is not None:
        click.echo(f"{queued} queued; send them with: monitor deliver")
