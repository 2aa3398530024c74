"""``monitor demo``."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import progress, shared_options

if TYPE_CHECKING:
    from monitor.clock import Clock
    from monitor.schedule.board import Ran
    from monitor.schedule.daemon import Daemon

WEEK_SECONDS = 7 * 86_400
LAST_JOB_SECONDS = 60


@click.command()
@click.option(
    "--keep", metavar="DIR", type=click.Path(path_type=Path), help="Work in this folder; default: a new one."
)
@click.option(
    "--daemon",
    is_flag=True,
    help="Run the daemon for a simulated week instead; its mail goes into a Maildir.",
)
@click.option(
    "--seconds", default=20.0, show_default=True, type=click.FloatRange(5, 3600), metavar="N",
    help="With --daemon: how long the week takes.",
)  # fmt: skip
@shared_options
def demo(keep: Path | None, daemon: bool, seconds: float) -> None:
    """Show the whole line at work on a sample newsroom, offline.

    It collects, labels, trends and reports. Outlets, places and people of the sample are invented.
    """
    from monitor.cli.logs import set_up_logs
    from monitor.demo.tour import run_demo, working_folder

    set_up_logs("error" if daemon else "warning")
    if daemon:
        _run_week(working_folder(keep), seconds)
        return
    with progress("demo") as show:
        run_demo(keep, click.echo, show)


def _run_week(folder: Path, seconds: float) -> None:
    """Run the daemon on the sample newsroom from Sunday evening on, and say what it did."""
    from threading import Thread

    from monitor.clock import Clock
    from monitor.demo.calendar import DAEMON_START
    from monitor.demo.newsroom import serve_newsroom
    from monitor.schedule.daemon import Daemon

    pace, mail = WEEK_SECONDS / seconds, folder / "mail"
    clocks: list[Clock] = [lambda: DAEMON_START]  # stands until the first items are labelled
    lists = "lists:\n  policy-team: {recipients: [reader@demo.example], alerts: true}\n"
    with serve_newsroom() as newsroom:
        feeds = folder / "feeds.yaml"
        feeds.write_text(lists + newsroom.feeds_yaml, "utf-8")
        url, clock = f"sqlite:///{folder / 'monitor.db'}", lambda: clocks[-1]()
        daemon = Daemon(url, feeds, clock, {"MONITOR_MAILDIR": str(mail)}, folder / "reports", pace=pace)
        click.echo(f"The daemon runs from {DAEMON_START:%A %d %B %Y %H:%M} on, a week in {seconds:.0f} s.")
        Thread(target=_stop_after_week, args=(daemon, clocks, seconds, mail), daemon=True).start()
        if not daemon.run(None):
            daemon.runner.board.wait_until_idle(LAST_JOB_SECONDS)
            daemon.database.close()
    _say_week(daemon.runner.board.last_runs(), folder, mail)


def _stop_after_week(daemon: "Daemon", clocks: "list[Clock]", seconds: float, mail: Path) -> None:
    """Let the clock run, and the daemon end after its week, or later where its report is not sent yet."""
    from monitor.clock import fast_clock

    ended = daemon.shop.stop
    for _ in range(10 * LAST_JOB_SECONDS):
        label = daemon.runner.board.last_runs().get("label")
        if (label and not label.remark.startswith("0 ")) or ended.wait(0.1):
            break
    began_at = clocks[-1]()
    running, last = fast_clock(began_at, WEEK_SECONDS / seconds), began_at + timedelta(seconds=WEEK_SECONDS)
    # On a busy machine the week is over before its work is: the next Monday's report must not become due.
    clocks.append(lambda: min(running(), last))
    if ended.wait(seconds):
        return
    for _ in range(LAST_JOB_SECONDS):
        if next((mail / "new").glob("*"), None) or ended.wait(1):
            break
    daemon.stop()


def _say_week(runs: "dict[str, Ran]", folder: Path, mail: Path) -> None:
    for _, ran in sorted(runs.items()):
        click.echo(f"{ran.job:10} {'' if ran.ok else 'FAILED: '}{ran.remark}")
    found = sorted((mail / "new").glob("*")) if mail.exists() else []
    click.echo(f"\n{len(found)} mails in the Maildir {mail}; the reports lie in {folder / 'reports'}")
