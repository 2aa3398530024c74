"""Read an archive that is served on loopback, without a database."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.collect import loop
from monitor.collect.archives.base import Archive, Entry, OutletsByHost
from monitor.collect.archives.calls import Allowance, Calls, Manners
from monitor.collect.archives.windows import Window
from monitor.collect.extract import Extractor
from monitor.collect.http import open_client
from monitor.types import Item, Outlet, OutletType, Rejected, Source
from tests.collect.archives.server import DAY

NOW = datetime(2026, 11, 20, tzinfo=UTC)
GAZETTE = Source(
    "gazette", "https://www.gazette.example/rss", Outlet("Gazette", OutletType.REGIONAL, "Wales")
)
OUTLETS = OutletsByHost([GAZETTE])
SPAN = (DAY, DAY + timedelta(days=1))
QUICK = Manners(pause=0.0, wait=1.0, patience=10.0, tries=3)


@dataclass
class Slept:
    """The waits that were asked for; nobody waits."""

    seconds: list[float]

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@asynccontextmanager
async def some_calls(
    manners: Manners = QUICK, *, allowance: Allowance | None = None, secret: str | None = None
) -> AsyncIterator[tuple[Calls, Slept]]:
    slept = Slept([])
    async with open_client(None) as client:
        yield (
            Calls(client, "archive", manners, trusted=True, allowance=allowance, secret=secret, sleep=slept),
            slept,
        )


@dataclass
class Read:
    """What an archive gave."""

    windows: list[Window]
    batches: list[Sequence[Entry]]
    waits: list[float]

    @property
    def entries(self) -> list[Entry]:
        return [entry for batch in self.batches for entry in batch]

    @property
    def items(self) -> list[Item]:
        return [entry for entry in self.entries if isinstance(entry, Item)]

    @property
    def urls(self) -> list[str]:
        return sorted(item.url or "" for item in self.items)

    @property
    def reasons(self) -> Counter[str]:
        return Counter(entry.reason for entry in self.entries if isinstance(entry, Rejected))


def read_archive(
    make: Callable[[Calls], Archive],
    *,
    allowance: Allowance | None = None,
    extractor: Extractor | None = None,
) -> Read:
    """Read all windows of an archive; an extractor that it was made with is closed at the end."""

    async def read() -> Read:
        async with some_calls(allowance=allowance) as (calls, slept), extractor or Extractor():
            archive = make(calls)
            windows = [window async for window in archive.plan()]
            batches = [batch for window in windows async for batch in archive.read(window)]
            return Read(windows, batches, slept.seconds)

    return loop.run(read())
