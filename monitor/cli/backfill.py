"""``monitor backfill``: items of the past, from a file or from an archive."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.collect import in_words
from monitor.cli.common import F, Shared, pass_shared, print_json, progress, shared_options, warn
from monitor.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.collect.archives.base import Archive
    from monitor.pipeline.archives import Asking
    from monitor.pipeline.backfill import BackfillOutcome
    from monitor.store.open import Store


@click.group()
def backfill() -> None:
    """Import items of the past, from a file or an archive."""


# ---------------------------------------------------------------- files


@backfill.command("file")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl", "rss", "warc"]), help="Default: by the name."
)
@click.option(
    "--map",
    "columns",
    metavar="OURS=COL,...",
    help="Which columns hold date, title, text, summary, url, guid and outlet, as in title=headline.",
)
@click.option("--date-format", metavar="FMT", help="How dates are written, as in %d/%m/%Y.")
@click.option(
    "--timezone", metavar="ZONE", default="Europe/London", show_default=True, help="Of dates that name none."
)
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
    """Import dated items from a csv, jsonl, rss or warc file.

    It may be gzipped.
    """
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
            sources=config.sources,
            warn=warn,
            say=lambda read: show(read, None),
        )
    if shared.json:
        print_json(total.as_json())
    else:
        click.echo(f"{path}: {in_words(total)}")


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


# ---------------------------------------------------------------- archives


def _day(context: click.Context, option: click.Parameter, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{option.opts[0]}: {value!r} is not a date such as 2008-11-11") from None


def archive_options(command: F) -> F:
    """Let a command take the options that all archives have."""
    for option in (
        click.option("--base-url", metavar="URL", hidden=True, help="Another server; for tests."),
        click.option("--dry-run", is_flag=True, help="Say how many requests it would make."),
        click.option(
            "--to", "last", metavar="DATE", required=True, callback=_day, help="The last day."
        ),
        click.option(
            "--from", "first", metavar="DATE", required=True, callback=_day, help="The first day."
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@backfill.command("guardian")
@click.option("--query", metavar="WORDS", help='Words and "phrases" with AND, OR, NOT. Default: social work.')
@click.option(
    "--calls", metavar="N", type=click.IntRange(min=1), help="Requests that your key is allowed a day."
)
@archive_options
@shared_options
@pass_shared
def backfill_guardian(shared: Shared, /, query: str | None, calls: int | None, **asked: Any) -> None:
    """Fetch what the Guardian has published since 1999.

    Needs a free key in MONITOR_GUARDIAN_API_KEY, or in the file named by its _FILE.
    """
    from monitor.config.archives import guardian_key
    from monitor.pipeline.archives import open_guardian

    key = "" if asked["dry_run"] else guardian_key(os.environ)
    _run(
        shared,
        asked,
        lambda asking, store: open_guardian(asking, store, key=key, query=query, daily_calls=calls),
    )


@backfill.command("wayback")
@click.option("--source", "only", metavar="ID", multiple=True, help="Of this source alone; may be repeated.")
@click.option("--url", "addresses", metavar="URL", multiple=True, help="Where its feed lived before.")
@archive_options
@shared_options
@pass_shared
def backfill_wayback(shared: Shared, /, only: Sequence[str], addresses: Sequence[str], **asked: Any) -> None:
    """Fetch the feeds of your sources from the Wayback Machine.

    Each as it was captured, as often as it was.
    """
    from monitor.pipeline.archives import open_wayback

    _run(
        shared,
        asked,
        lambda asking, store: open_wayback(asking, only=only, addresses=addresses, warn=warn),
    )


@backfill.command("gdelt")
@click.option("--query", metavar="WORDS", help="In GDELT's language. Default: social work in UK news.")
@click.option("--bulk", is_flag=True, help="Read the bulk files instead of searching; from 2015 on.")
@click.option(
    "--host", "hosts", metavar="HOST", multiple=True, help="With --bulk: keep this host's items too."
)
@click.option(
    "--theme", "themes", metavar="THEME", multiple=True, help="With --bulk: keep items of this theme."
)
@archive_options
@shared_options
@pass_shared
def backfill_gdelt(
    shared: Shared,
    /,
    query: str | None,
    bulk: bool,
    hosts: Sequence[str],
    themes: Sequence[str],
    **asked: Any,
) -> None:
    """Fetch addresses and titles that GDELT saw.

    Since 2017; with --bulk since 2015.
    """
    from monitor.pipeline.archives import open_gdelt, open_gkg

    if bulk and query:
        raise UsageError("--query: the bulk files cannot be searched; leave out --bulk, or choose by --theme")
    if (hosts or themes) and not bulk:
        raise UsageError("--host and --theme choose among the bulk files; add --bulk, or put it into --query")
    _run(
        shared,
        asked,
        lambda asking, store: (
            open_gkg(asking, hosts=hosts, themes=themes) if bulk else open_gdelt(asking, query=query)
        ),
    )


@backfill.command("sitemap")
@click.option(
    "--source", "only", metavar="ID", multiple=True, help="The site of this source; may be repeated."
)
@click.option("--url", "urls", metavar="URL", multiple=True, help="A site, or a sitemap; may be repeated.")
@click.option("--match", metavar="REGEX", help="Fetch only pages in whose address this is found.")
@archive_options
@shared_options
@pass_shared
def backfill_sitemap(
    shared: Shared, /, only: Sequence[str], urls: Sequence[str], match: str | None, **asked: Any
) -> None:
    """Fetch the article pages that a site's sitemaps list.

    One every five seconds.
    """
    from monitor.pipeline.archives import open_sitemap

    _run(
        shared,
        asked,
        lambda asking, store: open_sitemap(asking, store, only=only, urls=urls, match=match, warn=warn),
    )


@backfill.command("ccnews")
@click.option("--host", "hosts", metavar="HOST", multiple=True, help="Default: the hosts of feeds.yaml.")
@click.option("--match", metavar="REGEX", help="Read only pages in whose address this is found.")
@archive_options
@shared_options
@pass_shared
def backfill_ccnews(shared: Shared, /, hosts: Sequence[str], match: str | None, **asked: Any) -> None:
    """Read your outlets' pages in Common Crawl's news crawl.

    It began in August 2016.
    """
    from monitor.pipeline.archives import open_ccnews

    _run(shared, asked, lambda asking, store: open_ccnews(asking, hosts=hosts, match=match))


Opener = Callable[["Asking", "Store"], AbstractAsyncContextManager["Archive"]]


def _run(shared: Shared, asked: dict[str, Any], opener: Opener) -> None:
    """Read an archive and print what came of it; a pause is an expected failure, as there is more to come."""
    from monitor.clock import utc_now
    from monitor.collect.archives.windows import span_of_days
    from monitor.pipeline.archives import Asking
    from monitor.pipeline.backfill import Run, run_archive

    start, end = span_of_days(asked["first"], asked["last"])
    config = shared.config()
    store = shared.store(create=True)
    asking = Asking(config, utc_now, start, end, asked["base_url"])
    with _bar() as say:
        run = Run(config.text, asked["dry_run"], say)
        outcome = run_archive(store, opener(asking, store), utc_now, run)
    if shared.json:
        print_json(outcome.as_json())
    else:
        click.echo(_told(outcome))
    if outcome.status == "paused":
        click.echo(f"monitor: {outcome.reason}", err=True)
        raise click.exceptions.Exit(1)


def _told(outcome: "BackfillOutcome") -> str:
    windows = f"{outcome.done:,} of {outcome.done + outcome.left:,} windows are read"
    if outcome.status == "planned":
        return f"{outcome.archive}: {windows}; the rest takes {outcome.calls:,} requests at least"
    return f"{outcome.archive}: {in_words(outcome.intake)}; {windows}, {outcome.calls:,} requests made"


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Yield a function that shows how many windows are read, with an estimate of the rest, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with click.progressbar(length=1, label="reading", file=sys.stderr, show_pos=True) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield show
