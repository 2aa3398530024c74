from datetime import datetime, timedelta

import pytest

from monitor.collect.archives import gdelt
from monitor.collect.archives.base import Archive
from monitor.collect.archives.calls import Calls
from monitor.collect.archives.gdelt import QUERY, Gdelt, tidy_title
from monitor.errors import ParseError
from monitor.types import Outlet
from tests.collect.archives.asking import GAZETTE, NOW, OUTLETS, SPAN, Read, read_archive
from tests.collect.archives.fakes import GdeltDoc
from tests.collect.archives.server import DAY, Answer, Asked, Server, Story, busy_at, planted, serving, urls

THROTTLED = b"Please limit requests to one every 5 seconds or contact us for larger queries.\n"


def read(server: Server, *, query: str = QUERY, span: tuple[datetime, datetime] = SPAN) -> Read:
    def make(calls: Calls) -> Archive:
        return Gdelt(calls, OUTLETS, *span, NOW, query, server.url)

    return read_archive(make)


def test_a_day_under_the_cap_takes_one_request() -> None:
    stories = planted(249)
    with serving(GdeltDoc(stories)) as server:
        found = read(server)

    assert found.urls == urls(stories)
    assert len(server.asked) == 1
    assert server.asked[0].query["maxrecords"] == "250"


def test_a_full_answer_is_asked_for_in_halves_and_nothing_comes_twice() -> None:
    stories = planted(1_000)
    with serving(GdeltDoc(stories)) as server:
        found = read(server)

    assert found.urls == urls(stories)
    assert len(found.items) == 1_000
    assert len(server.asked) <= 15  # a day, two halves, four quarters, eight eighths


def test_a_quarter_of_an_hour_that_is_full_is_cut_by_tone() -> None:
    stories = planted(1_000, step=timedelta(milliseconds=500))
    with serving(GdeltDoc(stories, {n: (n % 97) / 7 - 6 for n in range(1_000)})) as server:
        found = read(server)

    assert found.urls == urls(stories)
    assert len(found.items) == 1_000
    assert found.reasons == {}


def test_more_of_one_tone_than_can_be_asked_for_is_told_and_not_passed_over() -> None:
    stories = planted(300, step=timedelta(milliseconds=500))
    with serving(GdeltDoc(stories)) as server:
        found = read(server)

    assert found.reasons == {"beyond-cap": 1}
    assert len(found.items) == 250


@pytest.mark.parametrize("status", [200, 429])
def test_the_plea_for_fewer_requests_is_heeded_whatever_its_status(status: int) -> None:
    with serving(GdeltDoc(planted(3))) as server:
        server.interrupt = busy_at(1, 2, status=status, headers={"X": "y"}, body=THROTTLED)
        found = read(server)

    assert (len(found.items), found.waits) == (3, [1.0, 2.0])


def test_a_search_that_is_refused_is_told_in_its_words() -> None:
    with serving(GdeltDoc([])) as server, pytest.raises(ParseError, match=r"phrase is too short.*--query"):
        read(server, query='"a"')


def test_an_empty_answer_is_no_error() -> None:
    with serving(GdeltDoc([])) as server:
        assert read(server).entries == []


def test_an_item_has_the_outlet_of_its_host_and_the_time_of_its_sighting() -> None:
    ours, other = Story(1, DAY + timedelta(minutes=20)), Story(2, DAY, host="echo.example")
    with serving(GdeltDoc([ours, other])) as server:
        items = {item.url: item for item in read(server).items}

    assert items[ours.url].outlet == GAZETTE.outlet
    assert items[other.url].outlet == Outlet("echo.example")
    assert items[ours.url].published.at == DAY + timedelta(minutes=15)
    assert items[ours.url].title == f"{ours.title}, judge says"


def test_json_that_is_not_quite_json_is_read() -> None:
    def api(asked: Asked) -> Answer:
        dated = rb'"seendate": "20181113T001500Z"'
        return Answer(
            rb'{"articles": [{"url": "https://e.example/1", "title": "A \x tale", ' + dated + b"}]}"
        )

    with serving(api) as server:
        (item,) = read(server).items
    assert item.title == r"A \x tale"


def test_what_is_no_article_is_rejected_alone() -> None:
    def api(asked: Asked) -> Answer:
        return Answer(
            b'{"articles": [3, {"url": "x"}, {"url": "https://e.example/1", "title": "A"}, {"url": "https://e.example/2"}]}'
        )

    with serving(api) as server:
        found = read(server)
    assert found.reasons == {"bad-entry": 2, "bad-date": 1, "no-title": 1}


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Mother , 30 , thanks social worker !", "Mother, 30, thanks social worker!"),
        ("Council &amp; union", "Council & union"),
        ("Plain", "Plain"),
    ],
)
def test_titles_lose_the_space_before_punctuation(raw: str, title: str) -> None:
    assert tidy_title(raw) == title


def test_requests_are_spaced_as_the_host_asks() -> None:
    assert gdelt.MANNERS.pause > 5
