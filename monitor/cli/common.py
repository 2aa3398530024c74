"""What the commands share: the options that stand anywhere, output, progress, and expected failures."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from monitor.errors import MonitorError, UsageError

if TYPE_CHECKING:
    from monitor.clock import Week
    from monitor.config.load import Config
    from monitor.store.open import Store

DEFAULT_DATABASE = "sqlite:///monitor.db"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Shared:
    """The options that every command takes, before its name or after it."""

    db: str | None = None
    feeds: str | None = None
    json: bool = False

    @property
    def database_url(self) -> str:
        """The option, else the environment, else the file ``monitor.db`` here."""
        return self.db or os.environ.get("MONITOR_DATABASE_URL") or DEFAULT_DATABASE

    def config(self) -> "Config":
        """Read feeds.yaml."""
        from monitor.config.load import load_config

        return load_config(Path(self.feeds) if self.feeds else None)

    def store(self, *, create: bool = False) -> "Store":
        """Open the database; it is closed when the command ends."""
        from monitor.cli.logs import set_up_logs
        from monitor.store.open import open_store

        set_up_logs()  # here, since only what has a database logs, and the import costs a tenth of a second
        store = open_store(self.database_url, create=create)
        click.get_current_context().call_on_close(store.close)
        return store

    def store_if_any(self) -> "Store | None":
        """Open the database if there is one: what needs none makes none."""
        from monitor.store.open import database_file, parse_url

        file = database_file(parse_url(self.database_url))
        return self.store() if file is None or file.exists() else None


def shared_options(command: F) -> F:
    """Let a command take ``--db``, ``--feeds`` and ``--json``; the last one given wins."""
    for option in (
        click.option(
            "--json", is_flag=True, expose_value=False, callback=_keep, help="Answer in one JSON document."
        ),
        click.option(
            "--feeds", metavar="PATH", expose_value=False, callback=_keep,
            help="The configuration. Default: feeds.yaml.",
        ),
        click.option(
            "--db", metavar="URL", expose_value=False, callback=_keep,
            help=f"The database. Default: $MONITOR_DATABASE_URL, else {DEFAULT_DATABASE}.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    shared = context.ensure_object(Shared)
    if value not in (None, False):
        setattr(shared, option.name or "", value)


pass_shared = click.make_pass_decorator(Shared, ensure=True)


class Interrupted(click.ClickException):
    """Ctrl-C; ends with 130, as a shell would report a death by SIGINT."""

    exit_code = 128 + signal.SIGINT

    def show(self, file: IO[Any] | None = None) -> None:
        """Say what an interruption means, on a terminal below its ^C."""
        if sys.stderr.isatty():
            click.echo(err=True)
        click.echo(f"monitor: {self.message}", file=file, err=True)


class Commands(click.Group):
    """Lists commands in the order of the line, and ends expected failures with one line and status 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they were added."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command until it ends or is interrupted."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted(
                "interrupted; what was reported as done is kept, and running it again goes on"
            ) from None

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command."""
        try:
            return super().main(*args, **kwargs)
        except MonitorError as error:
            fail(error)
        except BrokenPipeError:
            # The reader of our output has gone, as with `| head`; Python would complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


def fail(error: MonitorError) -> None:
    """Say what is wrong on standard error, and end with status 1; a file may have a problem on many lines."""
    for line in str(error).split("\n"):
        shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in line)
        click.echo(f"monitor: {shown}", err=True)
    sys.exit(1)


def print_json(value: object) -> None:
    """Print the one JSON document of a command."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    """Return a time as ISO 8601 in UTC, ``2026-11-16T07:00:00Z``, and anything else as its text."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else str(value)


def counted(problems: Sequence[str]) -> str:
    """Return ``1 problem`` or ``7 problems``."""
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def warn(message: str) -> None:
    """Print a warning on standard error."""
    click.echo(f"monitor: warning: {message}", err=True)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Yield a function that shows how many are done, of how many; a bar on a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield _show_nothing
        return
    shown = ""

    def show(done: int, total: int | None = None) -> None:
        nonlocal shown
        of = f" of {total:,}" if total is not None else ""
        bar = f" [{'#' * (20 * done // total):<20}]" if total else ""
        shown = f"\r{label}{bar} {done:,}{of}"
        sys.stderr.write(shown)
        sys.stderr.flush()

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r" + " " * len(shown) + "\r")


def _show_nothing(done: int, total: int | None = None) -> None:
    """Where standard error is no terminal, a bar would be noise in a log."""


def parse_week(context: click.Context, option: click.Parameter, value: str | None) -> "Week | None":
    """Read an option as an ISO week, or as a date that lies in it."""
    from monitor.clock import Week

    if value is None:
        return None
    try:
        return Week.of_date(date.fromisoformat(value)) if "W" not in value else Week.parse(value)
    except ValueError:
        raise UsageError(
            f"{option.opts[0]}: {value!r} is neither a week such as 2026-W46 nor a date such as 2026-11-09"
        ) from None


def week_span(first: "Week | None", last: "Week | None") -> "tuple[Week, Week] | None":
    """Return the weeks between two optional ends; an open end reaches as far as there are items."""
    from monitor.clock import Week

    if first is None and last is None:
        return None
    first, last = first or Week(1900, 1), last or Week(2199, 1)
    if first > last:
        raise UsageError(f"--from {first} lies after --to {last}; exchange them")
    return first, last


def week_options(command: F) -> F:
    """Let a command take ``--from`` and ``--to``."""
    command = click.option("--to", "last", metavar="W", callback=parse_week, help="Last week or date.")(
        command
    )
    return click.option("--from", "first", metavar="W", callback=parse_week, help="First week or date.")(
        command
    )


def model_option(command: F) -> F:
    """Let a command take ``--model``."""
    return click.option("--model", metavar="NAME", help="Default: the active model; see monitor models.")(
        command
    )
