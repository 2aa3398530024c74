"""Reports over the weeks in which clocks change, years end, and machines sleep."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.clock import LONDON, Week
from monitor.pipeline.due import due_month, due_report, report_time
from monitor.pipeline.jobs import settle_report
from monitor.pipeline.status import run_status
from monitor.schedule.jobs import PATIENCE
from monitor.store.outbox import Delivery, deliveries
from tests.schedule.conftest import House, Open, Watch
from tests.schedule.newsroom import Newsroom

LISTS = "lists:\n  editors: {recipients: [editor@example.org], monthly: true}\n"


def items_reported(folder: Path, week: str) -> set[int]:
    with (folder / "reports" / week / f"{week}.csv").open(encoding="utf-8") as file:
        return {int(row["n"]) for row in csv.DictReader(file) if (row["week"], row["group"]) == (week, "all")}


def queued(house: House) -> list[Delivery]:
    store = house.runner.database.store
    assert store is not None
    with store.reading() as session:
        return deliveries(session, ["queued"])


def configure(house: House, newsroom: Newsroom, ids: list[str], extra: str = LISTS) -> None:
    (house.folder / "feeds.yaml").write_text(newsroom.feeds_yaml(ids, extra), "utf-8")
    house.runner.configuration.follow(anyway=True)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("2026-W13", 167), ("2026-W43", 169), ("2026-W53", 168)],
    ids=["spring", "autumn", "53"],
)
def test_a_machine_that_sleeps_from_friday_to_tuesday_makes_one_report_of_the_right_window(
    open_house: Open, watch: Watch, newsroom: Newsroom, name: str, hours: int
) -> None:
    week = Week.parse(name)
    start, end = week.bounds()
    assert (end - start) == timedelta(hours=hours)
    newsroom.dated = {
        "/before": start - timedelta(minutes=1),
        "/first": start,
        "/last": end - timedelta(minutes=1),
        "/after": end,
    }
    watch.at = start + timedelta(days=4, hours=15)  # Friday
    house = open_house()
    configure(house, newsroom, ["before", "first"])
    house.run("collect", "label")
    watch.at = end + timedelta(days=1, hours=9)  # Tuesday; nothing has run since
    configure(house, newsroom, ["before", "first", "last", "after"])
    assert house.runner.database.store is not None
    settle_report(house.runner.database.store, due_month(watch.at, timedelta(hours=7))[0], watch)
    assert house.remark("report") == f"the report of {week} waits for a collect"
    house.run("collect", "label")
    assert house.remark("report").startswith(f"the report of {week} is made and queued for 1 recipients")
    for _ in range(3):
        watch.move(hours=1)
        assert house.remark("report") == f"the report of {week} is made"
    assert items_reported(house.folder, name) == {2}
    assert [one.key for one in queued(house)] == [f"editors/weekly/{week}"]


def test_a_report_that_nobody_makes_raises_an_alarm_within_the_hour(
    house: House, watch: Watch, newsroom: Newsroom
) -> None:
    configure(house, newsroom, ["gazette"])
    house.run("collect")
    due = datetime(2026, 11, 16, 7, tzinfo=UTC)
    store, config = house.runner.database.store, house.runner.configuration.config
    assert store is not None
    watch.at = due
    house.run("watch")  # keeps its promise to look for work
    assert run_status(store, config, watch).alarms == ()
    watch.at = due + timedelta(minutes=50)
    assert "lists.editors: the report of 2026-W46 is missed" in run_status(store, config, watch).alarms[0]
    assert timedelta(minutes=50) > PATIENCE, "a report that only waits is made before"
    assert house.remark("watch").startswith("1 alarms")
    assert house.runner.shop.alarms[0].startswith("lists.editors: ")


def test_the_report_is_due_when_feeds_yaml_says(house: House, watch: Watch, newsroom: Newsroom) -> None:
    configure(house, newsroom, ["gazette"], "report_at: Tue 18:30\n")
    house.run("collect", "label")
    watch.at = datetime(2026, 11, 17, 18, 29, tzinfo=UTC)
    house.run("collect", "label")
    assert "2026-W45" in house.remark("report")
    watch.move(minutes=1)
    house.run("collect")
    assert house.remark("report").startswith("the report of 2026-W46 is made")


def test_the_report_of_a_month_comes_with_that_of_its_last_week(
    house: House, watch: Watch, newsroom: Newsroom
) -> None:
    lists = LISTS + "  press: {recipients: [press@example.org]}\n"
    configure(house, newsroom, ["gazette"], lists)
    house.run("collect", "label")
    watch.at = datetime(2026, 11, 30, 7, tzinfo=UTC)  # the week of Thursday 26 November is over
    house.run("collect")
    assert "the report of 2026-11 is made and queued for 1 recipients" in house.remark("report")
    assert house.remark("report") == "the report of 2026-W48 is made"
    keys = sorted(one.key for one in queued(house))
    assert keys == ["editors/monthly/2026-W48", "editors/weekly/2026-W48", "press/weekly/2026-W48"]
    assert (house.folder / "reports/2026-11/2026-11.html").exists()


def test_a_month_is_due_on_the_monday_after_its_last_thursday() -> None:
    seven = timedelta(hours=7)
    before = datetime(2026, 11, 30, 6, 59, tzinfo=UTC)
    assert due_month(before, seven) == ("2026-10", Week(2026, 44))
    assert due_month(before + timedelta(minutes=1), seven) == ("2026-11", Week(2026, 48))
    assert due_month(datetime(2027, 1, 4, 7, tzinfo=UTC), seven) == ("2026-12", Week(2026, 53))


def test_a_report_time_is_read_off_the_clocks_of_london_all_year() -> None:
    for week in Week(2024, 1).until(Week(2028, 52)):
        due = report_time(week, timedelta(days=1, hours=18, minutes=30))
        assert f"{due.astimezone(LONDON):%a %H:%M}" == "Tue 18:30"
        assert due_report(due, timedelta(days=1, hours=18, minutes=30)).week == week
