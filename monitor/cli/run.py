"""``monitor run``."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import Shared, pass_shared, print_json, shared_options

if TYPE_CHECKING:
    from monitor.schedule.board import Ran

DEFAULT_PORT = 9464


@click.command()
@click.option(
    "--health-port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), metavar="N",
    help="Of /health and /metrics on 127.0.0.1; 0 takes a free one.",
)  # fmt: skip
@click.option("--no-health", is_flag=True, help="Serve no health address.")
@click.option("--once", is_flag=True, help="Do everything that is due, once, then end.")
@click.option(
    "--reports", default="reports", show_default=True, metavar="DIR", type=click.Path(path_type=Path),
    help="Where the reports land.",
)  # fmt: skip
@shared_options
@pass_shared
def run(shared: Shared, health_port: int, no_health: bool, once: bool, reports: Path) -> None:
    """Run as a daemon: do whatever is due, until it is stopped.

    It collects, labels, reports and delivers. Ends on SIGTERM or Ctrl-C; SIGHUP reads feeds.yaml again,
    as does every change of it.
    """
    from monitor.cli.logs import set_up_logs

    set_up_logs("info", machine=not (once or sys.stderr.isatty()))
    if once:
        _run_once(shared, reports)
    else:
        _run_on(shared, None if no_health else health_port, reports)


def _run_on(shared: Shared, port: int | None, reports: Path) -> None:
    import structlog

    from monitor.clock import utc_now
    from monitor.schedule.daemon import Daemon

    feeds = Path(shared.feeds) if shared.feeds else None
    daemon = Daemon(shared.database_url, feeds, utc_now, os.environ, reports)
    log = structlog.get_logger()
    ended = daemon.run(port, lambda address: log.info("health address", address=address))
    if not ended:
        # A thread that computes cannot be ended; what it has not committed is as if never begun.
        sys.stderr.flush()
        os._exit(0)


def _run_once(shared: Shared, reports: Path) -> None:
    from monitor.clock import utc_now
    from monitor.schedule.daemon import run_once

    feeds = Path(shared.feeds) if shared.feeds else None
    found = run_once(shared.database_url, feeds, utc_now, os.environ, reports)
    _print_runs(shared, found)
    if not all(ran.ok for ran in found):
        raise click.exceptions.Exit(1)


def _print_runs(shared: Shared, found: "list[Ran]") -> None:
    from dataclasses import asdict

    if shared.json:
        print_json({"ok": all(ran.ok for ran in found), "jobs": [asdict(ran) for ran in found]})
    for ran in found:
        if not ran.ok:
            for line in ran.remark.splitlines():
                click.echo(f"monitor: {ran.job}: {line}", err=True)
        elif not shared.json:
            click.echo(f"{ran.job:10} {ran.remark}")
