"""News sitemaps as the format of a source."""

import gzip
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from monitor.collect import loop
from monitor.collect.newsitemap import MOST_CHILDREN, children
from monitor.collect.poll import Collected, collect_source
from monitor.collect.web import Web, open_web
from monitor.errors import ParseError
from monitor.types import Item, PollState, Published, Source
from tests.collect.samples import NOW, OUTLET, items, read, reasons
from tests.collect.site import Site, a_site, answer

NAMES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def a_url(number: int, title: str | None = None, date: str = "2026-05-31T09:30:00+01:00") -> str:
    title = f"Council reviews case {number}" if title is None else title
    return (
        f"<url><loc>https://echo.example/stories/{number}?utm_source=map</loc>"
        f"<image:image><image:loc>https://echo.example/{number}.jpg</image:loc>"
        "<image:title>A picture</image:title></image:image>"
        "<news:news><news:publication><news:name>Echo</news:name><news:language>en</news:language>"
        f"</news:publication><news:publication_date>{date}</news:publication_date>"
        f"<news:title>{title}</news:title></news:news></url>"
    )


def a_sitemap(*urls: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {NAMES}>{"".join(urls)}</urlset>'


def an_index(*places: tuple[str, str]) -> str:
    listed = "".join(f"<sitemap><loc>{url}</loc><lastmod>{at}</lastmod></sitemap>" for url, at in places)
    return f'<?xml version="1.0"?><sitemapindex {NAMES}>{listed}</sitemapindex>'


def test_a_news_sitemap_is_read_like_a_feed() -> None:
    assert read(a_sitemap(a_url(7, "Care &amp; costs"))) == [
        Item(
            "echo",
            OUTLET,
            "Care & costs",
            Published(
                datetime(2026, 5, 31, 8, 30, tzinfo=UTC), "2026-05-31T09:30:00+01:00", "feed", "second"
            ),
            "https://echo.example/stories/7",
        )
    ]


def test_its_prefixes_may_be_any() -> None:
    renamed = a_sitemap(a_url(1)).replace("news:", "n:").replace("<url", "<s:url").replace("</url", "</s:url")
    (item,) = items(read(renamed.replace("<loc", "<s:loc").replace("</loc", "</s:loc")))
    assert (item.title, item.url) == ("Council reviews case 1", "https://echo.example/stories/1")


@pytest.mark.parametrize("damage", ["<news:title>broken", "&undefined; &", "<b>", "\x00"])
def test_one_bad_entry_costs_no_other(damage: str) -> None:
    results = read(a_sitemap(a_url(1), a_url(2, damage), a_url(3)))
    titles = [item.title for item in items(results)]
    assert titles[0] == "Council reviews case 1"
    assert titles[-1] == "Council reviews case 3"
    assert len(results) == 3


def test_pages_that_are_no_news_are_passed_over() -> None:
    page = "<url><loc>https://echo.example/about</loc></url>"
    assert len(read(a_sitemap(page, a_url(1)))) == 1
    with pytest.raises(ParseError, match="a sitemap without news"):
        read(a_sitemap(page))


def test_an_empty_news_sitemap_is_no_error() -> None:
    assert read(a_sitemap()) == []


def test_entries_after_the_limit_are_counted() -> None:
    assert reasons(read(a_sitemap(*(a_url(n) for n in range(5))), limit=3)) == ["too-many", "too-many"]


def test_a_sitemap_may_be_a_gzip_file_but_no_bomb() -> None:
    assert len(read(gzip.compress(a_sitemap(a_url(1)).encode()), "application/gzip")) == 1
    with pytest.raises(ParseError, match="expands to more than"):
        read(gzip.compress(bytes(20_000_000)))
    with pytest.raises(ParseError, match="cannot be decompressed"):
        read(b"\x1f\x8b rubbish")


def test_of_an_index_the_newest_sitemaps_of_news_are_read() -> None:
    old = [(f"https://echo.example/pages-{n}.xml", f"2026-05-{n:02d}") for n in range(1, 20)]
    news = [(f"https://echo.example/news-{n}.xml", f"2026-04-{n:02d}") for n in range(1, 9)]
    assert [child.url[-10:-4] for child in children(an_index(*old, *news), NOW)] == [
        f"news-{n}" for n in (8, 7, 6, 5)
    ]
    assert len(children(an_index(*old), NOW)) == MOST_CHILDREN


def on_a_site(claim: Callable[[Site, Web], Awaitable[None]]) -> None:
    async def run() -> None:
        async with a_site() as site, open_web(None, lambda: NOW, pause=0.0) as web:
            await claim(site, web)

    loop.run(run())


async def poll(web: Web, site: Site, state: PollState | None = None) -> Collected:
    source = Source("echo", site.url("/sitemap.xml"), OUTLET, trusted=True)
    collected = await collect_source(web, source, state or PollState(), wants_page=lambda item: False)
    assert collected is not None
    return collected


def test_an_index_is_followed_and_asked_again_unconditionally() -> None:
    async def claim(site: Site, web: Web) -> None:
        places = [(site.url(f"/news-{n}.xml.gz"), "2026-05-31") for n in (1, 2)]
        site.answers["/sitemap.xml"] = answer(an_index(*places), etag='"v1"')
        for n in (1, 2):
            packed = gzip.compress(a_sitemap(a_url(n)).encode())
            site.answers[f"/news-{n}.xml.gz"] = answer(packed, content_type="application/gzip")
        first = await poll(web, site)
        assert [entry.title for entry in first.entries if isinstance(entry, Item)] == [
            "Council reviews case 1",
            "Council reviews case 2",
        ]
        again = await poll(web, site, PollState(first.validators, first.body_hash))
        assert again.outcome == "unchanged"
        site.answers["/news-2.xml.gz"] = answer(a_sitemap(a_url(3)))
        changed = await poll(web, site, PollState(first.validators, first.body_hash))
        assert changed.outcome == "ok"

    on_a_site(claim)


def test_a_sitemap_that_fails_costs_only_itself_unless_all_do() -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers["/sitemap.xml"] = answer(an_index((site.url("/news-1"), ""), (site.url("/news-2"), "")))
        site.answers["/news-2"] = answer(a_sitemap(a_url(2)))
        assert len((await poll(web, site)).entries) == 1
        del site.answers["/news-2"]
        failed = await poll(web, site)
        assert (failed.outcome, failed.error) == ("failed", "HTTP 404 Not Found")

    on_a_site(claim)
