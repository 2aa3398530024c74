"""The jobs that watch, and that draw samples."""

import pytest

from monitor.errors import StoreError
from monitor.schedule.jobs import Work
from monitor.store.open import Store
from monitor.store.samples import samples
from tests.schedule.conftest import House, Watch
from tests.schedule.newsroom import Newsroom
from tests.schedule.test_jobs import DUE

SAMPLE = "coding: {weekly: 10}\n"


@pytest.fixture
def store(house: House) -> Store:
    assert house.runner.database.store is not None
    return house.runner.database.store


def told(capsys: pytest.CaptureFixture[str], event: str) -> list[str]:
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if f"] {event} " in line]


def test_a_source_that_falls_silent_is_told_once_and_again_once_it_is_back(
    house: House, watch: Watch, newsroom: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    house.run("collect")
    assert house.remark("watch") == "0 alarms, 0 sources in trouble"
    watch.move(days=40)
    house.run("collect")
    capsys.readouterr()
    for _ in range(3):
        assert house.remark("watch") == "0 alarms, 1 sources in trouble"
    (line,) = told(capsys, "alarm")
    assert "source gazette is silent" in line
    newsroom.dated["/gazette"] = watch.at
    newsroom.guid = "/another"
    watch.move(days=2)
    house.run("collect")
    assert house.remark("watch") == "0 alarms, 0 sources in trouble"
    assert "source gazette is silent" in told(capsys, "alarm over")[0]


def test_a_job_that_fails_is_an_alarm_without_addresses_of_people(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(work: Work) -> str:
        raise StoreError("no room for ann@council.example here")

    house.run_job(fail)
    capsys.readouterr()
    assert house.remark("watch").startswith("1 alarms")
    (line,) = told(capsys, "alarm")
    assert "no room for [address] here" in line
    assert house.runner.shop.alarms == ("job trial: failed once: no room for ann@council.example here",)


def test_a_weekly_sample_is_drawn_once_from_the_week_that_is_over(
    house: House, store: Store, watch: Watch, newsroom: Newsroom
) -> None:
    ids = [f"feed-{number}" for number in range(12)]
    (house.folder / "feeds.yaml").write_text(newsroom.feeds_yaml(ids, SAMPLE), "utf-8")
    house.runner.configuration.follow(anyway=True)
    house.run("collect", "label")
    watch.at = DUE
    assert house.remark("sample") == "the sample of 2026-W46: waits for a collect"
    house.run("collect")
    assert house.remark("sample") == "10 items of 2026-W46 are drawn for coding"
    assert house.remark("sample") == "the sample of 2026-W46 is drawn"
    with store.reading() as session:
        (sample,) = samples(session)
    assert (sample.name, sample.kind, str(sample.weeks[0]) if sample.weeks else "") == (
        "weekly-2026-W46", "random", "2026-W46",
    )  # fmt: skip


def test_no_sample_is_drawn_unless_it_is_asked_for(house: House, watch: Watch) -> None:
    house.run("collect", "label")
    watch.at = DUE
    house.run("collect")
    assert house.remark("sample") == "no weekly sample is asked for"


def test_a_week_without_items_has_no_sample_and_that_is_no_failure(
    house: House, watch: Watch, newsroom: Newsroom
) -> None:
    (house.folder / "feeds.yaml").write_text(newsroom.feeds_yaml(["gazette"], SAMPLE), "utf-8")
    house.runner.configuration.follow(anyway=True)
    house.run("collect", "label")
    watch.at = DUE
    watch.move(days=7)
    house.run("collect")
    assert house.remark("sample").startswith("no sample of 2026-W47: no item is stored in these weeks")
