from datetime import UTC, datetime

import pytest

from monitor.clock import stopwatch
from monitor.collect.archives.page import PageHead, address_date, own_address, page_date, page_item, read_head
from monitor.types import Item, Outlet, Published, Rejected
from tests.collect.archives.fakes import page
from tests.collect.archives.server import DAY, Story

NOW = datetime(2026, 11, 20, tzinfo=UTC)
URL = "https://gazette.example/news/1"

HEADS = {
    "json-ld": (
        b'<title>X | Gazette</title><script type="application/ld+json">{"@graph": [{"@type": "WebSite"},'
        b'{"@type":"NewsArticle","headline":"A &amp; B","datePublished":"2018-11-13T08:00:00Z"}]}</script>',
        ("A & B", "2018-11-13T08:00:00Z"),
    ),
    "open graph": (
        b'<meta property="og:title" content="A title"><meta property="article:published_time"'
        b' content="2018-11-13T08:00:00Z">',
        ("A title", "2018-11-13T08:00:00Z"),
    ),
    "BBC in 2008": (
        b'<title>BBC NEWS | UK | Baby death</title><meta name="Headline" content="x"/>'
        b'<meta name="OriginalPublicationDate" content="2008/11/11 15:32:00" />',
        ("BBC NEWS | UK | Baby death", "2008-11-11T15:32:00Z"),
    ),
    "site name behind the title": (
        b"<title>Social worker cleared - The Gazette</title><meta property=og:site_name"
        b" content='The Gazette'><time datetime='2018-07-13T08:00+01:00'>today</time>",
        ("Social worker cleared", "2018-07-13T07:00:00Z"),
    ),
    "microdata": (
        b'<title>T</title><meta itemprop="datePublished" content="2018-11-13">',
        ("T", "2018-11-13T12:00:00Z"),
    ),
    "broken json": (
        b'<title>T</title><script type="application/ld+json">{"datePublished": }</script>',
        ("T", None),
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_title_and_date_are_read_from_what_a_page_has(name: str) -> None:
    body, (title, moment) = HEADS[name]
    head = read_head(b"<html><head>" + body + b"</head>")
    published = page_date(head, URL, NOW)

    assert head.title == title
    assert (f"{published.at:%Y-%m-%dT%H:%M:%SZ}" if published else None) == moment


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://g.example/society/2008/nov/11/story", "11 nov 2008"),
        ("https://g.example/2008/11/11/story", "2008-11-11"),
        ("https://g.example/news/2008-11-1/", "2008-11-1"),
        ("https://g.example/2008/11/", ""),
        ("https://g.example/12008/11/11", ""),
    ],
)
def test_an_address_may_name_the_day(url: str, day: str) -> None:
    found = address_date(url)
    assert found.replace("-01", "-1") == day


def test_the_day_of_the_address_stands_in_for_a_date_that_is_missing_or_cannot_be_read() -> None:
    for head in (PageHead(), PageHead(date="last Tuesday")):
        published = page_date(head, "https://g.example/society/2008/nov/11/story", NOW)
        assert published is not None
        assert (published.at, published.precision) == (datetime(2008, 11, 11, 12, tzinfo=UTC), "day")


@pytest.mark.parametrize(
    ("canonical", "own"),
    [
        ("https://gazette.example/news/one", "https://gazette.example/news/one"),
        ("/news/two", "https://gazette.example/news/two"),
        ("https://gazette.example/", "https://gazette.example/news/1"),
        ("https://elsewhere.example/news/one", "https://gazette.example/news/1"),
        ("", "https://gazette.example/news/1"),
    ],
)
def test_a_page_may_give_itself_another_address_on_its_own_site_only(canonical: str, own: str) -> None:
    assert own_address(PageHead(canonical=canonical), URL + "?utm_source=x") == own


def made(head: PageHead, published: Published | None) -> Item | Rejected:
    return page_item(
        head, URL, "Text.", source_id="s", outlet=Outlet("Gazette"), published=published, now=NOW
    )


def test_a_page_without_title_or_date_or_of_tomorrow_makes_no_item() -> None:
    dated, late = (
        Published(DAY, "x", "page", "day"),
        Published(datetime(2027, 1, 1, tzinfo=UTC), "x", "page", "day"),
    )

    assert made(PageHead(), dated) == Rejected("no-title", URL)
    assert made(PageHead("T"), None) == Rejected("no-date", URL)
    assert made(PageHead("T", date="soon"), None) == Rejected("bad-date", URL)
    assert made(PageHead("T"), late) == Rejected("date-in-future", URL)
    assert isinstance(made(PageHead("T"), dated), Item)


def test_a_whole_page_gives_title_summary_and_date() -> None:
    story = Story(4, DAY)
    head = read_head(page(story))
    published = page_date(head, story.url, NOW)

    assert (head.title, head.summary, head.canonical) == (story.title, story.summary, story.url)
    assert published is not None
    assert published.at == DAY


@pytest.mark.parametrize(
    "hostile",
    [
        b"<meta " * 100_000,
        b'<script type="application/ld+json">' * 20_000,
        b'<script type="application/ld+json">' + b"[" * 500_000,
        b"<title>" * 80_000,
        b"<meta a='" * 60_000,
        b"<time datetime=" * 40_000,
    ],
)
def test_no_page_takes_long(hostile: bytes) -> None:
    seconds = stopwatch()
    read_head(hostile)
    assert seconds() < 2.0
