from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from monitor.collect.archives import guardian
from monitor.collect.archives.base import Archive, OutletsByHost
from monitor.collect.archives.calls import Allowance, Calls
from monitor.collect.archives.guardian import QUERY, Guardian
from monitor.errors import FetchError, ParseError, UsageError
from monitor.types import Outlet, OutletType, Source
from tests.collect.archives.asking import NOW, OUTLETS, SPAN, Read, read_archive
from tests.collect.archives.fakes import KEY, GuardianApi, as_json
from tests.collect.archives.server import DAY, Answer, Asked, Server, Story, busy_at, planted, serving, urls


def read(
    server: Server,
    *,
    key: str = KEY,
    span: tuple[datetime, datetime] = SPAN,
    outlets: OutletsByHost = OUTLETS,
    allowance: Allowance | None = None,
) -> Read:
    def make(calls: Calls) -> Archive:
        return Guardian(calls, key, outlets, *span, NOW, QUERY, server.url)

    return read_archive(make, allowance=allowance)


def test_every_page_of_a_search_is_read_oldest_first() -> None:
    stories = planted(450)
    with serving(GuardianApi(stories)) as server:
        found = read(server)

    assert found.urls == urls(stories)
    assert [item.published.at for item in found.items] == sorted(story.at for story in stories)
    assert [asked.query["page"] for asked in server.asked] == ["1", "2", "3"]
    assert {asked.query["page-size"] for asked in server.asked} == {"200"}


def test_stories_of_the_days_beside_a_span_are_not_read() -> None:
    before, after = Story(1, DAY - timedelta(seconds=1)), Story(2, DAY + timedelta(days=1))
    edges = [Story(3, DAY), Story(4, DAY + timedelta(days=1, seconds=-1))]
    with serving(GuardianApi([before, *edges, after])) as server:
        assert read(server).urls == urls(edges)


def test_a_search_too_long_to_be_paged_is_asked_for_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian, "MOST_PAGES", 2)
    stories = planted(1_000)
    with serving(GuardianApi(stories, depth=400)) as server:
        found = read(server)

    assert found.urls == urls(stories)
    assert max(int(asked.query["page"]) for asked in server.asked) == 2


def test_a_search_that_the_host_will_not_page_further_is_asked_for_in_halves_too() -> None:
    stories = planted(1_000)
    with serving(GuardianApi(stories, depth=600)) as server:
        found = read(server)

    assert set(found.urls) == set(urls(stories))
    assert found.reasons == {}


def test_an_item_has_the_title_the_trail_the_text_and_the_outlet_of_feeds_yaml() -> None:
    ours = Source(
        "g", "http://www.guardian.co.uk/society/rss", Outlet("Our Guardian", OutletType.NATIONAL, "UK")
    )
    (story,) = planted(1)
    with serving(GuardianApi([story])) as server:
        (item,) = read(server, outlets=OutletsByHost([ours])).items
        (other,) = read(server).items

    assert (item.title, item.summary, item.text) == (story.title, story.summary, story.text)
    assert (item.published.at, item.published.source) == (story.at, "archive")
    assert item.outlet == ours.outlet
    assert other.outlet == Outlet("The Guardian", OutletType.NATIONAL, "UK")


def test_a_wrong_key_is_told_with_the_remedy_and_never_shown() -> None:
    with (
        serving(GuardianApi(planted(1))) as server,
        pytest.raises(FetchError, match="check MONITOR_GUARDIAN") as caught,
    ):
        read(server, key="wr0ng")
    assert "wr0ng" not in str(caught.value)
    assert caught.value.retry_after is None


def test_too_many_requests_are_waited_out() -> None:
    with serving(GuardianApi(planted(300))) as server:
        server.interrupt = busy_at(2, headers={"Retry-After": "3"})
        found = read(server)

    assert (len(found.items), found.waits) == (300, [3.0])


def test_when_the_host_says_that_nothing_is_left_today_no_more_is_asked() -> None:
    with (
        serving(GuardianApi(planted(450), allowed=2)) as server,
        pytest.raises(FetchError, match="used up") as caught,
    ):
        read(server, allowance=Allowance(500, 7_200.0))
    assert (len(server.asked), caught.value.retry_after) == (2, 7_200.0)


def test_a_span_before_1999_is_refused_and_one_across_it_is_cut() -> None:
    with serving(GuardianApi([])) as server:
        with pytest.raises(UsageError, match="begins on 1999-01-01"):
            read(
                server,
                span=(datetime(1990, 1, 1, tzinfo=NOW.tzinfo), datetime(1998, 1, 1, tzinfo=NOW.tzinfo)),
            )
        found = read(
            server, span=(datetime(1990, 1, 1, tzinfo=NOW.tzinfo), datetime(1999, 3, 1, tzinfo=NOW.tzinfo))
        )
    assert [window.key for window in found.windows] == ["1999-01", "1999-02"]


def answering(results: Sequence[object]) -> Answer:
    return as_json({"response": {"status": "ok", "pages": 1, "results": results}})


def test_what_is_no_article_is_rejected_alone() -> None:
    good = {"webTitle": "A title", "webUrl": "https://g.example/1", "webPublicationDate": f"{DAY:%FT%TZ}"}
    odd = [
        7,
        {},
        good | {"webTitle": " "},
        good | {"webPublicationDate": "yesterday"},
        good | {"fields": None},
    ]

    def api(asked: Asked) -> Answer:
        return answering([*odd, good])

    with serving(api) as server:
        found = read(server)
    assert len(found.items) == 2
    assert found.reasons == {"bad-entry": 2, "no-title": 1, "bad-date": 1}


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"response": {"status": "error", "message": "x"}}', b""]
)
def test_an_answer_that_is_no_search_is_told(body: bytes) -> None:
    def api(asked: Asked) -> Answer:
        return Answer(body)

    with serving(api) as server, pytest.raises(ParseError, match="guardian"):
        read(server)
