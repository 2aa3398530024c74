import re
from dataclasses import replace

import pytest

from monitor.findings import Comparison, Verdict
from monitor.report import wording
from monitor.report.anatomy import lay_out, leading_change, source_ledger
from monitor.report.data import Report, ReportData
from monitor.types import WeekCount
from tests.report.conftest import (
    EVENTS,
    IDS,
    WEEK,
    a_source,
    an_event,
    invented_counts,
    report_data,
)


def a_comparison(
    n: int = 60,
    base_n: int = 600,
    difference: float | None = 0.15,
    verdict: Verdict = "moved",
    reason: str = "",
) -> Comparison:
    return Comparison(
        "all",
        "positive",
        12,
        n,
        n // 2,
        base_n,
        base_n // 3,
        difference,
        0.03,
        0.27,
        0.01,
        1.0,
        verdict,
        reason,
    )


def with_week(n: int, hits: int = 0, labelled: int = 500) -> ReportData:
    """A steady year before a week of n items, of which so many carry the frame ``reform``."""
    before = [
        WeekCount(WEEK.plus(-back), "national", 500, 40, 0, 40, 0, {"reform": 8}) for back in range(1, 60)
    ]
    return report_data([*before, WeekCount(WEEK, "national", labelled, n, 0, n, 0, {"reform": hits})])


def test_the_headline_names_the_core_frame_that_moved_with_both_figures_and_their_n(
    full_data: ReportData,
) -> None:
    assert re.fullmatch(
        r"“Failed to protect” was in \d+% of \d+ items about social work this week, up from \d+% of [\d,]+ "
        r"in the 12 weeks before \(uncorrected\)\.",
        lay_out(full_data).headline,
    )


def test_a_core_frame_that_moved_leads_before_any_other() -> None:
    counts = [
        WeekCount(WEEK.plus(-back), "national", 900, 40, 0, 40, 0, {"positive": 4, "reform": 4})
        for back in range(1, 60)
    ]
    now = WeekCount(WEEK, "national", 900, 40, 0, 40, 0, {"positive": 18, "reform": 36})
    moved = leading_change(report_data([*counts, now]))
    assert moved is not None
    assert moved.frame == "positive"


def test_a_fall_is_told_as_one() -> None:
    assert "down from 20% of 480" in lay_out(with_week(90, hits=0)).headline
    assert "down" in lay_out(with_week(90, hits=0)).subject


def test_a_week_in_which_nothing_stands_out_says_so() -> None:
    assert lay_out(with_week(40, hits=8)).headline == (
        "No frame stands out from the 12 weeks before among 40 items about social work this week."
    )
    assert lay_out(with_week(70, hits=14)).headline == (
        "70 items about social work, more than in any of the 12 weeks before; no frame stands out."
    )


def test_a_week_without_relevant_items_says_so_and_gives_no_share() -> None:
    anatomy = lay_out(with_week(0))
    assert anatomy.headline == "No item about social work was found this week."
    assert {line.figure for line in anatomy.frames} == {"no items"}
    assert anatomy.core[0].versus[0].verdict == "not estimable: the week has no relevant item"
    assert anatomy.subject.endswith("no items about social work")


def test_a_week_that_was_not_read_is_not_told_as_one_without_coverage() -> None:
    assert lay_out(report_data([])).headline.startswith("Nothing was read this week")


def test_a_first_week_has_nothing_to_be_compared_with() -> None:
    anatomy = lay_out(report_data(invented_counts(weeks=1)))
    assert "there is too little before it to compare with" in anatomy.headline
    assert "No week before it has been read" in anatomy.volume


def test_few_items_are_told_as_counts_and_not_as_a_percentage() -> None:
    assert wording.share_figure(4, 9) == "4 of 9"
    assert wording.share_figure(9, 20) == "45%"
    assert wording.share_of(9, 20) == "45% of 20"
    assert wording.change_figure(a_comparison(n=9)) == "higher"
    assert wording.change_figure(a_comparison(n=9, difference=-0.1)) == "lower"
    assert wording.change_figure(a_comparison(n=9, difference=0.0)) == "the same"
    assert wording.change_interval(a_comparison(n=9)) == ""
    assert wording.change_interval(a_comparison()) == "+3 to +27"


def test_what_cannot_be_estimated_gives_the_reason_and_no_number() -> None:
    comparison = a_comparison(n=0, difference=None, verdict="not_estimable", reason="the week has no items")
    assert wording.change_figure(comparison) == ""
    assert wording.verdict(comparison) == "not estimable: the week has no items"


def test_the_headline_of_a_small_week_counts_items() -> None:
    headline = lay_out(report_data(invented_counts(60, 14, 0.6))).headline
    assert re.search(r"was in \d+ of \d+ items about social work", headline)


def test_volume_stands_beside_its_median_and_range() -> None:
    assert lay_out(with_week(41)).volume == (
        "41 items about social work, of 500 read. The 12 weeks before had a median of 40 (range 40)."
    )
    partly = lay_out(report_data(invented_counts(weeks=8))).volume
    assert "7 of the 12 weeks before had a median of" in partly


def test_the_two_reproaches_have_a_ratio_only_where_there_are_items_enough(full_data: ReportData) -> None:
    assert re.search(r"\d+ “Failed to protect” against \d+ .*, \d\.\d to 1", lay_out(full_data).ratios[1][1])
    assert not re.search(r"to 1$", lay_out(report_data(invented_counts(60, 14))).ratios[0][1])


def test_a_codebook_without_both_reproaches_has_no_ratio() -> None:
    data = report_data()
    kept = [frame for frame in data.frames if frame.id != "over_zealous"]
    assert lay_out(replace(data, frames=kept)).ratios == []


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-10", "“Inquiry reports (England)” fell in this week."),
        ("2026-11-02", "This week is the 1st after “Inquiry reports (England)”."),
        ("2026-10-12", "This week is the 4th after “Inquiry reports (England)”."),
        ("2026-06-01", ""),
    ],
)
def test_a_recent_event_is_told_as_before_the_week_and_never_as_its_cause(day: str, said: str) -> None:
    assert lay_out(report_data(events=[an_event("E", day, "Inquiry reports")])).after == said


def test_only_events_known_to_the_day_are_numbered_for_the_charts() -> None:
    events = [*EVENTS, an_event("E9", "2026-01-01", "Reform year", "year")]
    marks = lay_out(report_data(events=events)).events
    assert [(mark.number, mark.when) for mark in marks] == [
        (1, "18 Mar 2025"),
        (2, "4 Nov 2025"),
        (None, "2026"),
        (None, "Jun 2026"),
        (3, "10 Nov 2026"),
    ]


def test_sources_that_could_not_be_read_are_named_with_the_reason() -> None:
    ledger = source_ledger(
        [
            a_source("good"),
            a_source("mute", items=0),
            a_source("down", good=0),
            a_source("off", polls=0, good=0),
        ]
    )
    assert ledger.sentence == (
        "2 of 4 sources answered this week; 1 failed at every poll; 1 was not polled; 1 answered but carried "
        "nothing new."
    )
    assert ledger.troubled == [("down", "answered 503; last answered 2026-11-07"), ("off", "not polled")]
    assert ledger.caution.startswith("2 of 4 sources could not be read this week")


def test_a_report_from_imported_files_alone_warns_of_no_outage() -> None:
    ledger = source_ledger([])
    assert ledger.sentence == "No source was polled for this report; its items were imported."
    assert ledger.caution == ""


def test_our_own_words_claim_no_cause_and_speak_of_coverage_only(full_report: Report) -> None:
    text = full_report.files["2026-W46.txt"].decode().lower()
    for phrase in ("because", "due to", "caused", "the public", "public opinion", " led to "):
        assert phrase not in text


def test_every_frame_of_the_codebook_has_a_line(full_data: ReportData) -> None:
    assert [line.frame.id for line in lay_out(full_data).frames] == list(IDS)
