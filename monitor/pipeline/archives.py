"""Which archive is read, and with what: each is opened with a client and what it needs beside that."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from monitor.clock import Clock
from monitor.collect.archives import ccnews, gdelt, gkg, guardian, sitemap, wayback
from monitor.collect.archives.base import Archive, OutletsByHost
from monitor.collect.archives.calls import Allowance, Calls, Manners
from monitor.collect.archives.windows import midnight
from monitor.collect.extract import Extractor
from monitor.collect.http import open_client
from monitor.collect.robots import RobotsRules
from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.label.passages import worth_reading
from monitor.store.archives import calls_made
from monitor.store.intake import known_urls
from monitor.store.open import Store
from monitor.types import Source

Opened = AbstractAsyncContextManager[Archive]


@dataclass(frozen=True, slots=True)
class Asking:
    """What every archive is asked alike; ``[start, end)`` in UTC."""

    config: Config
    clock: Clock
    start: datetime
    end: datetime
    base_url: str | None = None
    """Another server than the archive's own, which may then live on a private address."""

    def way(self, client: httpx.AsyncClient, host: str, manners: Manners) -> Calls:
        """Return the requests to an archive."""
        return Calls(client, host, manners, trusted=self.base_url is not None)


@asynccontextmanager
async def open_guardian(
    asking: Asking, store: Store, *, key: str, query: str | None, daily_calls: int | None
) -> AsyncIterator[Archive]:
    """Open the Guardian; today's requests, of earlier runs too, count against what the key is allowed."""
    now = asking.clock()
    with store.reading() as session:
        made = calls_made(session, "guardian", now.date())
    renewed_in = (midnight(now.date()) + timedelta(days=1) - now).total_seconds()
    allowance = Allowance((daily_calls or guardian.DAILY_CALLS) - made, renewed_in)
    async with open_client(asking.config.contact) as client:
        yield guardian.Guardian(
            Calls(
                client,
                "guardian",
                guardian.MANNERS,
                trusted=asking.base_url is not None,
                allowance=allowance,
                secret=key,
            ),
            key,
            OutletsByHost(asking.config.sources),
            asking.start,
            asking.end,
            now,
            query or guardian.QUERY,
            asking.base_url or guardian.BASE_URL,
        )


@asynccontextmanager
async def open_wayback(
    asking: Asking, *, only: Sequence[str], addresses: Sequence[str], warn: Callable[[str], None]
) -> AsyncIterator[Archive]:
    """Open the Wayback Machine for some sources, or for all.

    Raises:
        UsageError: no such source, or addresses for more than one.
    """
    sources = chosen_sources(asking.config, only)
    if addresses and len(sources) != 1:
        raise UsageError("--url tells where one source's feed lived before; name that source with --source")
    async with open_client(asking.config.contact) as client:
        yield wayback.Wayback(
            asking.way(client, "wayback", wayback.MANNERS),
            sources,
            asking.start,
            asking.end,
            tuple(addresses),
            asking.base_url or wayback.BASE_URL,
            warn,
        )


@asynccontextmanager
async def open_gdelt(asking: Asking, *, query: str | None) -> AsyncIterator[Archive]:
    """Open GDELT's search."""
    async with open_client(asking.config.contact) as client:
        yield gdelt.Gdelt(
            asking.way(client, "gdelt", gdelt.MANNERS),
            OutletsByHost(asking.config.sources),
            asking.start,
            asking.end,
            asking.clock(),
            query or gdelt.QUERY,
            asking.base_url or gdelt.BASE_URL,
        )


@asynccontextmanager
async def open_gkg(asking: Asking, *, hosts: Sequence[str], themes: Sequence[str]) -> AsyncIterator[Archive]:
    """Open GDELT's bulk files, for the hosts of feeds.yaml and others."""
    async with open_client(asking.config.contact) as client:
        yield gkg.Gkg(
            asking.way(client, "gdelt", gkg.MANNERS),
            OutletsByHost(asking.config.sources, hosts),
            asking.start,
            asking.end,
            asking.clock(),
            lambda title: worth_reading(title, ""),
            tuple(themes) or gkg.THEMES,
            asking.base_url or gkg.BASE_URL,
        )


@asynccontextmanager
async def open_sitemap(
    asking: Asking,
    store: Store,
    *,
    only: Sequence[str],
    urls: Sequence[str],
    match: str | None,
    warn: Callable[[str], None],
) -> AsyncIterator[Archive]:
    """Open the sitemaps of some sources' sites, and of other sites.

    Raises:
        UsageError: no such source, none named, or a pattern that is none.
    """
    if not only and not urls:
        raise UsageError("name a site: --source ID of feeds.yaml, or --url of the site or its sitemap")
    named = chosen_sources(asking.config, only) if only else ()
    sites = (*(_site(source) for source in named), *urls)

    def known(addresses: Sequence[str]) -> set[str]:
        with store.reading() as session:
            return known_urls(session, addresses)

    trusted = asking.base_url is not None or any(source.trusted for source in named)
    async with open_client(asking.config.contact) as client, Extractor() as extractor:
        yield sitemap.Sitemap(
            Calls(client, "sitemap", sitemap.MANNERS, trusted=trusted),
            RobotsRules(client, asking.clock),
            extractor,
            OutletsByHost(asking.config.sources),
            tuple(dict.fromkeys(sites)),
            asking.start,
            asking.end,
            asking.clock(),
            known,
            compiled(match),
            warn,
        )


@asynccontextmanager
async def open_ccnews(asking: Asking, *, hosts: Sequence[str], match: str | None) -> AsyncIterator[Archive]:
    """Open Common Crawl's news crawl: for the hosts of feeds.yaml, or for those named alone."""
    known = OutletsByHost(asking.config.sources)
    outlets = OutletsByHost((), hosts, known) if hosts else known
    async with open_client(asking.config.contact) as client, Extractor() as extractor:
        yield ccnews.CcNews(
            asking.way(client, "ccnews", ccnews.MANNERS),
            outlets,
            extractor,
            asking.start,
            asking.end,
            asking.clock(),
            compiled(match),
            asking.base_url or ccnews.BASE_URL,
        )


def chosen_sources(config: Config, only: Sequence[str]) -> tuple[Source, ...]:
    """Return the sources of some ids, or all that feeds.yaml names, whether polled or not.

    Raises:
        UsageError: there is none of an id.
    """
    by_id = {source.id: source for source in config.sources}
    unknown = [source_id for source_id in only if source_id not in by_id]
    if unknown:
        name = config.path or "feeds.yaml"
        raise UsageError(f"no source {unknown[0]!r} in {name}; monitor status lists those there are")
    return tuple(by_id[source_id] for source_id in dict.fromkeys(only)) or config.sources


def compiled(match: str | None) -> re.Pattern[str] | None:
    """Read a pattern that addresses are searched for.

    Raises:
        UsageError: it is none.
    """
    try:
        return re.compile(match) if match else None
    except re.error as error:
        raise UsageError(f"--match: {match!r} is not a regular expression: {error}") from None


def _site(source: Source) -> str:
    url = httpx.URL(source.url)
    return str(url.copy_with(raw_path=b"/", fragment=None))
