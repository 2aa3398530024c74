"""``monitor forget``, ``export`` and ``db``: looking after what is stored."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    Shared,
    counted,
    model_option,
    pass_shared,
    print_json,
    shared_options,
    week_options,
    week_span,
)
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.clock import Week


@click.command()
@click.option("--url", metavar="URL", help="The item's address.")
@click.option(
    "--item", type=click.IntRange(max=2**63 - 1), metavar="ID", help="The item's number, as exports show it."
)
@shared_options
@pass_shared
def forget(shared: Shared, url: str | None, item: int | None) -> None:
    """Erase an item for good, and keep it from coming back.

    Text, revisions, labels and evidence go; a tombstone stays. Backups made before still hold it: replace
    them.
    """
    from monitor.clock import utc_now
    from monitor.pipeline.upkeep import run_forget

    if (url is None) == (item is None):
        raise click.UsageError("name the item by one of --url and --item")
    raw = shared.config().raw
    erased = run_forget(shared.store(), utc_now, url=url, item_id=item, raw=raw)
    if shared.json:
        print_json({"erased": erased, "tombstone": True})
    elif erased:
        click.echo("Erased, and kept from coming back. Backups made before still hold it: replace them.")
    else:
        click.echo("No such item is stored; should it ever come, it will be refused.")


@click.command()
@click.argument("what", type=click.Choice(["items", "labels", "shares"]))
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), default="csv", show_default=True
)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Default: standard output.")
@click.option("--with-text", is_flag=True, help="With title, summary and text, which are other people's.")
@week_options
@model_option
@shared_options
@pass_shared
def export(
    shared: Shared,
    what: str,
    form: str,
    out: Path | None,
    with_text: bool,
    first: "Week | None",
    last: "Week | None",
    model: str | None,
) -> None:
    """Write items, labels or shares, as CSV, JSON or Parquet.

    With --json and no --out, the rows are one JSON list.
    """
    from monitor.pipeline.export import export_rows, write_rows
    from monitor.pipeline.label import active_model, labels_of

    if form == "parquet" and out is None:
        raise click.UsageError("Parquet needs a file: name it with --out")
    if shared.json and out is None:
        form = "json"
    config, store = shared.config(), shared.store()
    stored = None if what == "items" else labels_of(store, model or active_model(store, config))
    with export_rows(store, what, stored, week_span(first, last), with_text=with_text) as table:
        count = write_rows(table, form, out)
    if out is not None and shared.json:
        print_json({"rows": count, "file": str(out)})
    elif out is not None:
        click.echo(f"{out}: {count:,} rows")


@click.group()
def db() -> None:
    """Upgrade, back up or check the database."""


@db.command()
@shared_options
@pass_shared
def upgrade(shared: Shared) -> None:
    """Bring the database to the schema of this program."""
    from monitor.pipeline.upkeep import run_sketches
    from monitor.store.maintain import upgrade as upgrade_database

    done = upgrade_database(shared.database_url)
    run_sketches(shared.store())
    print_json({"result": done}) if shared.json else click.echo(done)


@db.command()
@click.argument("path", type=click.Path(path_type=Path))
@shared_options
@pass_shared
def backup(shared: Shared, path: Path) -> None:
    """Copy the database, and check the copy.

    Others may go on writing meanwhile.
    """
    from monitor.store.maintain import backup as back_up

    back_up(shared.store(), path)
    print_json({"file": str(path)}) if shared.json else click.echo(f"{path}: backed up and checked")


@db.command()
@shared_options
@pass_shared
def check(shared: Shared) -> None:
    """Check the file, its references and its weekly sums.

    The sums are made anew from the labels. Exit status 1 where anything is wrong.
    """
    from monitor.store.maintain import check as check_database

    problems = check_database(shared.store())
    if shared.json:
        print_json({"ok": not problems, "problems": problems})
    else:
        click.echo("\n".join(problems) or "The database is sound.")
    if problems:
        raise MonitorError(f"{counted(problems)}; each stands on standard output")
