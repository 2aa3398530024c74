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
@model_option
@shared_options
@pass_shared
def report(shared: Shared, week: "Week | None", out: Path, model: str | None) -> None:
    """Write the weekly report: HTML, plain text, e-mail, CSV and charts."""
    from monitor.clock import utc_now
    from monitor.pipeline.label import active_model, labels_of
    from monitor.pipeline.report import run_report

    config, store = shared.config(), shared.store()
    stored = labels_of(store, model or active_model(store, config))
    written = run_report(store, config, stored, utc_now, week=week, out=out)
    if shared.json:
        print_json({"week": str(written.week), "model": stored.version, "files": written.files})
        return
    for path in written.files:
        click.echo(path)
