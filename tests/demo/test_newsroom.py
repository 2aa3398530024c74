"""The newsroom on loopback: sound feeds beside the faults that real ones have."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import feedparser
import httpx
import pytest
import yaml

from monitor.collect.feeds import parse_feed
from monitor.config.load import parse_config
from monitor.demo.calendar import ARCHIVE_WEEKS, DEMO_NOW, WEEKS
from monitor.demo.composer import Composed, compose_week
from monitor.demo.newsroom import (
    BAD_DATE_SOURCE,
    BROKEN_SOURCE,
    CLOSED_SOURCE,
    SILENT_SOURCE,
    TRUNCATED_SOURCE,
    Newsroom,
    serve_newsroom,
)
from monitor.errors import ParseError
from monitor.types import Item, Rejected, Source


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with serve_newsroom() as served:
        yield served


@pytest.fixture(scope="module")
def web() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def _sources(newsroom: Newsroom) -> dict[str, Source]:
    config = parse_config(newsroom.feeds_yaml, "feeds.yaml", None)
    return {source.id: source for source in config.sources}


def _entries(web: httpx.Client, source: Source) -> list[Item | Rejected]:
    answer = web.get(source.url)
    kind = answer.headers["content-type"]
    return parse_feed(answer.content, content_type=kind, url=source.url, source=source, seen_at=DEMO_NOW)


def _recent() -> list[Composed]:
    return [story for number in range(ARCHIVE_WEEKS + 1, WEEKS + 1) for story in compose_week(number)]


def test_feeds_yaml_is_valid_and_names_trusted_sources_never_checked(newsroom: Newsroom) -> None:
    entries: list[dict[str, Any]] = yaml.safe_load(newsroom.feeds_yaml)["sources"]

    assert len(_sources(newsroom)) == 13
    assert all(entry["trusted"] is True and entry["checked"] == "never" for entry in entries)
    assert len({source.outlet.name for source in _sources(newsroom).values()}) == 11


def test_every_feed_but_the_broken_one_parses(newsroom: Newsroom, web: httpx.Client) -> None:
    for source in _sources(newsroom).values():
        answer = web.get(source.url)
        assert answer.status_code == 200
        if source.id == BROKEN_SOURCE:
            with pytest.raises(ParseError):
                _entries(web, source)
        elif "json" in answer.headers["content-type"]:
            assert answer.json()["version"] == "https://jsonfeed.org/version/1.1"
        else:
            parsed = feedparser.parse(BytesIO(answer.content))
            assert parsed.entries
            assert bool(parsed.bozo) is (source.id == TRUNCATED_SOURCE)


def test_there_are_feeds_in_all_three_formats(newsroom: Newsroom, web: httpx.Client) -> None:
    kinds = {web.get(source.url).headers["content-type"] for source in _sources(newsroom).values()}

    assert {kind.split(";")[0] for kind in kinds} >= {
        *("application/rss+xml", "application/atom+xml", "application/feed+json")
    }


def test_the_feeds_carry_every_story_of_the_last_eight_weeks(newsroom: Newsroom, web: httpx.Client) -> None:
    carried = {
        (item.guid, item.title, item.published.at)
        for source in _sources(newsroom).values()
        if source.id != BROKEN_SOURCE
        for item in _entries(web, source)
        if isinstance(item, Item)
    }
    composed = {(story.item.url, story.item.title, story.item.published.at) for story in _recent()}

    assert composed <= carried
    assert len(carried) == len(composed) + 2, "the notices: undated, and of the silent source"


def test_where_a_feed_breaks_off_one_entry_is_lost(newsroom: Newsroom, web: httpx.Client) -> None:
    entries = _entries(web, _sources(newsroom)[TRUNCATED_SOURCE])

    assert [entry.reason for entry in entries if isinstance(entry, Rejected)] == ["bad-entry"]


def test_the_silent_source_has_had_nothing_for_months(newsroom: Newsroom, web: httpx.Client) -> None:
    (item,) = _entries(web, _sources(newsroom)[SILENT_SOURCE])

    assert isinstance(item, Item)
    assert (DEMO_NOW - item.published.at).days > 180


def test_one_date_cannot_be_read(newsroom: Newsroom, web: httpx.Client) -> None:
    items = _entries(web, _sources(newsroom)[BAD_DATE_SOURCE])

    assert [isinstance(item, Item) and item.published.source for item in items].count("seen") == 1


def test_a_feed_that_has_not_changed_answers_304(newsroom: Newsroom, web: httpx.Client) -> None:
    url = next(iter(_sources(newsroom).values())).url
    first = web.get(url)

    by_tag = web.get(url, headers={"If-None-Match": first.headers["etag"]})
    by_date = web.get(url, headers={"If-Modified-Since": first.headers["last-modified"]})
    by_other_tag = web.get(url, headers={"If-None-Match": '"another"'})

    assert (by_tag.status_code, by_tag.content) == (304, b"")
    assert by_date.status_code == 304
    assert by_other_tag.status_code == 200


def test_every_link_leads_to_a_page_with_its_story(newsroom: Newsroom, web: httpx.Client) -> None:
    stories = {story.item.url: story for story in _recent()}
    source = _sources(newsroom)[CLOSED_SOURCE]
    for item in _entries(web, source):
        assert isinstance(item, Item)
        page = web.get(item.url or "")
        paragraphs = stories[item.guid].item.text.split("\n\n")
        assert page.status_code == 200
        assert all(f"<p>{text}</p>" in page.text for text in paragraphs)
        assert 4 <= len(paragraphs) <= 12


def test_links_can_be_shown_as_the_outlets_would_have_them(newsroom: Newsroom, web: httpx.Client) -> None:
    for source in (_sources(newsroom)[name] for name in (CLOSED_SOURCE, TRUNCATED_SOURCE)):
        items = [item for item in _entries(web, source) if isinstance(item, Item)]
        assert {newsroom.invented(item.url or "") for item in items} >= {
            story.item.url for story in _recent() if story.item.source_id == source.id
        }
    broken = _sources(newsroom)[BROKEN_SOURCE].url
    assert newsroom.invented(f"{broken} is broken") == f"https://{BROKEN_SOURCE}.example/feed.xml is broken"


def test_robots_txt_closes_one_story(newsroom: Newsroom, web: httpx.Client) -> None:
    closed = web.get(f"{newsroom.base_url}/robots.txt").text.split("Disallow: ")[1].strip()
    items = _entries(web, _sources(newsroom)[CLOSED_SOURCE])
    links = [item.url or "" for item in items if isinstance(item, Item)]

    assert sum(link.startswith(newsroom.base_url + closed) for link in links) == 1


def test_an_unknown_address_is_not_found(newsroom: Newsroom, web: httpx.Client) -> None:
    assert web.get(f"{newsroom.base_url}/nothing").status_code == 404


def test_the_same_newsroom_opens_again_at_another_port() -> None:
    with serve_newsroom() as one, serve_newsroom() as two:
        assert one.base_url != two.base_url
        assert one.feeds_yaml == two.feeds_yaml.replace(two.base_url, one.base_url)
