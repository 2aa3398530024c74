"""``monitor demo``."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import progress, shared_options
from monitor.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from monitor.clock import Clock
    from monitor.schedule.board import Ran
    from monitor.schedule.daemon import Daemon

WEEK_SECONDS = 7 * 86_400
FIRST_NIGHT = timedelta(hours=12)
"""From Sunday evening to Monday morning, before the report becomes due."""
LAST_JOB_SECONDS = 60
MOST_SECONDS = 600
"""So long a busy machine may take to label what came, to poll again, and to bring the mail after the week."""


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
        daemon.shop.sample, daemon.shop.shown = True, newsroom.invented
        click.echo(f"The daemon runs from {DAEMON_START:%A %d %B %Y %H:%M} on, a week in {seconds:.0f} s.")
        Thread(target=stop_after_week, args=(daemon, clocks, seconds, mail), daemon=True).start()
        if not daemon.run(None):
            daemon.runner.board.wait_until_idle(LAST_JOB_SECONDS)
            daemon.database.close()
    _say_week(daemon.runner.board.last_runs(), folder, mail)


def stop_after_week(daemon: "Daemon", clocks: "list[Clock]", seconds: float, mail: Path) -> None:
    """Let the clock run, and the daemon end after its week, or later where its mail has not come yet.

    Args:
        clocks: the last of them is in force. It stands; another follows once the first items are labelled.
        seconds: how long the week takes.
        mail: the Maildir.
    """
    from monitor.clock import Week

    ended, began_at, pace = daemon.shop.stop, clocks[-1](), WEEK_SECONDS / seconds
    _wait(ended, lambda: _has_labelled(daemon) or _failures(daemon))
    # A week is not read unless its feeds are polled soon after it, which on a busy machine takes days.
    clocks.append(_clock_until(clocks[-1](), began_at + FIRST_NIGHT, pace))
    _wait(ended, lambda: _polled_since(daemon, Week.of(began_at).bounds()[1]) or _failures(daemon))
    # Nor is its work done within a week there: the next Monday's report must not become due.
    clocks.append(_clock_until(clocks[-1](), began_at + timedelta(seconds=WEEK_SECONDS), pace))
    if not ended.wait(seconds):
        _wait(ended, lambda: _mails(mail) or _failures(daemon))
    daemon.stop()


def _clock_until(begin: datetime, end: datetime, pace: float) -> "Clock":
    """Return a clock that runs so much faster than true time, and stands from some moment on."""
    from monitor.clock import fast_clock

    running = fast_clock(begin, pace)
    return lambda: min(running(), end)


def _wait(ended: "Event", true: "Callable[[], object]") -> None:
    """Wait until something is true or all is ended, and no longer than is reasonable."""
    for _ in range(10 * MOST_SECONDS):
        if true() or ended.wait(0.1):
            return


def _has_labelled(daemon: "Daemon") -> bool:
    label = daemon.runner.board.last_runs().get("label")
    return label is not None and label.ok and not label.remark.startswith("0 ")


def _polled_since(daemon: "Daemon", moment: datetime) -> bool:
    collect = daemon.runner.board.last_runs().get("collect")
    return collect is not None and collect.ok and collect.started_at >= moment


def _failures(daemon: "Daemon") -> "list[Ran]":
    """Return those jobs without which no mail comes, and which failed at their last try."""
    runs = daemon.runner.board.last_runs()
    return [runs[name] for name in ("label", "report", "deliver") if name in runs and not runs[name].ok]


def _mails(mail: Path) -> list[Path]:
    return sorted((mail / "new").glob("*"))


def _say_week(runs: "dict[str, Ran]", folder: Path, mail: Path) -> None:
    for _, ran in sorted(runs.items()):
        click.echo(f"{ran.job:10} {'' if ran.ok else 'FAILED: '}{ran.remark}")
    found = _mails(mail)
    click.echo(f"\n{len(found)} mails in the Maildir {mail}; the reports lie in {folder / 'reports'}")
    if not found:
        last = runs["report"].remark if "report" in runs else "the report was not begun"
        why = next((f"{one.job} failed: {one.remark}" for one in runs.values() if not one.ok), last)
        raise DeliveryError(f"no mail came: {why}; see above, and run it again")
