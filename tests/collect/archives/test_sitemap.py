import gzip
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitor.clock import stopwatch
from monitor.collect import loop
from monitor.collect.archives.sitemap import CHUNK, Place, Sitemap, may_lie_in, read_sitemap
from monitor.collect.extract import Extractor
from monitor.collect.robots import RobotsRules
from monitor.errors import FetchError, ParseError
from tests.collect.archives.asking import GAZETTE, NOW, OUTLETS, SPAN, Read, some_calls
from tests.collect.archives.fakes import NewsSite, page
from tests.collect.archives.server import DAY, Answer, Answerer, Asked, Server, Story, planted, serving

START, END = SPAN
HEAD = b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'


def read(
    server: Server,
    *,
    site: str = "",
    stored: Collection[str] = (),
    match: str | None = None,
    span: tuple[datetime, datetime] = SPAN,
    warnings: list[str] | None = None,
) -> Read:
    said: list[str] = [] if warnings is None else warnings

    async def work() -> Read:
        async with some_calls() as (calls, slept), Extractor() as extractor:
            archive = Sitemap(
                calls,
                RobotsRules(calls.client, lambda: NOW),
                extractor,
                OUTLETS,
                (site or server.url,),
                *span,
                NOW,
                lambda addresses: set(addresses) & set(stored),
                re.compile(match) if match else None,
                said.append,
            )
            windows = [window async for window in archive.plan()]
            batches = [batch for window in windows async for batch in archive.read(window)]
            return Read(windows, batches, slept.seconds)

    return loop.run(work())


def site_of(stories: Sequence[Story]) -> NewsSite:
    return NewsSite(stories)


def served(site: NewsSite, server: Server) -> Read:
    site.base = server.url
    return read(server)


def one_page(body: bytes, head: str = "", robots: bytes = b"", **headers: str) -> Answerer:
    """A site with one page, dated by its address."""

    def answer(asked: Asked) -> Answer:
        if asked.path == "/robots.txt":
            return Answer(robots)
        if asked.path == "/sitemap.xml":
            return Answer(HEAD + b"<url><loc>/2018/11/13/a</loc></url></urlset>")
        if asked.path == "/2018/11/13/a":
            return Answer(body, 200, "text/html", {name.replace("_", "-"): v for name, v in headers.items()})
        return Answer(status=404)

    return answer


def test_the_pages_of_a_day_are_found_through_robots_txt_an_index_and_zipped_sitemaps() -> None:
    stories = planted(CHUNK + 5)
    site = site_of([*stories, Story(900, DAY - timedelta(days=40)), Story(901, DAY + timedelta(days=2))])
    with serving(site) as server:
        found = served(site, server)

    assert found.urls == sorted(server.url + site.path(story) for story in stories)
    assert [len(window.detail) for window in found.windows] == [CHUNK, 5]
    assert "/old.xml" not in server.paths()
    assert not [path for path in server.paths() if "900" in path or "901" in path]


def test_a_page_gives_title_summary_text_date_and_outlet() -> None:
    (story,) = planted(1)
    site = site_of([story])
    with serving(site) as server:
        (item,) = served(site, server).items

    assert (item.title, item.summary) == (story.title, story.summary)
    assert f"A judge thanked the social worker of case {story.number}." in item.text.splitlines()
    assert "Home News Sport" not in item.text
    assert item.published.at == story.at
    assert item.source_id == "archive:sitemap:127.0.0.1"


def test_a_page_that_is_stored_already_is_not_fetched() -> None:
    stories = planted(3)
    site = site_of(stories)
    with serving(site) as server:
        site.base = server.url
        found = read(server, stored=[server.url + site.path(stories[0])])

    assert len(found.items) == 2
    assert site.path(stories[0]) not in server.paths()


def test_pages_are_chosen_by_a_pattern_in_their_addresses() -> None:
    stories = planted(12)
    site = site_of(stories)
    with serving(site) as server:
        site.base = server.url
        assert len(read(server, match=r"story-1\d$").items) == 2


def test_what_robots_txt_closes_or_a_page_reserves_is_left_alone() -> None:
    body = page(Story(1, DAY))
    with serving(one_page(body, robots=b"User-agent: *\nDisallow: /2018/")) as server:
        assert read(server).reasons == {"robots": 1}
        assert "/2018/11/13/a" not in server.paths()
    with serving(one_page(body, robots=b"User-agent: *\nCrawl-delay: 600")) as server:
        assert read(server).reasons == {"robots": 1}
    with serving(one_page(body, tdm_reservation="1")) as server:
        assert read(server).reasons == {"reserved": 1}


def test_a_page_that_turns_out_to_be_of_another_day_is_rejected() -> None:
    with serving(one_page(page(Story(1, DAY - timedelta(days=9))))) as server:
        assert read(server).reasons == {"other-date": 1}


def test_a_page_that_fails_is_rejected_and_a_site_that_fails_pauses_the_run() -> None:
    stories = planted(6)
    site = site_of(stories)

    def down(*numbers: int) -> None:
        paths = {site.path(stories[number]) for number in numbers}
        server.interrupt = lambda asked: Answer(status=500) if asked.path in paths else None

    with serving(site) as server:
        site.base = server.url
        down(2)
        assert read(server).reasons == {"unreachable": 1}
        down(*range(6))
        with pytest.raises(FetchError) as caught:
            read(server)
    assert caught.value.retry_after is not None


def test_a_page_that_is_gone_or_no_page_costs_itself() -> None:
    with serving(one_page(b"")) as server:
        server.interrupt = lambda asked: Answer(status=410) if asked.path.endswith("/a") else None
        assert read(server).reasons == {"refused": 1}
        server.interrupt = lambda asked: (
            Answer(b"%PDF", content_type="application/pdf") if asked.path.endswith("/a") else None
        )
        assert read(server).reasons == {"not-a-page": 1}


def test_a_sitemap_may_be_named_itself() -> None:
    with serving(one_page(page(Story(1, DAY)))) as server:
        assert len(read(server, site=f"{server.url}/sitemap.xml").windows) == 1
        assert "/robots.txt" not in server.paths()[:1]


def test_sitemaps_that_name_each_other_are_read_once() -> None:
    def answer(asked: Asked) -> Answer:
        loops = "".join(f"<sitemap><loc>/{name}.xml</loc></sitemap>" for name in "ab")
        return Answer(f"<sitemapindex>{loops}</sitemapindex>".encode())

    with serving(answer) as server:
        assert read(server, site=f"{server.url}/a.xml").windows == []
        assert sorted(server.paths()) == ["/a.xml", "/b.xml"]


def test_pages_of_other_sites_are_not_fetched() -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(HEAD + b"<url><loc>https://elsewhere.example/2018/11/13/a</loc></url></urlset>")

    with serving(answer) as server:
        assert read(server, site=f"{server.url}/a.xml").windows == []


NEWS = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://x">
 <url><image:image><image:loc>https://g.example/p.jpg</image:loc><image:title>Wrong</image:title></image:image>
  <loc> https://g.example/1?a=1&amp;b=2 </loc><lastmod>2018-11-14</lastmod>
  <news:news><news:publication><news:name>G</news:name></news:publication>
   <news:publication_date>2018-11-13T08:00:00+00:00</news:publication_date>
   <news:title><![CDATA[Social & work]]></news:title></news:news></url>
 <url><loc>https://g.example/2</loc></url><url><loc>http://[bad</loc></url><url></url></urlset>"""


def test_a_news_sitemap_gives_date_and_title_and_pictures_are_not_taken_for_pages() -> None:
    first, second = read_sitemap(NEWS, "https://g.example/s.xml", NOW)

    assert first == Place(
        "https://g.example/1?a=1&b=2",
        False,
        datetime(2018, 11, 14, 12, tzinfo=UTC),
        "2018-11-13T08:00:00+00:00",
        "Social & work",
    )
    assert (second.url, second.modified, second.title) == ("https://g.example/2", None, "")


def test_a_plain_list_of_addresses_is_a_sitemap_and_a_page_is_none() -> None:
    listed = list(read_sitemap(b"https://g.example/1\nhttps://g.example/2\n", "https://g.example/s.txt", NOW))

    assert [place.url for place in listed] == ["https://g.example/1", "https://g.example/2"]
    assert list(read_sitemap(HEAD + b"</urlset>", "u", NOW)) == []
    for body in (
        b"<!doctype html><p>Not here",
        gzip.compress(NEWS)[:-30],
        b"\x1f\x8bzzzzzzzzzz",
    ):
        with pytest.raises(ParseError):
            list(read_sitemap(body, "https://g.example/s.xml", NOW) or [1 / 0])


@pytest.mark.parametrize(
    "hostile", [b"<url>" * 400_000, b"<loc><![CDATA[" * 100_000, b"<url><loc>" + b" " * 10**6]
)
def test_no_sitemap_takes_long(hostile: bytes) -> None:
    seconds = stopwatch()
    assert list(read_sitemap(b"<urlset>" + hostile, "https://g.example/s.xml", NOW)) == []
    assert seconds() < 3.0


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        (Place("https://g.example/1", False, None), True),
        (Place("https://g.example/1", False, START - timedelta(days=1)), False),
        (Place("https://g.example/1", False, END + timedelta(days=900)), True),
        (Place("https://g.example/2018/11/13/a", False, END + timedelta(days=900)), True),
        (Place("https://g.example/2018/11/14/a", False, START), False),
        (Place("https://g.example/2018/11/14/a", False, START, "2018-11-13T10:00:00Z"), True),
        (Place("https://g.example/1", False, START, "2018-11-14T10:00:00Z"), False),
    ],
)
def test_a_page_is_fetched_unless_something_says_that_it_came_out_at_another_time(
    place: Place, wanted: bool
) -> None:
    assert may_lie_in(place, START, END, NOW) is wanted


def test_the_outlet_of_a_known_host_is_that_of_feeds_yaml() -> None:
    assert OUTLETS.of("https://www.gazette.example/2018/11/13/a") == GAZETTE.outlet


def test_a_sitemap_that_cannot_be_read_is_told_and_the_others_are_read() -> None:
    site = site_of(planted(2))

    def answer(asked: Asked) -> Answer:
        if asked.path == "/sitemaps.xml":
            broken = "<sitemap><loc>/broken.xml</loc></sitemap>"
            return Answer(site.index().replace("<sitemap>", broken + "<sitemap>", 1).encode())
        return Answer(b"<html>") if asked.path == "/broken.xml" else site(asked)

    warnings: list[str] = []
    with serving(answer) as server:
        site.base = server.url
        found = read(server, warnings=warnings)

    assert len(found.items) == 2
    assert warnings == [f"{server.url}/broken.xml is no sitemap; it is passed over"]
