"""The stages that are killed: their commands, and what of their work must neither be lost nor doubled."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select, update

from monitor.clock import utc_now
from monitor.config.load import load_config
from monitor.pipeline.reextract import run_reextract
from monitor.store.open import open_store
from monitor.store.schema import DeliveryRow
from tests.crash import snapshot
from tests.crash.site import KEEPING, REPORTED, Site
from tests.crash.snapshot import Query, Rows

Words = Callable[[Site], Iterable[str]]


@dataclass(frozen=True)
class Stage:
    """One command."""

    name: str
    words: Words
    queries: tuple[Query, ...]
    after: str | None = None
    """It begins where that one ended undisturbed; None begins without a database."""
    statuses: tuple[int, ...] = (0,)
    """How it may end."""
    writes_files: bool = False
    sends_mail: bool = False
    keeps_answers: bool = False
    """Whether it keeps raw answers, from which the items can be made anew."""


_ITEMS = (snapshot.items, snapshot.revisions, snapshot.clusters)
_OUTBOX = (snapshot.outbox, snapshot.messages)

STAGES = {
    stage.name: stage
    for stage in (
        Stage("earlier", lambda site: ("backfill", "file", str(site.earlier)), ()),
        Stage(
            "collect",
            lambda site: ("collect",),
            (*_ITEMS, snapshot.good_polls, snapshot.sources),
            after="earlier",
            statuses=(0, 1),  # 1 where the source that always fails is the only one that is left
        ),
        Stage(
            "raw",
            lambda site: ("collect", "--feeds", KEEPING),
            (*_ITEMS, snapshot.good_polls, snapshot.sources),
            after="earlier",
            statuses=(0, 1),
            keeps_answers=True,
        ),
        Stage(
            "backfill",
            lambda site: ("backfill", "file", str(site.rows)),
            (*_ITEMS, snapshot.ended_imports),
        ),
        Stage(
            "label",
            lambda site: ("label",),
            (*_ITEMS, snapshot.labels, snapshot.evidence, snapshot.weekly_sums),
            after="backfill",
        ),
        Stage(
            "report",
            lambda site: ("report", "--week", str(REPORTED), "--queue"),
            (snapshot.labels, *_OUTBOX),
            after="label",
            writes_files=True,
        ),
        Stage("deliver", lambda site: ("deliver",), _OUTBOX, after="report", sends_mail=True),
    )
}
KILLED = ("collect", "raw", "backfill", "label", "report", "deliver")


def outcome(stage: Stage, site: Site, url: str, folder: Path) -> Rows:
    """Return all that a finished stage has left behind."""
    rows = snapshot.take_snapshot(url, stage.queries)
    if stage.writes_files:
        rows += _files(folder / "reports")
    if stage.sends_mail:
        rows += site.take_mails()
    if stage.keeps_answers:
        rows += _read_again(folder)
    return rows


def _read_again(folder: Path) -> Rows:
    """Return the items that the raw answers of a folder make, in a database of their own."""
    url = f"sqlite:///{folder / 'again.db'}"
    store = open_store(url, create=True)
    try:
        run_reextract(store, load_config(folder / KEEPING))
    finally:
        store.close()
    found = snapshot.take_snapshot(url, (snapshot.items, snapshot.revisions))
    return Counter({("read again", *row): count for row, count in found.items()})


def let_leases_pass(url: str) -> list[str]:
    """End the claims of a killed sender, as time would, and return the recipients of those mails.

    Leases of sources need none of it: they are void once their process is gone.
    """
    store = open_store(url)
    try:
        with store.writing() as session:
            claimed = DeliveryRow.state == "claimed"
            recipients = list(session.scalars(select(DeliveryRow.recipient).where(claimed)))
            session.execute(update(DeliveryRow).where(claimed).values(claimed_until=utc_now()))
            return recipients
    finally:
        store.close()


_MADE = re.compile(rb"\d+ \w+ \d{4}, \d\d:\d\d UTC|^Date: .*$|[0-9a-f]{24}", re.MULTILINE)
"""When a report was made, and the digests that depend on that."""


def _files(folder: Path) -> Rows:
    """Return the files of a folder, by a digest of what they hold beside the time at which they were made.

    Of a PDF, whose pages hold that time packed, by its first and last bytes alone: it is whole.
    """
    found: Rows = Counter()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes().replace(b"=\r\n", b"") if path.suffix == ".eml" else path.read_bytes()
        if path.suffix == ".pdf":
            content = content[:8] + content.rstrip()[-5:]
        lasting = content if path.suffix == ".png" else _MADE.sub(b"", content)
        found["files", str(path.relative_to(folder)), sha256(lasting).hexdigest()] += 1
    return found
