"""``monitor serve``."""

import os
from pathlib import Path

import click

from monitor.cli.common import Shared, model_option, pass_shared, shared_options

DEFAULT_PORT = 8464


@click.command()
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    metavar="N",
    type=click.IntRange(0, 65535),
    help="0 takes a free one.",
)
@click.option(
    "--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on."
)
@click.option(
    "--allow-host", "names", metavar="NAME", multiple=True,
    help="A name by which the pages are asked for, beside this machine's and that of web:.",
)  # fmt: skip
@click.option(
    "--reports", default="reports", show_default=True, metavar="DIR", type=click.Path(path_type=Path),
    help="Where the written reports lie.",
)  # fmt: skip
@model_option
@shared_options
@pass_shared
def serve(
    shared: Shared, port: int, host: str, names: tuple[str, ...], reports: Path, model: str | None
) -> None:
    """Serve the dashboard and the coding pages to browsers.

    And the links by which recipients leave a list. Only this machine reaches them, without a password.
    With another --host, or with web: in feeds.yaml, all but those links ask for the password of
    MONITOR_WEB_PASSWORD. Follows feeds.yaml. Ends on SIGTERM or Ctrl-C.
    """
    from monitor.clock import utc_now
    from monitor.config.configuration import Configuration
    from monitor.config.web import web_secrets
    from monitor.errors import UsageError
    from monitor.web.serve import address_of, host_names, is_loopback, listening
    from monitor.web.serve import serve as serve_pages
    from monitor.web.site import Site

    configuration = Configuration(Path(shared.feeds) if shared.feeds else None)
    config, secrets = configuration.config, web_secrets(os.environ)
    why = f"--host {host}" if not is_loopback(host) else f"web: {config.web}" if config.web else ""
    if why and secrets.password is None:
        raise UsageError(
            f"{why}: others may reach the pages; set MONITOR_WEB_PASSWORD, or name its file in "
            "MONITOR_WEB_PASSWORD_FILE"
        )
    site = Site(
        store=shared.store(),
        config=config,
        clock=utc_now,
        reports=reports,
        model=model,
        password=secrets.password,
        secret=secrets.secret,
        hosts=host_names(host, config.web, names),
    )
    listener = listening(host, port)
    locked = "with a password" if secrets.password else "for this machine alone, without a password"

    def say() -> None:
        click.echo(f"monitor: pages at {address_of(listener)}, {locked}", err=True)
        if config.web and secrets.secret is None:
            click.echo("monitor: links to leave a list are off: MONITOR_SECRET is not set", err=True)

    serve_pages(site, listener, configuration, say)
