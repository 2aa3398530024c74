"""``monitor report``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import Shared, model_option, parse_week, pass_shared, print_json, shared_options

if TYPE_CHECKING:
    from monitor.clock import Week


@click.command()
@click.option("--week", metavar="W", callback=parse_week, help="Default: the last whole week.")
@click.option("--out", default="reports", show_default=True, type=click.Path(path_type=Path))
@click.option("--queue", is_flag=True, help="Queue it for the lists of feeds.yaml; see monitor deliver.")
@model_option
@shared_options
@pass_shared
def report(shared: Shared, week: "Week | None", out: Path, queue: bool, model: str | None) -> None:
    """Write the weekly report: HTML, plain text, e-mail, CSV and charts."""
    from monitor.clock import utc_now
    from monitor.errors import UsageError
    from monitor.pipeline.deliver import enqueue_report
    from monitor.pipeline.label import active_model, labels_of
    from monitor.pipeline.report import run_report

    config, store = shared.config(), shared.store()
    if queue and not config.lists:
        raise UsageError("--queue: feeds.yaml has no lists: to send a report to; add one with its recipients")
    stored = labels_of(store, model or active_model(store, config))
    written = run_report(store, config, stored, utc_now, week=week, out=out)
    queued = None
    if queue:
        eml = next(path for path in written.files if path.suffix == ".eml").read_bytes()
        queued = enqueue_report(store, config, written.week, eml, utc_now)
    if shared.json:
        found = {"week": str(written.week), "model": stored.version, "files": written.files}
        print_json(found if queued is None else found | {"queued": queued})
        return
    for path in written.files:
        click.echo(path)
    if queued is not None:
        click.echo(f"{queued} queued; send them with: monitor deliver")
