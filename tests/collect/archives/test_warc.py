import gzip
import io
from datetime import timedelta

import pytest

from monitor.collect import loop
from monitor.collect.archives.base import Archive, Entry
from monitor.collect.archives.calls import Calls
from monitor.collect.archives.ccnews import CcNews
from monitor.collect.archives.warc import WarcReader, records
from monitor.collect.archives.windows import days
from monitor.collect.extract import Extractor
from monitor.errors import InputError, UsageError
from monitor.types import Item, Outlet, Rejected, Source
from tests.collect.archives.asking import GAZETTE, NOW, OUTLETS, SPAN, Read, read_archive
from tests.collect.archives.cases import crawled
from tests.collect.archives.fakes import CommonCrawl, page, rss, warc
from tests.collect.archives.server import DAY, Server, Story, busy_at, planted, serving, urls

FILE = Source("file:crawl", "crawl.warc.gz", Outlet("crawl"), enabled=False)


def entries_of(body: bytes, outlet: Outlet | None = None) -> list[Entry]:
    async def work() -> list[Entry]:
        async with Extractor() as extractor:
            reader = WarcReader(FILE, OUTLETS, extractor, NOW, outlet, name="crawl.warc.gz")
            found = reader.entries(io.BytesIO(body), lambda url: True)
            return [entry async for some in found for entry in some]

    return loop.run(work())


def test_pages_become_items_of_the_outlet_of_their_host() -> None:
    story, other = Story(1, DAY), Story(2, DAY, host="echo.example")
    body = warc([(one.url, page(one), "text/html; charset=utf-8") for one in (story, other)], DAY)
    first, second = entries_of(body)

    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert (first.title, first.summary, first.url) == (story.title, story.summary, story.url)
    assert "A judge thanked the social worker of case 1." in first.text.splitlines()
    assert (first.published.at, first.source_id, first.outlet) == (DAY, "file:crawl", GAZETTE.outlet)
    assert second.outlet == Outlet("echo.example")


def test_a_feed_in_a_warc_file_gives_its_entries_dated_as_at_its_capture() -> None:
    stories = planted(3)
    body = warc([(GAZETTE.url, rss(stories, dated=False), "application/rss+xml")], DAY + timedelta(days=1))
    found = [entry for entry in entries_of(body) if isinstance(entry, Item)]

    assert [item.url for item in found] == [story.url for story in stories]
    assert {item.published.at for item in found} == {DAY + timedelta(days=1)}


def test_an_uncompressed_file_reads_as_a_compressed_one_does() -> None:
    body = warc([(story.url, page(story), "text/html") for story in planted(2)], DAY)

    assert len(entries_of(gzip.decompress(body))) == len(entries_of(body)) == 2


def test_the_outlet_that_is_given_is_that_of_all() -> None:
    body = warc([(Story(1, DAY).url, page(Story(1, DAY)), "text/html")], DAY)
    (item,) = entries_of(body, Outlet("The Gazette"))

    assert isinstance(item, Item)
    assert item.outlet == Outlet("The Gazette")


def test_only_good_answers_that_are_pages_or_feeds_are_read() -> None:
    story = Story(1, DAY)
    pictures = warc([("https://g.example/p.jpg", b"\xff\xd8", "image/jpeg")], DAY)
    requests = warc([(story.url, page(story), "text/html")], DAY, "resource")
    dns = warc([("dns:gazette.example", b"x", "text/html")], DAY)
    moved = gzip.decompress(warc([(story.url, page(story), "text/html")], DAY)).replace(b"200 OK", b"301 OK")

    assert entries_of(pictures + requests + dns) == []
    assert entries_of(moved) == []


def test_a_page_that_reserves_mining_or_says_no_date_makes_no_item() -> None:
    reserved = page(Story(1, DAY)).replace(b"<head>", b'<head><meta name="tdm-reservation" content="1">')
    undated = page(Story(2, DAY), canonical="https://g.example/a", dated=False)
    body = warc(
        [("https://g.example/1", reserved, "text/html"), ("https://g.example/a", undated, "text/html")], DAY
    )

    assert entries_of(body) == [
        Rejected("reserved", "https://g.example/1"),
        Rejected("no-date", "https://g.example/a"),
    ]


@pytest.mark.parametrize("damage", ["cut", "no warc", "noise"])
def test_a_damaged_file_gives_what_stands_before_the_damage(damage: str) -> None:
    whole = warc([(story.url, page(story), "text/html") for story in planted(4)], DAY)
    body = {
        "cut": whole[: len(whole) * 2 // 3],
        "no warc": b"<html>no</html>\n" * 9,
        "noise": whole + b"\x1f\x8b?",
    }
    found: list[object] = []

    def read_records() -> None:
        found.extend(records(io.BytesIO(body[damage]), "f", lambda url: True, NOW))

    if damage == "noise":
        read_records()
    else:
        with pytest.raises(InputError, match="f: damaged"):
            read_records()
    assert len(found) == {"cut": 2, "no warc": 0, "noise": 4}[damage]


@pytest.mark.parametrize("body", [b"", b"not a warc at all\n", b"WARC/1.0\r\nbroken"])
def test_a_file_without_a_record_is_no_empty_archive(body: bytes) -> None:
    with pytest.raises(InputError, match="no WARC file"):
        list(records(io.BytesIO(body), "f", lambda url: True, NOW))


def read(server: Server) -> Read:
    extractor = Extractor()

    def make(calls: Calls) -> Archive:
        return CcNews(calls, OUTLETS, extractor, *SPAN, NOW, None, server.url)

    return read_archive(make, extractor=extractor)


def test_the_files_of_a_day_are_read_for_our_outlets_alone() -> None:
    stories = planted(40)
    with serving(crawled(stories)) as server:
        found = read(server)

    assert found.urls == urls(stories)
    assert len(found.windows) == 4
    assert found.reasons == {}


def test_files_that_were_begun_on_other_days_are_left() -> None:
    files = {
        DAY + timedelta(days=shift): [(Story(shift + 5, DAY).url, page(Story(shift + 5, DAY)), "text/html")]
        for shift in (-1, 0, 1)
    }
    with serving(CommonCrawl(files)) as server:
        assert read(server).urls == [Story(5, DAY).url]
        assert len([path for path in server.paths() if path.endswith(".warc.gz")]) == 1


def test_a_busy_host_is_asked_again_and_a_broken_download_goes_on() -> None:
    stories = planted(8)
    crawl = crawled(stories)
    with serving(crawl) as server:
        server.interrupt = busy_at(1, 2, 4, status=503, headers={"X": "y"}, body=b"SlowDown")
        found = read(server)
    assert found.urls == urls(stories)
    assert found.waits == [1.0, 2.0, 1.0]


def test_a_month_without_a_list_has_no_files_and_years_before_2016_are_refused() -> None:
    with serving(CommonCrawl({})) as server:
        assert read(server).windows == []

        def make(calls: Calls) -> Archive:
            window = next(days(DAY.replace(year=2010), DAY.replace(year=2010, day=14)))
            return CcNews(calls, OUTLETS, Extractor(), window.start, window.end, NOW, None, server.url)

        with pytest.raises(UsageError, match="begins on 2016-08-01"):
            read_archive(make)
