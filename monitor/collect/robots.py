"""What a site lets us read: robots.txt (RFC 9309) and reservations of text and data mining (TDMRep).

Both hold for article pages. A feed is published to be polled, by addresses that the operator chose.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from monitor.clock import Clock
from monitor.collect.guard import host_port
from monitor.collect.http import PRODUCT, Fetched, fetch
from monitor.errors import FetchError

if TYPE_CHECKING:
    from protego import Protego

KEEP_RULES = timedelta(hours=24)
KEEP_SILENCE = timedelta(hours=1)
"""How long an unreachable robots.txt closes a site before we ask again."""

MOST_BYTES = 600_000
"""Of a robots.txt; RFC 9309 asks for at least 500 KiB."""

_DEADLINE = 20.0
_MOST_SITES = 5_000
_Key = tuple[str, bool]
"""A site, and whether a trusted source asked: what the address guard refuses to one, the other may read."""
_HEAD_BYTES = 200_000
_META = re.compile(rb"<meta\b[^>]{0,1000}>", re.IGNORECASE)
_NAME = re.compile(rb"""\bname\s*=\s*["']?tdm-reservation\b""", re.IGNORECASE)
_CONTENT = re.compile(rb"""\bcontent\s*=\s*["']?\s*1\b""", re.IGNORECASE)


def reserves_mining(page: Fetched) -> bool:
    """Tell whether a page reserves text and data mining: header or meta ``tdm-reservation`` of 1.

    Source: TDM Reservation Protocol, W3C community group report of 10 May 2024, sections 6.2 and 6.3.
    """
    if page.headers.get("tdm-reservation", "").strip() == "1":
        return True
    tags = _META.findall(page.body[:_HEAD_BYTES])
    return any(_NAME.search(tag) and _CONTENT.search(tag) for tag in tags)


@dataclass(frozen=True, slots=True)
class SiteRules:
    """The rules of one site; ``parsed`` of None opens or closes it whole."""

    parsed: "Protego | None"
    otherwise: bool
    until: datetime

    def allow(self, url: str) -> bool:
        """Tell whether we may get an address of this site."""
        return self.otherwise if self.parsed is None else bool(self.parsed.can_fetch(url, PRODUCT))

    def crawl_delay(self) -> float | None:
        """Return the seconds between requests that the site asks for, if it does."""
        return None if self.parsed is None else self.parsed.crawl_delay(PRODUCT)


class RobotsRules:
    """Remembers each site's robots.txt for a day."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._rules: dict[_Key, SiteRules] = {}
        self._fetching: dict[_Key, asyncio.Lock] = {}

    async def allowed(self, url: str, *, trusted: bool = False) -> bool:
        """Tell whether we may get an address; a site whose robots.txt cannot be read is closed for now."""
        return (await self.rules(url, trusted=trusted)).allow(url)

    async def crawl_delay(self, url: str, *, trusted: bool = False) -> float | None:
        """Return the seconds between requests that the site asks for, if it does."""
        return (await self.rules(url, trusted=trusted)).crawl_delay()

    async def rules(self, url: str, *, trusted: bool = False) -> SiteRules:
        """Return the rules of the site of an address, fetched where need be.

        Raises:
            FetchError: not an address; all else that goes wrong closes the site for now.
        """
        host = host_port(url)
        site = f"{httpx.URL(url).scheme}://{host}"
        key = (site, trusted)
        async with self._fetching.setdefault(key, asyncio.Lock()):
            known = self._rules.get(key)
            if known is None or known.until <= self._clock():
                known = await self._fetch(site, trusted=trusted)
                self._remember(key, known)
        return known

    def _remember(self, key: _Key, rules: SiteRules) -> None:
        self._rules.pop(key, None)
        while len(self._rules) >= _MOST_SITES:
            self._fetching.pop(next(iter(self._rules)))
            del self._rules[next(iter(self._rules))]
        self._rules[key] = rules

    async def _fetch(self, site: str, *, trusted: bool) -> SiteRules:
        now = self._clock()
        try:
            answer = await fetch(
                self._client,
                f"{site}/robots.txt",
                trusted=trusted,
                most_bytes=MOST_BYTES,
                deadline=_DEADLINE,
                accept="text/plain, */*;q=0.1",
            )
        except FetchError as error:
            is_open = _means_no_rules(error.status)
            return SiteRules(None, is_open, now + (KEEP_RULES if is_open else KEEP_SILENCE))
        return SiteRules(await asyncio.to_thread(_parse, answer.body), True, now + KEEP_RULES)


def _means_no_rules(status: int | None) -> bool:
    """A 4xx says that there are none; 429 rather says that we should keep away."""
    return status is not None and 400 <= status < 500 and status != httpx.codes.TOO_MANY_REQUESTS


def _parse(body: bytes) -> "Protego":
    from protego import Protego

    return Protego.parse(body.decode("utf-8-sig", "replace"))
