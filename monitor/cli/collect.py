"""``monitor collect`` and ``monitor backfill``."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import Shared, pass_shared, print_json, progress, shared_options, warn
from monitor.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.pipeline.collect import SourceOutcome
    from monitor.types import Intake


@click.command()
@click.option(
    "--source", "only", metavar="ID", multiple=True, help="Poll this source alone; may be repeated."
)
@click.option("--force", is_flag=True, help="Poll whether due or not, and read the whole answer.")
@shared_options
@pass_shared
def collect(shared: Shared, only: tuple[str, ...], force: bool) -> None:
    """Poll the sources that are due, once."""
    from monitor.clock import utc_now
    from monitor.pipeline.collect import run_collect
    from monitor.pipeline.upkeep import run_retention

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
    run_retention(store, config, utc_now)
    _print_outcomes(shared, outcomes)
    failed = [outcome for outcome in outcomes if outcome.outcome == "failed"]
    if failed and (only or len(failed) == len(outcomes)):
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
    click.echo(f"{len(outcomes)} sources polled ({polled}): {_in_words(total)}")


def _in_words(intake: "Intake") -> str:
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(intake.reasons.items()))
    return (
        f"{intake.read:,} entries read, {intake.new:,} new, {intake.revised:,} revised, "
        f"{intake.duplicate:,} duplicate, {intake.rejected:,} rejected" + (f" ({why})" if why else "")
    )


@click.group()
def backfill() -> None:
    """Import items of the past."""


@backfill.command("file")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "rss"]), help="Default: by the name.")
@click.option(
    "--map", "columns", metavar="OURS=COL,...", help="date, title, text, summary, url, guid, outlet."
)
@click.option("--date-format", metavar="FMT", help="How dates are written, as in %d/%m/%Y.")
@click.option("--timezone", default="Europe/London", show_default=True, help="Of dates that name none.")
@click.option("--outlet", metavar="NAME", help="Who published the items, where no column says it.")
@shared_options
@pass_shared
def backfill_file(
    shared: Shared,
    path: Path,
    form: str | None,
    columns: str | None,
    date_format: str | None,
    timezone: str,
    outlet: str | None,
) -> None:
    """Import dated items from a file: csv, jsonl or rss, plain or gzipped."""
    from monitor.clock import utc_now
    from monitor.pipeline.backfill import run_backfill_file
    from monitor.types import Outlet

    mapping, zone = _mapping(columns), _zone(timezone)
    config = shared.config()
    if not path.exists():
        raise UsageError(f"{path}: no such file")
    store = shared.store(create=True)
    with progress("importing") as show:
        total = run_backfill_file(
            store,
            path,
            utc_now,
            text=config.text,
            form=form,
            columns=mapping,
            date_pattern=date_format,
            zone=zone,
            outlet=Outlet(outlet) if outlet else None,
            warn=warn,
            say=lambda read: show(read, None),
        )
    if shared.json:
        print_json(total.as_json())
    else:
        click.echo(f"{path}: {_in_words(total)}")


def _mapping(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    pairs = [part.partition("=") for part in text.split(",")]
    wrong = [ours for ours, equals, column in pairs if not (ours and equals and column)]
    if wrong:
        raise UsageError(
            f"--map: {wrong[0]!r} is not of the form OURS=COLUMN, as in date=published,title=headline"
        )
    return {ours.strip(): column.strip() for ours, _, column in pairs}


def _zone(name: str) -> "ZoneInfo":
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(f"--timezone: {name!r} is not a time zone; write it like Europe/London") from None
