"""``monitor deliver``."""

import os
import socket
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import Shared, pass_shared, print_json, shared_options, warn

if TYPE_CHECKING:
    from monitor.deliver.base import Deliverer


@click.command()
@click.option(
    "--dry-run", is_flag=True,
    help="List what would be sent to whom, and send nothing; with --folder, write those mails as .eml files.",
)  # fmt: skip
@click.option("--test", "test_address", metavar="ADDRESS", help="Send a short test mail there, at once.")
@click.option("--retry", is_flag=True, help="Try at once what waits, and again what has failed.")
@click.option(
    "--resubscribe", metavar="ADDRESS", help="Let a recipient who has left have the lists again; see --list."
)
@click.option("--list", "list_name", metavar="NAME", help="With --resubscribe: only this list.")
@click.option(
    "--folder", metavar="DIR", type=click.Path(path_type=Path),
    help="Write the mails there instead; they count as sent, but with --dry-run.",
)  # fmt: skip
@shared_options
@pass_shared
def deliver(
    shared: Shared,
    dry_run: bool,
    test_address: str | None,
    retry: bool,
    resubscribe: str | None,
    list_name: str | None,
    folder: Path | None,
) -> None:
    """Send what the outbox holds to the recipients of the lists.

    Exit status 1 where a mail was refused.
    """
    if sum((dry_run, test_address is not None, retry, resubscribe is not None)) > 1:
        raise click.UsageError("--dry-run, --test, --retry and --resubscribe exclude one another")
    if list_name is not None and resubscribe is None:
        raise click.UsageError("--list goes with --resubscribe")
    if resubscribe is not None:
        _resubscribe(shared, resubscribe, list_name)
    elif dry_run and folder is not None:
        _write_waiting(shared, folder)
    elif dry_run:
        _list_waiting(shared)
    elif test_address is not None:
        _send_test(shared, test_address, _deliverer(folder))
    else:
        _send_waiting(shared, _deliverer(folder), retry=retry)


def _deliverer(folder: Path | None) -> "Deliverer":
    from monitor.config.mail import mail_settings
    from monitor.deliver.folder import FolderDeliverer
    from monitor.deliver.smtp import SmtpDeliverer

    return SmtpDeliverer(mail_settings(os.environ)) if folder is None else FolderDeliverer(folder)


def _list_waiting(shared: Shared) -> None:
    from dataclasses import asdict

    from monitor.pipeline.deliver import waiting_deliveries

    found = waiting_deliveries(shared.store())
    if shared.json:
        print_json({"waiting": [asdict(one) for one in found]})
        return
    for one in found:
        when = f"from {one.next_attempt_at:%Y-%m-%d %H:%M} UTC" if one.state == "queued" else "being sent"
        click.echo(f"{one.key}  {one.recipient}  {when}  {one.subject}")
    if not found:
        click.echo("The outbox is empty.")


def _write_waiting(shared: Shared, folder: Path) -> None:
    from monitor.config.web import leave_links
    from monitor.deliver.folder import FolderDeliverer
    from monitor.pipeline.deliver import write_waiting

    links = leave_links(shared.config(), os.environ)
    written = write_waiting(shared.store(), FolderDeliverer(folder), warn, links)
    if shared.json:
        print_json({"files": written})
        return
    for path in written:
        click.echo(path)
    if not written:
        click.echo("No mail is written.")


def _resubscribe(shared: Shared, address: str, list_name: str | None) -> None:
    from monitor.pipeline.subscriptions import run_resubscribe

    lists = run_resubscribe(shared.store(), address, list_name)
    if shared.json:
        print_json({"recipient": address, "lists": lists})
        return
    for one in lists:
        click.echo(f"{address} gets {one} again, from the next report on.")


def _send_test(shared: Shared, address: str, deliverer: "Deliverer") -> None:
    from monitor.clock import utc_now
    from monitor.config.file import check_address
    from monitor.deliver.message import trial_mail
    from monitor.errors import UsageError

    try:
        mail = trial_mail(check_address(address), utc_now)
    except ValueError as error:
        raise UsageError(f"--test: {address!r} {error}") from None
    with closing(deliverer):
        deliverer.open()
        deliverer.send(mail)
    if shared.json:
        print_json({"sent": 1, "recipient": address})
    else:
        click.echo(f"The server has taken a test mail for {address}.")


def _send_waiting(shared: Shared, deliverer: "Deliverer", *, retry: bool) -> None:
    from monitor.clock import utc_now
    from monitor.config.web import leave_links
    from monitor.pipeline.deliver import run_deliver, run_requeue

    store, links = shared.store(), leave_links(shared.config(), os.environ)
    if retry:
        run_requeue(store, utc_now)
    done = run_deliver(store, deliverer, utc_now, f"{socket.gethostname()}:{os.getpid()}", warn, links)
    if done.unreachable is not None:
        click.echo(f"monitor: {done.unreachable}", err=True)
    if shared.json:
        print_json(done.as_json())
    else:
        click.echo(f"{done.sent} sent, {done.failed} failed, {done.left} left for later")
    if not done.ok:
        raise click.exceptions.Exit(1)
