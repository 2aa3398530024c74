from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitor.collect.archives import wayback
from monitor.collect.archives.base import Archive
from monitor.collect.archives.calls import Calls
from monitor.collect.archives.wayback import Wayback
from monitor.errors import FetchError
from monitor.types import Source
from tests.collect.archives.asking import GAZETTE, Read, read_archive
from tests.collect.archives.fakes import WaybackMachine, rss
from tests.collect.archives.server import Answer, Asked, Server, Story, busy_at, planted, serving, urls

START, END = datetime(2008, 11, 1, tzinfo=UTC), datetime(2009, 1, 1, tzinfo=UTC)
FEED = GAZETTE.url
OLD = "http://gazette.example/feeds/news.xml"
ECHO = Source("echo", "https://echo.example/rss", GAZETTE.outlet)


def stories(count: int, day: int = 11) -> list[Story]:
    return planted(count, datetime(2008, 11, day, tzinfo=UTC))


def read(
    server: Server,
    *,
    sources: tuple[Source, ...] = (GAZETTE,),
    addresses: tuple[str, ...] = (),
    warnings: list[str] | None = None,
) -> Read:
    said: list[str] = [] if warnings is None else warnings

    def make(calls: Calls) -> Archive:
        return Wayback(calls, sources, START, END, addresses, server.url, said.append)

    return read_archive(make)


def serving_captures(captures: Mapping[str, bytes], address: str = FEED) -> WaybackMachine:
    return WaybackMachine({address: captures})


def test_each_body_of_a_feed_is_fetched_once_in_the_month_of_its_first_capture() -> None:
    first, second = stories(3), stories(5, day=30)
    captures = {
        "20081111120000": rss(first),
        "20081111180000": rss(first),
        "20081201000000": rss(second),
        "20081202000000": rss(first),
    }
    with serving(serving_captures(captures)) as server:
        found = read(server)

    assert [(window.key, window.calls) for window in found.windows] == [
        (f"gazette 2008-11 {FEED}", 1),
        (f"gazette 2008-12 {FEED}", 1),
    ]
    assert found.urls == urls([*first, *second])
    assert {item.source_id for item in found.items} == {"gazette"}
    assert {(item.published.at, item.published.source) for item in found.items} == {
        (story.at, "feed") for story in (*first, *second)
    }
    assert server.paths() == [
        "/cdx/search/cdx",
        f"/web/20081111120000id_/{FEED}",
        f"/web/20081201000000id_/{FEED}",
    ]


def test_an_index_longer_than_a_page_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wayback, "SEARCH_LIMIT", 7)
    captures = {
        f"{story.at:%Y%m%d%H%M%S}": rss([story]) for story in planted(30, datetime(2008, 11, 3, tzinfo=UTC))
    }
    with serving(serving_captures(captures)) as server:
        found = read(server)

    assert len(found.items) == 30
    searches = [asked for asked in server.asked if asked.path.startswith("/cdx")]
    assert [bool(asked.query.get("resumeKey")) for asked in searches] == [False, True, True, True, True]


def test_an_entry_without_a_date_is_dated_by_its_capture() -> None:
    with serving(serving_captures({"20081111120000": rss(stories(1), dated=False)})) as server:
        (item,) = read(server).items

    assert (item.published.at, item.published.source) == (datetime(2008, 11, 11, 12, tzinfo=UTC), "seen")


def test_an_entry_dated_after_its_capture_is_rejected_whatever_the_year_is_now() -> None:
    (later,) = planted(1, datetime(2009, 6, 1, tzinfo=UTC))
    with serving(serving_captures({"20081111120000": rss([later])})) as server:
        assert read(server).reasons == {"date-in-future": 1}


def test_redirects_between_captures_are_followed_and_those_out_of_the_archive_are_not_used() -> None:
    moved, live = stories(2), stories(3, day=20)
    machine = WaybackMachine(
        {
            FEED: {
                "20081111120000": f"-> /web/20081111120000id_/{OLD}".encode(),
                "20081112120000": b"-> /live",
            },
            OLD: {"20081111120003": rss(moved)},
        }
    )

    def archive(asked: Asked) -> Answer:
        return Answer(rss(live)) if asked.path == "/live" else machine(asked)

    with serving(archive) as server:
        found = read(server)

    assert found.urls == urls(moved)
    assert found.reasons == {"no-capture": 1}


def test_a_capture_that_is_no_feed_costs_that_capture() -> None:
    captures = {
        "20081111120000": b"<html><body>Sorry, we are down</body></html>",
        "20081112120000": rss(stories(2)),
    }
    with serving(serving_captures(captures)) as server:
        found = read(server)

    assert (len(found.items), found.reasons) == (2, {"not-a-feed": 1})


def test_the_addresses_at_which_a_feed_lived_before_are_searched_too() -> None:
    earlier, now = stories(2, day=3), stories(2, day=20)
    machine = WaybackMachine({FEED: {"20081120230000": rss(now)}, OLD: {"20081103230000": rss(earlier)}})
    with serving(machine) as server:
        assert read(server).urls == urls(now)
        assert read(server, addresses=(OLD,)).urls == urls([*earlier, *now])


def test_a_feed_that_is_excluded_is_told_and_does_not_keep_out_the_others() -> None:
    warnings: list[str] = []
    machine = WaybackMachine({FEED: {"20081111120000": rss(stories(2))}}, excluded=[ECHO.url])
    with serving(machine) as server:
        found = read(server, sources=(ECHO, GAZETTE), warnings=warnings)
        with pytest.raises(FetchError, match="is excluded from the archive") as caught:
            read(server, sources=(ECHO,))

    assert len(found.items) == 2
    assert [ECHO.url in warning for warning in warnings] == [True]
    assert caught.value.retry_after is None


def test_an_exclusion_that_comes_as_a_good_answer_is_one_all_the_same() -> None:
    def archive(asked: Asked) -> Answer:
        return Answer(
            b"org.archive.util.io.RuntimeIOException: RobotAccessControlException: Blocked By Robots"
        )

    with serving(archive) as server, pytest.raises(FetchError, match="excluded"):
        read(server)


def test_a_feed_that_was_never_captured_has_no_windows() -> None:
    with serving(WaybackMachine({})) as server:
        assert read(server).windows == []


def test_links_that_the_archive_wrote_itself_into_are_put_right() -> None:
    (story,) = stories(1)
    body = rss([story]).replace(b"<link>", b"<link>http://web.archive.org/web/20081111120000/")
    with serving(serving_captures({"20081111120000": body})) as server:
        assert read(server).urls == [story.url]


def test_one_429_is_waited_out_for_a_minute_and_a_third_ends_the_run() -> None:
    manners = wayback.MANNERS
    assert (manners.wait, manners.tries) == (60.0, 3)
    with serving(serving_captures({"20081111120000": rss(stories(2))})) as server:
        server.interrupt = busy_at(1, headers={"X": "y"})
        assert len(read(server).items) == 2
        server.interrupt = busy_at(1, 2, 3, headers={"X": "y"})
        with pytest.raises(FetchError) as caught:
            read(server)
    assert caught.value.retry_after is not None


def test_searches_are_spaced_as_the_archive_asks() -> None:
    assert 60 / wayback.SEARCH_PAUSE < 30
    assert 60 / wayback.MANNERS.pause < 600


@pytest.mark.parametrize("rows", [[], [["timestamp", "original", "digest"]], [[], ["key"]]])
def test_an_index_without_captures_is_empty(rows: Sequence[Sequence[str]]) -> None:
    captures, _ = wayback._read_rows(rows)
    assert captures == []


def test_the_end_of_a_span_is_not_in_it() -> None:
    captures = {f"{END:%Y%m%d%H%M%S}": rss(stories(1)), f"{END - timedelta(seconds=1):%Y%m%d%H%M%S}": rss([])}
    with serving(serving_captures(captures)) as server:
        assert [window.calls for window in read(server).windows] == [1]
