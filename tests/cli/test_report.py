"""``monitor report``: of a week, a month, an event; and what it says of the reports before it."""

from pathlib import Path

import pytest

from monitor.errors import UsageError
from monitor.pipeline.reportdata import month_asked
from tests.cli.conftest import FEEDS, Run, answer, complaint

EVENT = """\
events:
  - {id: OWN1, date: 2026-11-03, name: Gazette inquiry, nation: Wales, type: inquiry_report}
"""
LATE = """\
date,title,summary,url,outlet
2026-11-05,Social workers missed bruises on a girl,"Three reports were ignored, a court heard.",https://late.example/9,Late
"""


@pytest.fixture
def labelled(run: Run, folder: Path) -> Run:
    """Runs commands on a database with four labelled items of two weeks."""
    (folder / "feeds.yaml").write_text(EVENT + FEEDS, "utf-8")
    run("backfill", "file", "rows.csv")
    run("label")
    return run


def test_a_month_is_reported_in_a_folder_of_its_name(labelled: Run, folder: Path) -> None:
    written = answer(labelled("report", "--month", "2026-11", "--json"))
    assert written["week"] == "2026-W48"
    text = (folder / "reports/2026-11/2026-11.txt").read_text("utf-8")
    assert "month 2026-11, weeks 2026-W45 to 2026-W48" in " ".join(text.split())
    assert {Path(name).suffix for name in written["files"]} == {
        ".html", ".txt", ".csv", ".eml", ".pdf", ".svg", ".png"
    }  # fmt: skip


def test_an_event_of_feeds_yaml_is_reported_and_says_what_cannot_be_estimated(
    labelled: Run, folder: Path
) -> None:
    answer(labelled("report", "--event", "OWN1", "--json"))
    text = (folder / "reports/event-OWN1/event-OWN1.txt").read_text("utf-8")
    assert "What coverage did after “Gazette inquiry” cannot be estimated" in " ".join(text.split())


def test_a_report_is_of_one_thing_that_there_is(labelled: Run) -> None:
    assert "give one of --week, --month, --event" in complaint(
        labelled("report", "--week", "2026-W45", "--month", "2026-11")
    )
    assert "is not a month; write it like 2026-10" in complaint(labelled("report", "--month", "2026-13"))
    assert "no event 'NOPE'" in complaint(labelled("report", "--event", "NOPE"))
    assert "only its year is verified" in complaint(labelled("report", "--event", "E02"))


def test_a_late_item_shows_as_a_correction_to_the_report_before(labelled: Run, folder: Path) -> None:
    answer(labelled("report", "--week", "2026-W45", "--json"))
    (folder / "late.csv").write_text(LATE, "utf-8")
    labelled("backfill", "file", "late.csv")
    labelled("label")
    answer(labelled("report", "--week", "2026-W46", "--json"))
    text = (folder / "reports/2026-W46/2026-W46.txt").read_text("utf-8")
    assert "Corrections to earlier reports." in text
    assert "1 of 2" in text.split("Corrections to earlier reports.")[1]
    assert "2 of 3" in text.split("Corrections to earlier reports.")[1]


def test_a_month_has_the_weeks_whose_thursday_lies_in_it() -> None:
    asked = month_asked("2026-10")
    assert (str(asked.first), str(asked.last)) == ("2026-W40", "2026-W44")
    year_end = month_asked("2026-12")
    assert (str(year_end.first), str(year_end.last)) == ("2026-W49", "2026-W53")
    with pytest.raises(UsageError, match="write it like 2026-10"):
        month_asked("October")


def test_a_week_that_has_not_begun_has_no_report(labelled: Run, folder: Path) -> None:
    refused = complaint(labelled("report", "--week", "2099-W01"))
    assert "2099-W01 has not begun" in refused
    assert not (folder / "reports").exists()
