"""``monitor demo``."""

from pathlib import Path

import click

from monitor.cli.common import progress, shared_options


@click.command()
@click.option(
    "--keep", metavar="DIR", type=click.Path(path_type=Path), help="Work in this folder; default: a new one."
)
@shared_options
def demo(keep: Path | None) -> None:
    """Do the main job on a sample newsroom: collect, label, trend and report, without a network.

    Outlets, places and people of the sample are invented.
    """
    from monitor.cli.logs import set_up_logs
    from monitor.demo.tour import run_demo

    set_up_logs()
    with progress("demo") as show:
        run_demo(keep, click.echo, show)
