"""What the archives have in common."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from monitor.collect.archives.calls import Calls
from monitor.collect.archives.windows import Window
from monitor.types import Item, Outlet, Rejected, Source

Entry = Item | Rejected

SOCIAL_WORK = (
    "social worker",
    "social workers",
    "social work",
    "social services",
    "children's services",
    "child protection",
    "adult social care",
    "approved mental health professional",
)
"""Phrases by which a search finds what may be about social work; a model says later what is."""


class Archive(Protocol):
    """A place that holds dated items of the past.

    Every window can be read again at any time, and gives the same items.
    """

    @property
    def name(self) -> str:
        """As the command names it."""

    @property
    def asked(self) -> Mapping[str, object]:
        """What was asked for beside the time: another question has a ledger of its own. No secrets."""

    @property
    def calls(self) -> Calls:
        """The requests that it makes."""

    def source(self, window: Window) -> Source:
        """Return the source that a window's items belong to."""

    def plan(self) -> AsyncIterator[Window]:
        """Yield the windows, in the order in which they are to be read."""

    def read(self, window: Window) -> AsyncGenerator[Sequence[Entry], None]:
        """Yield the entries of a window, as many together as came together."""


def archive_source(archive: str, url: str, outlet: Outlet) -> Source:
    """Return the source of items that an archive gives, whoever published them.

    Its id has a colon, which no source of feeds.yaml has.
    """
    return Source(f"archive:{archive}", url, outlet, enabled=False)


# ---------------------------------------------------------------- outlets

_PREFIXES = ("www.", "feeds.", "feed.", "rss.", "m.", "amp.", "mobile.")
_SHARED = frozenset({"feedburner.com", "blogspot.com", "wordpress.com", "medium.com", "substack.com"})
"""Hosts on which one publisher says nothing of the next."""
_ALSO: Mapping[str, tuple[str, ...]] = {
    "bbci.co.uk": ("bbc.co.uk", "bbc.com"),
    "skynews.com": ("news.sky.com",),
    "theguardian.com": ("guardian.co.uk",),
    "guardian.co.uk": ("theguardian.com",),
    "thetimes.co.uk": ("thetimes.com",),
    "inews.co.uk": ("theipaper.com",),
}
"""Where outlets publish whose feeds live elsewhere, or lived elsewhere once."""


class OutletsByHost:
    """Tells whose a page is by its host.

    Args:
        sources: of feeds.yaml.
        hosts: further ones; a page of theirs belongs to the outlet that ``known`` tells, else to one of
            that name.
        known: see there.
    """

    def __init__(
        self, sources: Iterable[Source], hosts: Iterable[str] = (), known: "OutletsByHost | None" = None
    ) -> None:
        self._outlets: dict[str, Outlet] = {}
        for source in sources:
            host = bare_host(source.url)
            for name in (host, *_ALSO.get(host, ())) if host not in _SHARED else ():
                self._outlets.setdefault(name, source.outlet)
        for name in map(bare_host, hosts):
            self._outlets.setdefault(name, (known and known.find(name)) or Outlet(name))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that are known, in alphabetical order."""
        return tuple(sorted(self._outlets))

    def find(self, url: str) -> Outlet | None:
        """Return the outlet of a page, or None where its host is none of these, nor below one."""
        name = bare_host(url)
        while name:
            if name in self._outlets:
                return self._outlets[name]
            name = name.partition(".")[2]
        return None

    def of(self, url: str) -> Outlet:
        """Return the outlet of a page; an unknown host is an outlet of its own."""
        return self.find(url) or Outlet(bare_host(url))


def bare_host(address: str) -> str:
    """Return the host of an address or host name without ``www.`` and the like; empty where there is none."""
    try:
        host = (urlsplit(address if "//" in address else f"//{address}").hostname or "").rstrip(".")
    except ValueError:  # a bracket that is not closed
        return ""
    for prefix in _PREFIXES:
        if host.startswith(prefix) and "." in host.removeprefix(prefix):
            return host.removeprefix(prefix)
    return host
