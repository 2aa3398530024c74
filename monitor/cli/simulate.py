"""``monitor simulate``."""

from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import Shared, pass_shared, print_json, progress, shared_options

if TYPE_CHECKING:
    from datetime import datetime


def _day(context: click.Context, option: click.Parameter, value: "datetime") -> object:
    return value.date()


@click.command()
@click.argument("database", metavar="DB")
@click.option(
    "--frame", metavar="F", default="incompetent", show_default=True, help="The frame that the effect is on."
)
@click.option("--weeks", metavar="N", type=click.IntRange(1, 5_200), default=156, show_default=True)
@click.option(
    "--items-per-week", metavar="N", type=float, default=40.0, show_default=True, help="Relevant ones."
)
@click.option(
    "--others-per-week",
    metavar="N",
    type=click.FloatRange(0),
    default=20.0,
    show_default=True,
    help="Others.",
)
@click.option(
    "--base-share", metavar="P", type=float, default=0.15, show_default=True, help="The frame's, 0 to 1."
)
@click.option(
    "--effect",
    metavar="OR",
    type=float,
    default=1.0,
    show_default=True,
    help="Odds ratio in the week of --at.",
)
@click.option(
    "--volume",
    metavar="RATIO",
    type=float,
    default=1.0,
    show_default=True,
    help="Ratio of items in that week.",
)
@click.option(
    "--half-life", metavar="WEEKS", type=float, default=4.0, show_default=True, help="Weeks, of both effects."
)
@click.option(
    "--at", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), default="2003-01-28", show_default=True,
    callback=_day, help="When it happens: after two thirds of the weeks.",
)  # fmt: skip
@click.option("--autocorrelation", metavar="R", type=float, default=0.3, show_default=True, help="Of weeks.")
@click.option(
    "--spread", metavar="SD", type=click.FloatRange(0), default=0.25, show_default=True, help="Of log-odds."
)
@click.option("--sensitivity", metavar="P", type=float, default=1.0, show_default=True, help="The model's.")
@click.option("--specificity", metavar="P", type=float, default=1.0, show_default=True, help="The model's.")
@click.option(
    "--missing-weeks", metavar="N", type=click.IntRange(0), default=0, show_default=True, help="Hold nothing."
)
@click.option(
    "--copies",
    metavar="P",
    type=float,
    default=0.0,
    show_default=True,
    help="Share of items with a wire copy.",
)
@click.option(
    "--codes", metavar="N", type=click.IntRange(0), default=0, show_default=True, help="Items coded."
)
@click.option("--seed", metavar="N", type=int, default=1, show_default=True, help="Another draw.")
@shared_options
@pass_shared
def simulate(shared: Shared, /, database: str, **planted: Any) -> None:
    """Make a database with a planted effect, to try methods on.

    DB is a path or a URL; a database that holds anything is refused. What is planted stands in the JSON
    answer.
    """
    from monitor.pipeline.simulate import Plan, simulate, simulated_json

    plan = Plan(**planted)
    shared.db = database if "://" in database else f"sqlite:///{database}"
    store = shared.store(create=True)
    with progress("Simulating") as show:
        done = simulate(store, plan, lambda count: show(count, None))
    if shared.json:
        print_json(simulated_json(done, store.url))
        return
    click.echo(
        f"{done.items:,} items of {plan.weeks} weeks from {plan.first}, {done.copies:,} of them copies, "
        f"{done.codes:,} coded; {plan.frame} at {plan.base_share:.0%}, odds ratio {plan.effect:g} from "
        f"{plan.at} on, half-life {plan.half_life:g} weeks.\nLook at it with: monitor --db {shared.db} trend"
    )
