"""Where feeds are parsed: here, or in a process that can be killed."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urljoin

import pytest

from monitor.collect import loop
from monitor.collect.feeds import raw_feed
from monitor.collect.feedxml import parse_xml, repair
from monitor.collect.http import Fetched
from monitor.collect.parse import LARGE_BYTES, Parser
from monitor.collect.strictxml import asked_seconds, parse_strictly
from monitor.errors import ParseError
from monitor.types import Validators
from tests.collect.samples import FEED_URL, NOW, SOURCE, an_entry, items, read, reasons, rss
from tests.collect.test_feeds import ATOM, RDF

DAMAGED = rss(an_entry(1), "<item><title>&nbsp;&undefined; & broken <b></title></item>", an_entry(2))
LARGE = rss(*(an_entry(n, extra=f"<category>{'x' * 1000}</category>") for n in range(400)))


def fetched(body: str) -> Fetched:
    return Fetched(200, FEED_URL, body.encode(), "application/rss+xml", Validators())


def with_parser(claim: Callable[[Parser], Awaitable[None]], *, deadline: float = 30.0) -> None:
    async def run() -> None:
        async with Parser(deadline=deadline) as parser:
            await claim(parser)

    loop.run(run())


def test_a_small_well_formed_feed_needs_no_process() -> None:
    async def claim(parser: Parser) -> None:
        feed = await parser.read(fetched(rss("<ttl>45</ttl>", an_entry(1), an_entry(2))), SOURCE, NOW)
        assert [item.guid for item in items(feed.entries)] == ["echo-1", "echo-2"]
        assert feed.hint == 45 * 60
        assert parser._worker is None

    with_parser(claim)


@pytest.mark.parametrize(("body", "entries"), [(DAMAGED, 3), (LARGE, 400)])
def test_a_damaged_or_large_feed_is_read_in_the_process_as_it_would_be_here(body: str, entries: int) -> None:
    async def claim(parser: Parser) -> None:
        feed = await parser.read(fetched(body), SOURCE, NOW)
        assert len(feed.entries) == entries
        assert parser._worker is not None
        assert feed.hint == raw_feed(body.encode(), None, FEED_URL, None).hint

    assert len(LARGE) > LARGE_BYTES
    with_parser(claim)


def test_a_feed_over_the_deadline_fails_and_the_next_is_read() -> None:
    async def claim(parser: Parser) -> None:
        parser._deadline = 0.0
        with pytest.raises(ParseError, match="could not be read within 0 s"):
            await parser.read(fetched(DAMAGED), SOURCE, NOW)
        parser._deadline = 30.0
        assert parser.failures == 1
        assert len((await parser.read(fetched(DAMAGED), SOURCE, NOW)).entries) == 3

    with_parser(claim)


def test_the_event_loop_goes_on_while_a_feed_is_parsed() -> None:
    async def claim(parser: Parser) -> None:
        huge = rss(*(f"<item><title>&nbsp; Story {number}</title></item>" for number in range(3_000)))
        work = asyncio.create_task(parser.read(fetched(huge), SOURCE, NOW))
        longest, last = 0.0, time.monotonic()
        while not work.done():
            await asyncio.sleep(0.01)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        assert len(work.result().entries) == 3_000
        assert longest < 1.0

    with_parser(claim)


def test_what_is_no_feed_is_named_for_what_it_is_by_the_process_too() -> None:
    async def claim(parser: Parser) -> None:
        with pytest.raises(ParseError, match="its root is <opml>"):
            await parser.read(fetched("<opml>" + " " * LARGE_BYTES + "</opml>"), SOURCE, NOW)

    with_parser(claim)


def test_a_bad_entry_is_a_rejection_by_the_process_too() -> None:
    async def claim(parser: Parser) -> None:
        whole = rss(*(an_entry(number) for number in range(5)))
        feed = await parser.read(fetched(whole[: whole.index("case 3") + 3]), SOURCE, NOW)
        assert reasons(feed.entries) == ["bad-entry"]

    with_parser(claim)


# ---------------------------------------------------------------- well-formed XML

MANY_KINDS = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>
<title>Echo</title><link>https://echo.example/</link><ttl>15</ttl><sy:updatePeriod>daily</sy:updatePeriod>
<sy:updateFrequency>4</sy:updateFrequency>
<item><title><![CDATA[A &amp; B <b>bold</b>]]></title><guid>https://echo.example/1</guid>
<media:title>No title</media:title><content:encoded><![CDATA[<p>Long &lt;text&gt;</p>]]></content:encoded>
<dc:date>2024-05-06T07:08:09Z</dc:date><description>Short</description></item>
<item><title>Two</title><link>https://echo.example/2</link><guid isPermaLink="false">2</guid>
<pubDate>Wed, 12 Nov 2008 09:30:00 GMT</pubDate><dc:date>2001-01-01</dc:date></item>
<item><description>Only words</description><atom:link href="https://echo.example/3"/></item>
</channel></rss>"""


@pytest.mark.parametrize("body", [ATOM, RDF, MANY_KINDS, rss(an_entry(1), an_entry(2)), rss()])
def test_well_formed_feeds_give_the_entries_that_feedparser_gives(body: str) -> None:
    quick = parse_strictly(repair(body), None)
    assert quick is not None
    slow = parse_xml(body, FEED_URL, None)
    assert [entry and _plain(entry.fields()) for entry in quick.entries] == [
        entry and _plain(entry.fields()) for entry in slow.entries
    ]
    assert quick.hint == slow.hint


def _plain(fields: tuple[str, ...]) -> list[str]:
    """Without the div that Atom puts around XHTML; feedparser has already resolved the links."""
    found = [" ".join(re.sub("</?div[^>]*>", "", field).split()) for field in fields]
    return [urljoin(FEED_URL, field) if field.startswith("/") else field for field in found]


@pytest.mark.parametrize(
    "body",
    [
        rss(an_entry()).replace("<rss", '<!DOCTYPE rss [<!ENTITY e "x">]><rss', 1),
        rss(an_entry()).replace("<item>", '<item xml:base="https://other.example/">'),
        rss("<item><title>&nbsp;</title></item>"),
        "<opml/>",
        rss("<item><media/></item>"),
    ],
)
def test_what_is_unusual_is_left_to_feedparser(body: str) -> None:
    assert parse_strictly(repair(body), None) is None


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (("60", "", ""), 3600),
        (("", "hourly", ""), 3600),
        (("", "daily", "4"), 6 * 3600),
        (("5", "weekly", "1"), 7 * 86400),
        (("-5", "never", "0"), 0),
        (("sixty", "", "2"), 0),
        (("9" * 30, "", ""), 0),
        (("", "hourly", "0"), 3600),
    ],
)
def test_a_feed_asks_for_a_pause_by_ttl_or_period_and_frequency(
    asked: tuple[str, str, str], seconds: float
) -> None:
    assert asked_seconds(*asked) == seconds


def test_quotes_and_dashes_of_windows_survive() -> None:
    (item,) = items(read(rss("<item><title>&#147;Don&#146;t&#148; \x96 he said</title></item>")))
    assert item.title == "“Don’t” – he said"
