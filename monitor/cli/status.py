"""``monitor status`` and ``monitor doctor``."""

from typing import TYPE_CHECKING

import click

from monitor.cli.common import Shared, counted, pass_shared, print_json, shared_options
from monitor.errors import MonitorError, UsageError

if TYPE_CHECKING:
    from monitor.pipeline.status import SourceStatus


@click.command()
@shared_options
@pass_shared
def status(shared: Shared) -> None:
    """Say what is stored, what ran, and which sources fail."""
    from monitor.clock import utc_now
    from monitor.pipeline.status import run_status

    found = run_status(shared.store(), shared.config(), utc_now)
    if shared.json:
        print_json(found.as_json())
        return
    for line in found.in_words():
        click.echo(line)
    for source in found.sources:
        if source.state != "ok":
            click.echo(_source_line(source))
        for note in source.notes():
            click.echo(f"  {source.source:28} {'note':8} {note}")


def _source_line(source: "SourceStatus") -> str:
    return f"  {source.source:28} {source.state:8} {source.remark}"


@click.command()
@click.option("--sources", is_flag=True, help="Ask every feed address whether it answers with a feed.")
@click.option("--record", is_flag=True, help="With --sources: write the day into feeds.yaml's `checked:`.")
@shared_options
@pass_shared
def doctor(shared: Shared, sources: bool, record: bool) -> None:
    """Say what is wrong, and the remedy.

    Exit status 1 where anything is wrong.
    """
    from monitor.clock import utc_now
    from monitor.pipeline.status import run_doctor

    if record and not sources:
        raise click.UsageError("--record goes with --sources")
    config = shared.config()
    if sources:
        _doctor_sources(shared, record=record)
        return
    problems = run_doctor(shared.database_url, config, utc_now)
    if shared.json:
        print_json({"ok": not problems, "problems": problems})
    else:
        click.echo("\n".join(problems) or "All is well.")
    if problems:
        raise MonitorError(f"{counted(problems)}; each stands on standard output, with its remedy")


def _doctor_sources(shared: Shared, *, record: bool) -> None:
    from monitor.clock import LONDON, utc_now
    from monitor.config.load import mark_checked
    from monitor.pipeline.collect import run_source_check

    config = shared.config()
    if record and config.path is None:
        raise UsageError("there is no feeds.yaml here to write into; name one with --feeds")
    findings: list[dict[str, object]] = []

    def say(source: str, answers: bool, finding: str) -> None:
        findings.append({"source": source, "answers": answers, "finding": finding})
        if not shared.json:
            click.echo(f"{'ok' if answers else 'FAILS':6} {source:28} {finding}")

    found = run_source_check(config, utc_now, say)
    good = [source for source, answers in found.items() if answers]
    if record and config.path is not None:
        today = utc_now().astimezone(LONDON).date()
        mark_checked(config.path, dict.fromkeys(good, today))
    if shared.json:
        print_json({"ok": len(good) == len(found), "sources": findings})
    else:
        click.echo(f"{len(good)} of {len(found)} addresses answer with a feed.")
    if len(good) < len(found):
        silent = f"{len(found) - len(good)} of {len(found)} addresses"
        raise MonitorError(f"{silent}: no feed answers; each stands on standard output, with what came")
