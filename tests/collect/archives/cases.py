"""A day of stories in each archive, and the command that fetches it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import yaml

from tests.collect.archives.fakes import (
    KEY,
    CommonCrawl,
    GdeltBulk,
    GdeltDoc,
    GuardianApi,
    NewsSite,
    WaybackMachine,
    page,
    rss,
)
from tests.collect.archives.server import DAY, Answerer, Server, Story, planted, serving

FEED = "https://www.gazette.example/rss"
SPAN = ("--from", f"{DAY:%Y-%m-%d}", "--to", f"{DAY:%Y-%m-%d}")
CAPTURED = 20
"""Stories in each capture of the feed; half of them stood in the one before."""


@dataclass(frozen=True)
class Case:
    """An archive that is served, with the stories in it."""

    server: Server
    stories: Sequence[Story]
    words: tuple[str, ...]
    environment: dict[str, str]

    @property
    def urls(self) -> set[str]:
        """The addresses under which the stories are stored."""
        if "sitemap" in self.words:
            return {
                story.url.replace("https://www.gazette.example", self.server.url) for story in self.stories
            }
        return {story.url for story in self.stories}


def feeds(server: Server) -> str:
    """Return a feeds.yaml with the outlet of all stories, at its own address and at the server's."""
    of = {"outlet": "Gazette", "outlet_type": "regional", "nation": "Wales"}
    return yaml.safe_dump(
        {
            "contact": "editor@example.org",
            "text": "full",
            "sources": [
                {"id": "gazette", "name": "Gazette", "url": FEED, **of},
                {"id": "site", "name": "Site", "url": f"{server.url}/rss", "trusted": True, **of},
            ],
        }
    )


def captures(stories: Sequence[Story]) -> dict[str, dict[str, bytes]]:
    """Return captures of a feed of 20 stories that goes on by 10 from one to the next."""
    step, bodies = CAPTURED // 2, {}
    for end in range(step, len(stories) + step, step):
        shown = list(stories[max(0, end - CAPTURED) : end])[::-1]
        at = shown[0].at + timedelta(seconds=1)
        bodies[f"{at:%Y%m%d%H%M%S}"] = rss(shown)
        bodies[f"{at + timedelta(seconds=1):%Y%m%d%H%M%S}"] = rss(shown)
    return {FEED: bodies}


def crawled(stories: Sequence[Story]) -> CommonCrawl:
    """Return a day's files, four of them, in which pages of others stand between ours."""
    files = {}
    size = max(1, -(-len(stories) // 4))
    for begin in range(0, len(stories), size):
        some = stories[begin : begin + size]
        others = [(f"https://elsewhere.example/{s.number}", page(s), "text/html") for s in some[:20]]
        ours = [(s.url, page(s), "text/html; charset=utf-8") for s in some]
        files[DAY + timedelta(hours=5 * (begin // size), minutes=7)] = [*others, *ours]
    return CommonCrawl(files)


def _site(stories: Sequence[Story]) -> NewsSite:
    return NewsSite(stories)


ARCHIVES: dict[str, tuple[Callable[[Sequence[Story]], Answerer], tuple[str, ...]]] = {
    "guardian": (GuardianApi, ("guardian",)),
    "wayback": (lambda stories: WaybackMachine(captures(stories)), ("wayback", "--source", "gazette")),
    "gdelt": (GdeltDoc, ("gdelt",)),
    "gdelt bulk": (GdeltBulk, ("gdelt", "--bulk")),
    "sitemap": (_site, ("sitemap", "--source", "site")),
    "ccnews": (crawled, ("ccnews",)),
}


@contextmanager
def running_case(name: str, count: int, folder: Path) -> Iterator[Case]:
    """Serve a day of so many stories, and write a feeds.yaml into a folder."""
    make, words = ARCHIVES[name]
    stories = planted(count)
    answerer = make(stories)
    with serving(answerer) as server:
        if isinstance(answerer, NewsSite):
            answerer.base = server.url
        (folder / "feeds.yaml").write_text(feeds(server), "utf-8")
        base = () if name == "sitemap" else ("--base-url", server.url)
        yield Case(server, stories, ("backfill", *words, *SPAN, *base), {"MONITOR_GUARDIAN_API_KEY": KEY})
