"""What the commands work on: a newsroom to poll, a file to import, a server that takes mail."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from monitor.demo.archive import ARCHIVE
from monitor.demo.calendar import ARCHIVE_WEEKS, week_at
from monitor.demo.newsroom import documents, serve_newsroom
from tests.certificate import make_certificate
from tests.crash.snapshot import Rows
from tests.crash.starter import Starter, running_starter
from tests.deliver.server import MailServer, run_server

REPORTED = week_at(ARCHIVE_WEEKS)
"""The last week of the imported file."""
LISTS = ("desk", "press")
KEEPING = "keeping.yaml"
"""The same feeds.yaml, with a folder for raw answers beside it; each round has a copy of its own."""


@dataclass(frozen=True)
class Site:
    """The places that commands are given, and the server's received mails."""

    folder: Path
    starter: Starter
    mail_server: MailServer

    @property
    def feeds(self) -> Path:
        """The feeds.yaml of the newsroom."""
        return self.folder / "feeds.yaml"

    @property
    def rows(self) -> Path:
        """The file to import."""
        return self.folder / "archive.csv"

    @property
    def earlier(self) -> Path:
        """A file with other headlines for every third item of the newsroom, so that polling revises them."""
        return self.folder / "earlier.csv"

    def command(self, url: str, folder: Path, *words: str) -> tuple[list[str], Path, dict[str, str]]:
        """Return what the starter is given for a command."""
        return ["--db", url, "--feeds", str(self.feeds), *words], folder, self.mail_server.environment()

    def take_mails(self) -> Rows:
        """Return the mails that came since the last call: recipient and Message-ID."""
        taken, self.mail_server.received[:] = list(self.mail_server.received), []
        return Counter(
            ("mails", to, str(one.message["Message-ID"])) for one in taken for to in one.recipients
        )


@contextmanager
def running_site(folder: Path, rows: int, recipients: int) -> Iterator[Site]:
    """Run the servers, and write the files.

    Args:
        folder: for the files.
        rows: of the sample, the newest, in the file to import.
        recipients: of each of the two lists.
    """
    with ExitStack() as stack:
        starter = stack.enter_context(running_starter())
        newsroom = stack.enter_context(serve_newsroom())
        server = stack.enter_context(run_server(make_certificate(folder)))
        site = Site(folder, starter, server)
        feeds = yaml.safe_load(newsroom.feeds_yaml) | {"lists": _lists(recipients)}
        site.feeds.write_text(yaml.safe_dump(feeds), "utf-8")
        (folder / KEEPING).write_text(yaml.safe_dump(feeds | {"raw": "answers"}), "utf-8")
        _write_rows(site.rows, rows)
        _write_earlier(site.earlier, newsroom.base_url)
        yield site


def _lists(recipients: int) -> dict[str, object]:
    return {
        name: {"recipients": [f"{name}{n:02}@readers.example" for n in range(recipients)]} for name in LISTS
    }


def _write_rows(path: Path, rows: int) -> None:
    head, *body = csv.reader(io.StringIO(gzip.decompress(ARCHIVE.read_bytes()).decode()))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *body[-rows:]])


def _write_earlier(path: Path, base: str) -> None:
    pages = {
        where: page for where, page in documents(base).items() if page.content_type.startswith("text/html")
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("date", "title", "url", "outlet"))
        table.writerows(
            (pages[where].modified.isoformat(), f"Earlier headline {number}", base + where, "Wire")
            for number, where in enumerate(sorted(pages)[::3])
        )
