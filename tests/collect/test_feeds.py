import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ParseError
from monitor.types import Item, Published
from tests.collect.samples import FEED_URL, NOW, OUTLET, an_entry, items, read, reasons, rss

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Echo</title>
<entry><title type="html">Tribunal &amp;amp; appeal</title><id>tag:echo.example,2010:7</id>
<link rel="alternate" href="https://echo.example/7?utm_source=atom"/><updated>2010-07-01T10:00:00Z</updated>
<published>2010-07-01T09:00:00+01:00</published><summary>Short.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A longer account</p>
<p>in two parts.</p></div>
</content></entry></feed>"""

RDF = """<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel rdf:about="https://echo.example/">
<title>Echo</title><items><rdf:Seq><rdf:li resource="https://echo.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://echo.example/1"><title>Old format</title><link>https://echo.example/1</link>
<dc:date>2004-05-06</dc:date></item></rdf:RDF>"""


def json_feed(*entries: object, version: str = "https://jsonfeed.org/version/1.1") -> str:
    return json.dumps({"version": version, "title": "Echo", "items": list(entries)})


def test_an_rss_entry_becomes_an_item() -> None:
    raw = "Wed, 12 Nov 2008 09:30:00 GMT"
    assert read(rss(an_entry())) == [
        Item(
            "echo",
            OUTLET,
            "Council reviews case 1",
            Published(datetime(2008, 11, 12, 9, 30, tzinfo=UTC), raw, "feed", "second"),
            "https://echo.example/stories/1",
            "echo-1",
            "Managers gave evidence on day 1.",
        )
    ]


def test_an_atom_entry_gives_its_date_of_publication_and_its_longer_content_as_text() -> None:
    (item,) = items(read(ATOM))
    assert (item.title, item.url, item.guid) == (
        "Tribunal & appeal",
        "https://echo.example/7",
        "tag:echo.example,2010:7",
    )
    assert (item.summary, item.text) == ("Short.", "A longer account in two parts.")
    assert item.published.at == datetime(2010, 7, 1, 8, tzinfo=UTC)


def test_rss_1_with_a_dublin_core_date_is_read() -> None:
    (item,) = items(read(RDF))
    assert (item.title, item.published.precision) == ("Old format", "day")


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"])
def test_a_json_feed_is_read_like_any_other(version: str) -> None:
    entry = {
        "id": 7,
        "url": "/7",
        "title": "Review &amp; response",
        "content_html": "<p>" + "word " * 200 + "</p>",
        "summary": "Brief.",
        "date_published": "2020-02-03T04:05:06+00:00",
    }
    (item,) = items(read(json_feed(entry, version=version), "application/feed+json"))
    assert (item.title, item.url, item.guid, item.summary) == (
        "Review & response",
        "https://echo.example/7",
        "7",
        "Brief.",
    )
    assert item.text == ("word " * 200).strip()
    assert item.published.at == datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_a_json_feed_costs_a_bad_entry_only_itself() -> None:
    feed = json_feed({"id": "1", "title": "Good"}, "not an object", {"id": "2"})
    assert [item.title for item in items(read(feed))] == ["Good"]
    assert reasons(read(feed)) == ["bad-entry", "no-title"]


def test_a_json_feed_that_breaks_off_gives_the_entries_before_the_break() -> None:
    feed = json_feed(*({"id": str(number), "title": f"Story {number}"} for number in range(3)))
    results = read(feed[:-20])
    assert [item.title for item in items(results)] == ["Story 0", "Story 1"]
    assert reasons(results) == ["bad-entry"]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("<!DOCTYPE html><html><body>Moved</body></html>", "is an HTML page, not a feed"),
        ('<?xml version="1.0"?><!-- x --><html/>', "is an HTML page, not a feed"),
        ("<opml version='2.0'><body/></opml>", "its root is <opml>"),
        ("Service unavailable", "is not XML or JSON"),
        ('{"error": "gone"}', "not a JSON Feed"),
        ("[1, 2]", "not a JSON Feed"),
        ("{" * 100_000, "not a JSON Feed"),
    ],
)
def test_a_body_that_is_no_feed_is_named_for_what_it_is(body: str, what: str) -> None:
    with pytest.raises(ParseError, match=what) as caught:
        read(body, "text/html")
    assert FEED_URL in str(caught.value)


@pytest.mark.parametrize(
    "body", [rss(), '<feed xmlns="http://www.w3.org/2005/Atom"/>', json_feed(), "<rss/>"]
)
def test_a_feed_without_entries_is_no_error(body: str) -> None:
    assert read(body) == []


@pytest.mark.parametrize("text", ["https://echo.example/feed.xml", "/etc/hostname", "feed.xml"])
def test_a_body_that_looks_like_an_address_or_file_is_not_opened(text: str) -> None:
    with pytest.raises(ParseError, match="is not XML or JSON"):
        read(text)


def test_an_entry_without_title_takes_the_start_of_its_summary() -> None:
    words = "evidence " * 30
    (item,) = items(read(rss(f"<item><description>{words}</description></item>")))
    assert item.title == "evidence " * 12 + "evidence"
    assert reasons(read(rss("<item><link>https://echo.example/1</link></item>"))) == ["no-title"]


@pytest.mark.parametrize("date", ["", "sometime", "2023-13-45"])
def test_no_story_is_lost_for_a_date_that_is_missing_or_wrong(date: str) -> None:
    (item,) = items(read(rss(an_entry(date=date))))
    assert item.published == Published(NOW, date, "seen", "second")


def test_a_date_more_than_a_day_ahead_rejects_its_entry() -> None:
    results = read(rss(an_entry(1, date="2026-06-03T12:00:01Z"), an_entry(2)))
    assert reasons(results) == ["date-in-future"]
    assert [item.guid for item in items(results)] == ["echo-2"]


def test_a_summary_is_cut_at_a_word_and_the_whole_is_kept_as_text() -> None:
    whole = ("word " * 600).strip()
    (item,) = items(read(rss(f"<item><title>Long</title><description>{whole}</description></item>")))
    assert len(item.summary) == 1999
    assert item.summary.endswith("word")
    assert item.text == whole


@pytest.mark.parametrize(("words", "is_summary"), [(20, True), (300, False)])
def test_content_without_a_summary_is_the_summary_only_where_it_is_short(
    words: int, is_summary: bool
) -> None:
    content = ("word " * words).strip()
    entry = f"<item><title>T</title><content:encoded>{content}</content:encoded></item>"
    (item,) = items(read(rss(entry)))
    assert (item.summary, item.text) == ((content, "") if is_summary else ("", content))


def test_entries_under_one_guid_are_told_apart_by_their_titles() -> None:
    shared = "<item><title>Story {n}</title><guid isPermaLink='false'>all</guid></item>"
    found = items(read(rss(*(shared.format(n=n) for n in range(10)))))
    assert [(item.title, item.guid) for item in found] == [(f"Story {n}", None) for n in range(10)]


def test_an_address_that_many_entries_link_to_is_that_of_none() -> None:
    linked = "<item><title>Story {n}</title><link>https://echo.example/</link><guid>{n}</guid></item>"
    three = items(read(rss(*(linked.format(n=n) for n in range(3)))))
    assert [(item.url, item.guid) for item in three] == [(None, "0"), (None, "1"), (None, "2")]
    two = items(read(rss(*(linked.format(n=n) for n in range(2)))))
    assert {item.url for item in two} == {"https://echo.example/"}


def test_the_words_continue_reading_are_no_part_of_a_summary() -> None:
    entry = "<item><title>T</title><description>What happened. Continue reading...</description></item>"
    assert items(read(rss(entry)))[0].summary == "What happened."


def test_a_feed_that_is_cut_short_loses_only_the_entry_in_the_cut() -> None:
    whole = rss(*(an_entry(number) for number in range(5)))
    results = read(whole[: whole.index("case 3") + 3])
    assert [item.guid for item in items(results)] == ["echo-0", "echo-1", "echo-2"]
    assert reasons(results) == ["bad-entry"]


@pytest.mark.parametrize(
    "damage",
    [
        "<item><title>&#99999999999999; broken</title></item>",
        "<item><title>&nbsp;&undefined; & broken <b></title></item>",
        "<item><title>broken \x0b\x00</title></item>",
        "<item><title>broken</title><textinput><link>x</link></textinput></item>",
        "<item><media:credit></media:credit></media:x><title>broken</title></item>",
        "<item><pubDate>99999999999999999999</pubDate><title>broken</title></item>",
    ],
)
def test_one_bad_entry_costs_no_other(damage: str) -> None:
    titles = [item.title for item in items(read(rss(an_entry(1), damage, an_entry(2))))]
    assert titles[0] == "Council reviews case 1"
    assert titles[-1] == "Council reviews case 2"


def test_an_entry_that_the_parser_fails_on_is_counted_as_bad() -> None:
    results = read(rss(an_entry(1), "<item><textinput><link>x</link></textinput></item>", an_entry(2)))
    assert reasons(results) == ["bad-entry"]
    assert len(items(results)) == 2


@given(st.integers(0, 10_000), st.binary(max_size=12))
def test_no_damage_makes_the_parser_fail_otherwise_than_expected(place: int, inserted: bytes) -> None:
    body = rss(an_entry(1), an_entry(2)).encode()
    place %= len(body)
    try:
        results = read(body[:place] + inserted + body[place + len(inserted) // 2 :])
    except ParseError:
        return
    assert all(item.title for item in items(results))


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8-sig", "utf-8", "text/xml"),
        ("utf-8", "iso-8859-1", "text/html; charset=iso-8859-1"),
        ("cp1252", "iso-8859-1", None),
        ("cp1252", "utf-8", "application/rss+xml; charset=utf-8"),
        ("cp1252", "utf-8", "text/xml; charset=windows-1252"),
        ("iso-8859-15", "iso-8859-15", None),
        ("utf-16", "utf-16", None),
        ("utf-16-le", "utf-16", "application/xml"),
        ("cp1252", "no-such-encoding", None),
    ],
)
def test_letters_survive_what_encoding_a_feed_is_in_or_claims(
    encoding: str, declared: str, content_type: str | None
) -> None:
    body = rss("<item><title>Café £5 öffnet</title></item>").replace('"utf-8"', f'"{declared}"', 1)
    assert items(read(body.encode(encoding), content_type))[0].title == "Café £5 öffnet"


def test_what_a_server_prints_before_the_document_is_passed_over() -> None:
    assert len(items(read("\n Warning: deprecated in line 3\n" + rss(an_entry())))) == 1


def test_the_address_of_the_story_goes_before_that_of_a_feed_service() -> None:
    entry = (
        '<item xmlns:f="http://rssnamespace.org/feedburner/ext/1.0"><title>T</title>'
        "<link>https://proxy.example/~r/1</link><f:origLink>https://echo.example/1</f:origLink></item>"
    )
    assert items(read(rss(entry)))[0].url == "https://echo.example/1"


def test_entries_after_the_limit_are_counted_but_not_read() -> None:
    results = read(rss(*(an_entry(number) for number in range(5))), limit=3)
    assert [item.guid for item in items(results)] == ["echo-0", "echo-1", "echo-2"]
    assert reasons(results) == ["too-many", "too-many"]


def test_a_huge_feed_is_read_in_seconds() -> None:
    body = rss(*(f"<item><title>Story {number}</title></item>" for number in range(20_000)))
    start = time.monotonic()
    results = read(body)
    assert time.monotonic() - start < 20
    assert len(results) == 20_000
    assert len(items(results)) == 5_000


def test_entities_are_neither_expanded_without_end_nor_fetched() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    body = rss("<item><title>Story &e9; &file;</title></item>").replace(
        "<rss", f'<!DOCTYPE rss [<!ENTITY e0 "ha">{bomb}<!ENTITY file SYSTEM "file:///etc/hostname">]><rss', 1
    )
    (item,) = items(read(body))
    assert item.title.startswith("Story")
    assert len(item.title) < 100
