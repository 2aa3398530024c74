"""``monitor gold``: human codes and their agreement."""

from pathlib import Path

import click

from monitor.cli.common import Shared, pass_shared, print_json, shared_options


@click.group()
def gold() -> None:
    """Compare codings of the same items."""


@gold.command("agreement")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@shared_options
@pass_shared
def agreement(shared: Shared, first: Path, second: Path) -> None:
    """Say how far two files of coded items agree, code by code, on the ids that both hold."""
    from monitor.label.reliability import agreement_json, read_agreement

    figures = read_agreement(first, second)
    if shared.json:
        print_json(agreement_json(figures))
        return
    click.echo(
        f"{'':14} {'first':>6} {'second':>6} {'both':>6} {'alpha':>6}  {'95 %':14} {'pos.':>5} {'AC1':>5}"
    )
    for one in figures:
        alpha = "-" if one.alpha is None else f"{one.alpha:.2f}"
        span = "" if one.low is None or one.high is None else f"{one.low:.2f} to {one.high:.2f}"
        click.echo(
            f"{one.code:14} {one.first:6} {one.second:6} {one.both:6} {alpha:>6}  {span:14} "
            f"{one.positive_agreement:5.2f} {one.ac1:5.2f}"
        )
