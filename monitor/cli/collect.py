"""``monitor collect``."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from monitor.cli.common import Shared, pass_shared, print_json, progress, shared_options

if TYPE_CHECKING:
    from datetime import date, datetime

    from monitor.pipeline.collect import SourceOutcome
    from monitor.types import Intake


DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option(
    "--source", "only", metavar="ID", multiple=True, help="Poll this source alone; may be repeated."
)
@click.option("--force", is_flag=True, help="Poll whether due or not, and read the whole answer.")
@click.option("--reextract", is_flag=True, help="Poll nothing: read the raw answers that were kept again.")
@click.option("--from", "first", metavar="DATE", type=DAY, help="With --reextract: the first day.")
@click.option("--to", "last", metavar="DATE", type=DAY, help="With --reextract: the last day.")
@shared_options
@pass_shared
def collect(
    shared: Shared,
    only: tuple[str, ...],
    force: bool,
    reextract: bool,
    first: "datetime | None",
    last: "datetime | None",
) -> None:
    """Poll the sources that are due, once.

    With --reextract, make the items anew from the raw answers that were kept.
    """
    if reextract and (only or force):
        raise click.UsageError("--reextract polls nothing: leave out --source and --force")
    if (first or last) and not reextract:
        raise click.UsageError("--from and --to go with --reextract")
    if reextract:
        _reextract(shared, first and first.date(), last and last.date())
    else:
        _collect(shared, only, force)


def _reextract(shared: Shared, first: "date | None", last: "date | None") -> None:
    from monitor.pipeline.reextract import run_reextract

    config = shared.config()
    store = shared.store(create=True)
    with progress("reading again") as show:
        done = run_reextract(store, config, first=first, last=last, say=lambda polls: show(polls, None))
    if shared.json:
        print_json({**done.intake.as_json(), "polls": done.polls, "failed": done.failed})
    else:
        unread = f" ({done.failed} could not be read)" if done.failed else ""
        click.echo(f"{done.polls} polls read again{unread}: {in_words(done.intake)}")


def _collect(shared: Shared, only: tuple[str, ...], force: bool) -> None:
    from monitor.clock import utc_now
    from monitor.pipeline.collect import run_collect
    from monitor.pipeline.upkeep import run_condense, run_retention

    config = shared.config()
    store = shared.store(create=True)
    outcomes: list[SourceOutcome] = []

    def say(outcome: "SourceOutcome") -> None:
        outcomes.append(outcome)
        show(len(outcomes), None)
        if outcome.error and not shared.json:
            click.echo(f"{outcome.source}: {outcome.outcome}: {outcome.error}", err=True)

    with progress("collecting") as show:
        run_collect(store, config, utc_now, only=only, force=force, say=say)
    run_condense(store, utc_now)
    run_retention(store, config, utc_now)
    _print_outcomes(shared, outcomes)
    failed = [outcome for outcome in outcomes if outcome.outcome == "failed"]
    if failed and (only or len(failed) == len(outcomes)):
        if shared.json:
            first = f"{failed[0].source}: {failed[0].error}"
            click.echo(f"monitor: {len(failed)} of {len(outcomes)} sources failed; {first}", err=True)
        raise click.exceptions.Exit(1)


def _print_outcomes(shared: Shared, outcomes: "list[SourceOutcome]") -> None:
    from monitor.types import Intake

    total = sum((outcome.intake for outcome in outcomes), Intake())
    counts = Counter(outcome.outcome for outcome in outcomes)
    if shared.json:
        sources = [outcome.as_json() for outcome in sorted(outcomes, key=lambda one: one.source)]
        print_json({**total.as_json(), "sources": sources})
        return
    if not outcomes:
        click.echo("No source is due; --force polls all the same.")
        return
    polled = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    click.echo(f"{len(outcomes)} sources polled ({polled}): {in_words(total)}")


def in_words(intake: "Intake") -> str:
    """Return what became of some entries."""
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(intake.reasons.items()))
    return (
        f"{intake.read:,} entries read, {intake.new:,} new, {intake.revised:,} revised, "
        f"{intake.duplicate:,} duplicate, {intake.rejected:,} rejected" + (f" ({why})" if why else "")
    )
