"""Alerts on an outbreak of coverage: what they say, to whom they go, and how often."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from monitor.clock import Week
from monitor.config.load import Config, parse_config
from monitor.findings import Outbreak
from monitor.pipeline.alerts import run_alerts
from monitor.report.alert import AlertData, alert_subject, alert_text, write_alert
from monitor.report.data import FrameText
from monitor.store.forget import forget
from monitor.store.open import Store
from monitor.store.outbox import Delivery, deliveries
from monitor.trend.shares import share_point
from monitor.types import Depth, SharePoint, StoredModel, Story
from tests.schedule.conftest import House, Watch
from tests.store.builders import a_model, an_item, label_all, put

WEEK = Week(2026, 46)
NOW = datetime(2026, 11, 11, 12, tzinfo=UTC)
FEEDS = """\
contact: editor@ngo.example
sources: []
lists:
  quick: {recipients: [ann@ngo.example, bob@ngo.example], alerts: true}
  positive: {recipients: [cy@ngo.example], alerts: true, frames: [positive]}
  weekly: {recipients: [dee@ngo.example]}
"""
FAILURE = FrameText("incompetent", "Failed to act", "", core=True)


@pytest.fixture
def config() -> Config:
    return parse_config(FEEDS, "feeds.yaml")


@pytest.fixture
def store(house: House) -> Store:
    assert house.runner.database.store is not None
    return house.runner.database.store


def write_items(
    store: Store, watch: Watch, number: int, hits: Mapping[str, float] | None = None
) -> StoredModel:
    """Store so many items of the running week, with a year of four a week before them."""
    with store.writing() as session:
        model = a_model(session)
        for back in range(1, 53):
            at = NOW - timedelta(weeks=back)
            put(
                session,
                *(an_item(f"https://p.example/{back}/{n}", title=f"Old {back} {n}", at=at) for n in range(4)),
            )
        label_all(session, model)
        new = (
            an_item(f"https://p.example/{watch.at:%d-%H}/{n}", title=f"{watch.at:%A %H} {n}", at=watch.at)
            for n in range(number)
        )
        put(session, *new)
        label_all(session, model, hits=hits)
    return model


def queued(store: Store) -> list[Delivery]:
    with store.reading() as session:
        return deliveries(session, ["queued"])


def keys(store: Store) -> list[str]:
    return sorted({one.key for one in queued(store)})


def test_an_outbreak_goes_once_a_day_to_the_lists_that_want_it(
    store: Store, watch: Watch, config: Config
) -> None:
    model = write_items(store, watch, 40)
    assert run_alerts(store, config, model, watch) == ["volume"]
    for _ in range(3):
        watch.move(hours=3)
        assert run_alerts(store, config, model, watch) == []
    day = "2026-11-11"
    assert keys(store) == [f"{name}/alert-{day}-volume/2026-W46" for name in ("positive", "quick")]
    assert [one.recipient for one in queued(store)] == [
        "ann@ngo.example",
        "bob@ngo.example",
        "cy@ngo.example",
    ]


def test_a_list_hears_of_its_own_frames_alone(store: Store, watch: Watch, config: Config) -> None:
    model = write_items(store, watch, 40, hits={"positive": 0.9, "incompetent": 0.9})
    assert run_alerts(store, config, model, watch) == ["volume", "incompetent", "positive"]
    topics = {
        (one.list_name, one.key.split("/")[1].removeprefix("alert-2026-11-11-")) for one in queued(store)
    }
    assert topics == {
        ("quick", "volume"), ("quick", "incompetent"), ("quick", "positive"),
        ("positive", "volume"), ("positive", "positive"),
    }  # fmt: skip
    (subject,) = {one.subject for one in queued(store) if one.key.split("/")[1].endswith("positive")}
    assert subject == "Coverage alert: positive framing 100% (91–100) this week so far, usually 0%"


def test_the_same_outbreak_is_told_again_only_on_another_day_and_where_it_grew_by_half(
    store: Store, watch: Watch, config: Config
) -> None:
    model = write_items(store, watch, 40)
    run_alerts(store, config, model, watch)
    watch.move(days=1)
    model = write_items(store, watch, 15)
    assert run_alerts(store, config, model, watch) == []
    watch.move(days=1)
    model = write_items(store, watch, 30)
    assert run_alerts(store, config, model, watch) == ["volume"]
    watch.move(days=-1)
    assert run_alerts(store, config, model, watch) == [], "a clock that falls back tells nothing twice"


def test_an_outbreak_that_doubles_on_one_day_waits_for_the_next(
    store: Store, watch: Watch, config: Config
) -> None:
    model = write_items(store, watch, 40)
    run_alerts(store, config, model, watch)
    watch.move(hours=3)
    model = write_items(store, watch, 50)
    assert run_alerts(store, config, model, watch) == []
    watch.move(days=1)
    assert run_alerts(store, config, model, watch) == ["volume"]


def test_a_usual_week_and_lists_without_alerts_hear_nothing(
    store: Store, watch: Watch, config: Config
) -> None:
    model = write_items(store, watch, 5)
    assert run_alerts(store, config, model, watch) == []
    with store.writing() as session:
        forget(session, url="https://p.example/11/0", now=NOW)
    model = write_items(store, watch, 60)
    assert run_alerts(store, parse_config("sources: []\n", "feeds.yaml"), model, watch) == []
    assert queued(store) == []


# ---------------------------------------------------------------- wording


def a_story(
    title: str = "Social workers missed nine warnings", url: str | None = "https://p.example/1"
) -> Story:
    return Story(1, title, "", url, "Daily Post", "national", "UK", NOW, Depth.TITLE, {}, None, None, "", 4)


def an_alert(
    frame: FrameText | None = None, share: SharePoint | None = None, *stories: Story, n: int = 41
) -> AlertData:
    median = 12.0 if frame is None else 0.18
    found = Outbreak(WEEK, frame.id if frame else "volume", n, None, 50, median, 5.3, "outbreak", "", stories)
    return AlertData(found, frame, share, NOW, "linear@1", 4.0, sender="editor@ngo.example")


def test_the_subject_holds_the_number_and_what_is_usual() -> None:
    assert alert_subject(an_alert()) == (
        "Coverage alert: 41 items about social work this week so far, usually 12 a week"
    )
    share = share_point(WEEK, "all", "incompetent", 31, 50)
    assert alert_subject(an_alert(FAILURE, share, n=50)) == (
        "Coverage alert: failure framing 62% (48–74) this week so far, usually 18%"
    )
    few = share_point(WEEK, "all", "incompetent", 9, 12)
    assert "failure framing 9 of 12 (" in alert_subject(an_alert(FAILURE, few, n=12))


def test_the_text_speaks_of_coverage_names_three_stories_and_no_cause() -> None:
    text = alert_text(an_alert(None, None, *(a_story(f"Story {n}") for n in range(3))))
    assert text.startswith("Coverage has broken out: 41 items about social work in 2026-W46 so far.")
    assert "the median of the 50 weeks before" in " ".join(text.split())
    assert [line for line in text.splitlines() if line.startswith("- ")] == [
        "- Story 0",
        "- Story 1",
        "- Story 2",
    ]
    assert "Daily Post, 11 Nov 2026; carried by 4 outlets" in text
    assert not re.search(r"\b(because|caus\w+|due to|the public|led to)\b", text, re.IGNORECASE)
    assert max(len(line) for line in text.splitlines()) <= 72


def test_names_beside_a_title_are_masked_and_links_of_other_schemes_left_out() -> None:
    story = a_story("Social worker Jane Holroyd ignored calls", "javascript:alert(1)")
    text = alert_text(an_alert(None, None, story))
    assert "Holroyd" not in text
    assert "javascript" not in text


def test_a_headline_with_line_breaks_makes_no_header() -> None:
    content = write_alert(an_alert(None, None, a_story("One\r\nBcc: all@ngo.example")))
    message = message_from_bytes(content, policy=default)
    assert message["Bcc"] is None
    assert message["To"] is None
    assert content == write_alert(an_alert(None, None, a_story("One\r\nBcc: all@ngo.example")))
