import re
from dataclasses import replace

import pytest

from monitor.findings import Comparison, Verdict
from monitor.report import wording
from monitor.report.anatomy import after_event, event_ticks, lay_out, plot_of
from monitor.report.checks import source_ledger
from monitor.report.data import Report, ReportData
from monitor.report.document import Part, Table
from monitor.report.opening import leading_change, sentences, subject
from monitor.report.stories import has_slur
from monitor.types import FeedHours, WeekCount
from tests.report.conftest import (
    EVENTS,
    FRAMES,
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


def with_week(n: int, hits: int = 0, labelled: int = 500, frame: str = "reform") -> ReportData:
    """A steady year before a week of n items, of which so many carry the frame."""
    before = [WeekCount(WEEK.plus(-back), "national", 500, 40, 0, 40, 0, {frame: 8}) for back in range(1, 60)]
    return report_data([*before, WeekCount(WEEK, "national", labelled, n, 0, n, 0, {frame: hits})])


def part(data: ReportData, id_: str) -> Part:
    return next(part for part in lay_out(data).parts if part.id == id_)


def table(data: ReportData, id_: str) -> Table:
    return next(block for block in part(data, id_).blocks if isinstance(block, Table))


def test_the_subject_has_the_number_its_range_and_a_verdict(full_data: ReportData) -> None:
    assert re.fullmatch(
        r"Failure framing \d+% \(\d+–\d+\), up · Social work in the news, 2026-W46", subject(full_data)
    )
    assert subject(with_week(40, 8)) == (
        "Failure framing 0% (0–9), as usual · Social work in the news, 2026-W46"
    )


def test_a_subject_of_few_items_counts_them() -> None:
    data = with_week(9, 4, frame="incompetent")
    assert subject(data).startswith("Failure framing 4 of 9 (1–7), ")


def test_three_sentences_say_what_moved_against_what_and_how_sure(full_data: ReportData) -> None:
    moved, against, sure = sentences(full_data)
    assert re.fullmatch(
        r"Failure framing was in \d+% of 65 items of coverage about social work this week "
        r"\(95% interval \d+–\d+%\), which is beyond the usual\.",
        moved,
    )
    assert re.fullmatch(
        r"The 12 weeks before had it in \d+% of [\d,]+ items, and the middle half of the last 52 weeks lies "
        r"at \d+–\d+%\.",
        against,
    )
    assert re.fullmatch(
        r"The difference is \+\d+ points \(95% interval \+\d+ to \+\d+\), which stands out among the 12 "
        r"frames compared; overstretch framing and authority framing may also differ; the model’s own errors "
        r"are not in these figures \(uncorrected\)\.",
        sure,
    )


def test_a_week_like_those_before_is_told_as_no_change_beyond_the_usual() -> None:
    said = sentences(with_week(40, 8, frame="incompetent"))
    assert said[0].startswith("No change beyond the usual: failure framing was in 20% of 40 items")
    assert "within what chance alone does" in said[2]


def test_a_core_frame_that_moved_leads_before_any_other() -> None:
    counts = [
        WeekCount(WEEK.plus(-back), "national", 900, 40, 0, 40, 0, {"positive": 4, "reform": 4})
        for back in range(1, 60)
    ]
    now = WeekCount(WEEK, "national", 900, 40, 0, 40, 0, {"positive": 18, "reform": 36})
    data = report_data([*counts, now])
    moved = leading_change(data)
    assert moved is not None
    assert moved.frame == "positive"
    assert "reform framing may also differ" in sentences(data)[2]


def test_a_fall_is_told_as_one() -> None:
    assert ", down ·" in subject(with_week(90, hits=0))
    assert "−20 points" in sentences(with_week(90, hits=0))[2]


def test_a_week_without_relevant_items_says_so_and_gives_no_share() -> None:
    data = with_week(0)
    assert sentences(data) == ["No item of coverage about social work was found this week."]
    assert {row[1] for row in table(data, "frames").rows} == {"no items"}
    assert {row[6] for row in table(data, "frames").rows} == {"not estimable: the week has no relevant item"}
    assert subject(data).startswith("No items about social work")


def test_a_week_that_was_not_read_is_not_told_as_one_without_coverage() -> None:
    assert sentences(report_data([]))[0].startswith("Nothing was read this week")


def test_a_first_week_has_nothing_to_be_compared_with() -> None:
    data = report_data(invented_counts(weeks=1))
    assert sentences(data)[1] == (
        "There is too little to compare it with: only 0 of the 12 weeks before have been read."
    )
    assert ", nothing to compare with ·" in subject(data)
    assert "No week before it has been read" in str(part(data, "volume"))


def test_few_items_are_told_as_counts_and_not_as_a_percentage() -> None:
    assert wording.share_figure(4, 9) == "4 of 9"
    assert wording.share_figure(9, 20) == "45%"
    assert wording.share_of(9, 20) == "45% of 20"
    assert wording.change_figure(a_comparison(n=9)) == "higher"
    assert wording.change_figure(a_comparison(n=9, difference=-0.1)) == "lower"
    assert wording.change_figure(a_comparison(n=9, difference=0.0)) == "the same"
    assert wording.change_interval(a_comparison(n=9)) == ""
    assert wording.change_interval(a_comparison()) == "+3 to +27"


def test_no_percentage_stands_anywhere_for_a_week_of_fewer_than_20_items() -> None:
    data = with_week(19, 6, frame="incompetent")
    strip = part(data, "figures").blocks[0]
    assert strip.kind == "strip"
    said = [subject(data), sentences(data)[0], *(one.figure + one.interval for one in strip.figures)]
    assert [one for one in said if "%" in one.replace("95% interval", "")] == []
    assert [row[1] for row in table(data, "frames").rows if "%" in row[1]] == []


def test_what_cannot_be_estimated_gives_the_reason_and_no_number() -> None:
    comparison = a_comparison(n=0, difference=None, verdict="not_estimable", reason="the week has no items")
    assert wording.change_figure(comparison) == ""
    assert wording.verdict(comparison) == "not estimable: the week has no items"


def test_a_corrected_share_is_told_as_it_is_corrected_and_never_as_hits_of_n() -> None:
    point = replace(report_data().findings.shares[-1], n=100, hits=30, share=0.25, low=0.17, high=0.34,
                    corrected=True)  # fmt: skip
    assert wording.point_range_of(point) == "25% (17–34) of 100"
    assert wording.correction([point]) == "corrected"


def test_volume_stands_beside_its_median_and_range() -> None:
    assert (
        "41 items about social work, of 500 read. The 12 weeks before had a median of 40 (range 40)."
        in str(part(with_week(41), "volume"))
    )
    partly = report_data(invented_counts(weeks=8))
    assert "7 of the 12 weeks before had a median of" in str(part(partly, "volume"))


def test_the_two_reproaches_have_a_ratio_only_where_there_are_items_enough(full_data: ReportData) -> None:
    assert re.search(r"Failure framing in \d+ items, over-reach framing in \d+, \d\.\d to 1\.",
                     str(part(full_data, "frames")))  # fmt: skip
    assert "to 1" not in str(part(report_data(invented_counts(60, 14)), "frames"))


def test_a_codebook_without_both_reproaches_has_no_ratio() -> None:
    data = report_data()
    kept = [frame for frame in data.frames if frame.id != "over_zealous"]
    assert "Failure framing in" not in str(part(replace(data, frames=kept), "frames"))


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
    assert after_event(report_data(events=[an_event("E", day, "Inquiry reports")])) == said


def test_only_events_known_to_the_day_are_numbered_for_the_charts() -> None:
    data = report_data(events=[*EVENTS, an_event("E9", "2026-01-01", "Reform year", "year")])
    ticks = event_ticks(data, plot_of(data).first)
    assert [(tick.number, str(tick.day)) for tick in ticks] == [(1, "2026-11-10")]
    vague = part(data, "events").blocks[0]
    assert vague.kind == "lines"
    assert vague.items == ["2026: Reform year (England)", "Jun 2026: Saltby inquiry opens (England)"]


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
        "2 of 4 sources answered; 1 failed at every poll; 1 was not polled; 1 answered but carried nothing "
        "new."
    )
    assert ledger.troubled == [("down", "answered 503; last answered 2026-11-07"), ("off", "not polled")]
    assert ledger.caution.startswith("2 of 4 sources could not be read")


def test_a_report_from_imported_files_alone_warns_of_no_outage() -> None:
    data = report_data(sources=[a_source("later", polls=0, good=0)])
    assert "No source was polled for this report; its items were imported." in str(part(data, "checks"))
    assert lay_out(data).notices == []


def test_under_half_of_the_feed_hours_there_is_no_report_and_it_says_why() -> None:
    data = report_data(observed=FeedHours(2000, 6720))
    document = lay_out(data)
    assert document.subject.startswith("No report this week: too little was read")
    assert document.sentences[0] == "No report this week."
    assert "2,000 of 6,720 feed-hours were observed (30%)" in document.sentences[1]
    assert "Not read: marlow-courier." in document.sentences[1]
    assert [part.id for part in document.parts] == ["checks", "contest"]


def test_half_of_the_feed_hours_are_enough_for_a_report() -> None:
    document = lay_out(report_data(observed=FeedHours(3360, 6720)))
    assert document.subject.startswith("Failure framing")
    assert "Feed-hours observed: 3,360 of 6,720 (50%)." in str(document)


def test_our_own_words_claim_no_cause_and_speak_of_coverage_only(full_report: Report) -> None:
    text = full_report.files["2026-W46.txt"].decode().lower()
    for phrase in ("because", "due to", "caused", "the public", "public opinion", " led to ", "thanks to"):
        assert phrase not in text
    assert "coverage" in text


def test_our_own_words_hold_no_slur_though_names_of_the_codebook_quote_some() -> None:
    data = report_data(stories=())
    document = lay_out(data)
    own = [part for part in document.parts if part.id != "method"]
    assert not has_slur(f"{document.subject} {document.sentences} {own}")
    assert any(has_slur(frame.name) for frame in FRAMES)


def test_a_frame_that_users_added_keeps_its_name() -> None:
    frame = replace(FRAMES[0], id="dawn_raids", name="Dawn raids")
    assert (wording.short_name(frame), wording.framing(frame)) == ("Dawn raids", "“Dawn raids” framing")


def test_every_frame_of_the_codebook_has_a_line(full_data: ReportData) -> None:
    assert len(table(full_data, "frames").rows) == len(IDS)
    glossary = next(b for b in part(full_data, "method").blocks if isinstance(b, Table))
    assert [row[0] for row in glossary.rows] == [wording.short_name(frame) for frame in FRAMES]


def test_a_report_says_how_to_contest_a_label_and_how_to_leave() -> None:
    said = str(part(replace(report_data(), contact="desk@example.org"), "contest"))
    assert "Write to desk@example.org with the link of the story and the frame." in said
    assert "unsubscribe" in said
