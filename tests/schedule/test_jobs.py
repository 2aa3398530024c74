"""The jobs, with a clock that the test sets, a real database and real feeds."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.clock import Week
from monitor.errors import StoreError
from monitor.label.registry import shipped_models
from monitor.pipeline.jobs import all_jobs, is_report_made
from monitor.pipeline.status import run_doctor, run_status
from monitor.schedule.board import Ran
from monitor.schedule.daemon import run_once
from monitor.schedule.jobs import PATIENCE, Work
from monitor.store.health import last_polls
from monitor.store.outbox import deliveries
from tests.schedule.conftest import House, Open, Watch
from tests.schedule.newsroom import Newsroom

LISTS = "lists:\n  editors: {recipients: [editor@example.org]}\n"
DUE = datetime(2026, 11, 16, 7, tzinfo=UTC)
"""When the report of the week in which the newsroom's item came out is due."""


def polls(house: House) -> int:
    assert house.runner.database.store is not None
    with house.runner.database.store.reading() as session:
        return len(last_polls(session, limit=1_000))


def reports(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "reports").glob("*"))


# ---------------------------------------------------------------- collect and label


def test_a_tick_polls_what_is_due_and_only_that(house: House, newsroom: Newsroom) -> None:
    assert house.remark("collect").startswith("1 sources polled")
    house.watch.move(minutes=1)
    assert house.remark("collect").startswith("0 sources polled")
    house.watch.move(hours=2)
    assert house.remark("collect").startswith("1 sources polled")
    assert newsroom.asked["/gazette"] == 2


def test_news_wakes_the_job_that_labels(house: House) -> None:
    house.run("collect")
    assert "label" in house.woken
    house.woken.clear()
    house.watch.move(minutes=31)
    house.run("collect")
    assert house.woken == []
    assert house.remark("label").startswith("1 items labelled")


def test_a_clock_that_falls_back_makes_no_second_poll(house: House, newsroom: Newsroom) -> None:
    house.run("collect")
    for _ in range(4):
        house.watch.move(hours=-1)
        house.run("collect")
    assert newsroom.asked["/gazette"] == 1


def test_a_poll_that_a_wrong_clock_put_off_for_years_is_due(house: House, newsroom: Newsroom) -> None:
    house.watch.move(days=3650)
    house.run("collect")
    house.watch.move(days=-3650)
    house.run("collect")
    assert newsroom.asked["/gazette"] == 2
    assert polls(house) == 2


# ---------------------------------------------------------------- report


@pytest.fixture
def with_list(open_house: Open, newsroom: Newsroom) -> House:
    house = open_house()
    (house.folder / "feeds.yaml").write_text(newsroom.feeds_yaml(["gazette"], LISTS), "utf-8")
    assert house.runner.configuration.follow()
    return house


def test_a_report_is_made_once_across_restarts_and_a_missed_monday(
    with_list: House, open_house: Open, watch: Watch
) -> None:
    with_list.run("collect", "label")
    watch.at = DUE - timedelta(minutes=1)
    assert with_list.remark("report") == "nothing is labelled up to 2026-W45: no report"
    watch.at = DUE + timedelta(days=2)  # it was down on Monday and Tuesday
    house = open_house()
    assert "waits for a collect" in house.remark("report")
    house.run("collect")
    assert house.remark("report") == "the report of 2026-W46 is made and queued for 1 recipients"
    made = (house.folder / "reports/2026-W46/2026-W46.html").stat().st_mtime_ns
    watch.move(hours=-40)  # and the clock falls back to Monday
    for again in (house, open_house()):
        assert again.remark("report") == "the report of 2026-W46 is made"
    assert reports(house.folder) == ["2026-W46"]
    assert (house.folder / "reports/2026-W46/2026-W46.html").stat().st_mtime_ns == made
    store = house.runner.database.store
    assert store is not None
    with store.reading() as session:
        assert len(deliveries(session, ["queued"])) == 1


def test_a_report_waits_for_items_that_are_not_labelled_but_not_for_ever(
    with_list: House, watch: Watch
) -> None:
    with_list.run("collect", "label")
    watch.at = DUE
    (with_list.folder / "feeds.yaml").write_text(
        (with_list.folder / "feeds.yaml").read_text("utf-8").replace("gazette", "echo"), "utf-8"
    )
    assert with_list.runner.configuration.follow()
    with_list.run("collect")
    assert with_list.remark("report") == "the report of 2026-W46 waits for 1 items to be labelled"
    watch.at = DUE + PATIENCE
    assert with_list.remark("report").startswith("the report of 2026-W46 is made")


@pytest.fixture
def unlabelled(with_list: House, watch: Watch, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> House:
    """Reports are due, an item is not labelled, and the job that labels fails."""
    with_list.run("collect", "label")
    watch.at = DUE
    (with_list.folder / "feeds.yaml").write_text(newsroom.feeds_yaml(["echo"], LISTS), "utf-8")
    assert with_list.runner.configuration.follow()
    model = with_list.runner.configuration.config.model
    without_weights = with_list.folder / "models" / model
    without_weights.mkdir(parents=True)
    shutil.copy(shipped_models() / model / "manifest.json", without_weights)
    monkeypatch.chdir(with_list.folder)
    return with_list


def test_a_daemon_that_is_often_started_anew_does_not_wait_for_labels_for_ever(
    unlabelled: House, open_house: Open, watch: Watch
) -> None:
    waits = "the report of 2026-W46 waits for 1 items to be labelled"
    for minutes in (0, 20, 39):
        watch.at = DUE + timedelta(minutes=minutes)
        house = open_house()
        assert house.remark("report") == "the report of 2026-W46 waits for a collect"
        house.run("collect", "label")
        assert house.remark("report") == waits
    watch.at = DUE + PATIENCE
    house = open_house()
    house.run("collect")
    assert house.remark("report") == waits, "the job that labels has not tried yet"
    house.run("label")
    assert house.remark("report").startswith("the report of 2026-W46 is made")


def test_a_run_that_is_asked_for_once_waits_for_no_label_that_its_own_job_has_failed_to_make(
    unlabelled: House, watch: Watch
) -> None:
    folder = unlabelled.folder
    for made in ("is made and queued for 1 recipients", "is made"):
        ran = run_once(
            f"sqlite:///{folder / 'monitor.db'}", folder / "feeds.yaml", watch, {}, folder / "reports"
        )
        runs = {one.job: one for one in ran}
        assert not runs["label"].ok
        assert runs["report"].remark == f"the report of 2026-W46 {made}"


def test_a_run_that_is_asked_for_once_leaves_the_report_to_a_daemon_that_labels(
    unlabelled: House, watch: Watch
) -> None:
    folder = unlabelled.folder
    ran: list[Ran] = []

    def label_meanwhile(work: Work) -> str:
        ran.extend(
            run_once(
                f"sqlite:///{folder / 'monitor.db'}", folder / "feeds.yaml", watch, {}, folder / "reports"
            )
        )
        return "labelled"

    unlabelled.run_job(label_meanwhile, "label")
    runs = {one.job: one for one in ran}
    assert "label" not in runs
    assert runs["report"].remark == "the report of 2026-W46 waits for 1 items to be labelled"


def test_a_report_that_cannot_be_written_is_tried_again(with_list: House, watch: Watch) -> None:
    watch.at = DUE
    with_list.run("collect", "label")
    (with_list.folder / "reports").write_text("in the way", "utf-8")
    (ran,) = with_list.run("report")
    assert ran is not None
    assert not ran.ok
    store = with_list.runner.database.store
    assert store is not None
    assert not is_report_made(store, Week(2026, 46))
    (with_list.folder / "reports").unlink()
    assert with_list.remark("report").startswith("the report of 2026-W46 is made")


# ---------------------------------------------------------------- upkeep and delivery


def test_old_text_is_blanked_once_a_day(house: House, open_house: Open) -> None:
    assert "blanked" in house.remark("retention")
    house.watch.move(hours=23)
    assert open_house().remark("retention") == "done already today"
    house.watch.move(hours=1)
    assert "blanked" in house.remark("retention")
    house.watch.move(hours=-9)
    assert "blanked" in house.remark("retention")


def test_without_a_mail_server_nothing_is_sent_and_nothing_fails(house: House) -> None:
    assert "MONITOR_SMTP_HOST is not set" in house.remark("deliver")


# ---------------------------------------------------------------- failures


def test_a_failure_is_told_by_status_and_doctor_until_it_is_mended(house: House) -> None:
    def fail(work: Work) -> str:
        raise StoreError("the disk is full; make room")

    for _ in range(2):
        house.run_job(fail)
    store, config = house.runner.database.store, house.runner.configuration.config
    assert store is not None
    line = "job trial: failed 2 times in a row: the disk is full; make room"
    assert line in run_status(store, config, house.watch).alarms
    assert line in run_doctor(f"sqlite:///{house.folder / 'monitor.db'}", config, house.watch)
    house.run_job(lambda work: "mended")
    assert run_status(store, config, house.watch).alarms == ()
    (job,) = all_jobs(store)
    assert (job.ok, job.failures, job.remark) == (True, 0, "mended")
    assert job.next_at == house.watch() + timedelta(minutes=1)


def test_a_bug_is_recorded_with_its_traceback_in_the_log_and_ends_nothing(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(work: Work) -> str:
        raise ZeroDivisionError("by nought")

    ran = house.run_job(stumble)
    assert ran is not None
    assert not ran.ok
    assert "a bug in the monitor (ZeroDivisionError)" in ran.remark
    assert "in stumble" in capsys.readouterr().out
    assert house.run_job(lambda work: "well") is not None


def test_a_job_that_is_to_end_stops_where_it_keeps_its_lease(house: House) -> None:
    def work_on(work: Work) -> str:
        work.shop.stop.set()
        work.keep()
        raise AssertionError("it went on")

    ran = house.run_job(work_on)
    assert ran is not None
    assert ran.remark.startswith("stopped before its end")


def test_two_daemons_do_not_run_one_job_at_once(house: House, open_house: Open) -> None:
    other = open_house()
    inside: list[object] = []

    def run(work: Work) -> str:
        inside.append(other.run_job(lambda work: "twice"))
        return "once"

    ran = house.run_job(run)
    assert ran is not None
    assert (inside, ran.remark) == ([None], "once")
    assert other.run_job(lambda work: "later") is not None


def test_a_job_that_is_woken_while_it_runs_runs_once_more(house: House) -> None:
    runs: list[bool] = []

    def run(work: Work) -> str:
        runs.append(house.runner.board.ask_again("trial") if not runs else False)
        return "done"

    house.run_job(run)
    assert runs == [True, False]
    assert not house.runner.board.ask_again("trial")


def test_a_daemon_that_promised_a_tick_and_is_gone_is_missed(house: House) -> None:
    house.run("retention")
    store, config = house.runner.database.store, house.runner.configuration.config
    assert store is not None
    house.watch.move(hours=3)
    (alarm,) = run_status(store, config, house.watch).alarms
    assert alarm.startswith("daemon: has not looked for work since 2026-11-11 13:00 UTC")
