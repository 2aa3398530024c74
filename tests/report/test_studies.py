from dataclasses import replace

from monitor.clock import Week
from monitor.findings import EventStudy, FrameEffect, HalfLife, Neighbours, PlaceboResult, VolumeEffect
from monitor.report.anatomy import lay_out
from monitor.report.data import ReportData
from monitor.report.files import figure_table
from monitor.report.render import text_document
from monitor.report.studies import effect_points, effect_verdict, event_sentences, event_subject
from tests.report.conftest import an_event, report_data

EVENT = an_event("E7", "2026-09-01", "Saltby verdict")
TEST = PlaceboResult(p=0.01, placebos=80, rule="no event in base or window", detectable=1.8, p_adjusted=0.03)
EFFECT = FrameEffect("incompetent", "0-3", "confirmatory", 4, 160, 64, 52, 1000, 200, 2.7, 1.4, 4.8,
                     0.20, 0.08, 0.34, TEST, None, "higher")  # fmt: skip


def a_study(effect: FrameEffect = EFFECT, near: Neighbours | None = None, reason: str = "") -> EventStudy:
    volume = VolumeEffect(
        "0-3", None, 4, 160, 52, 1000, ratio=2.1, low=1.6, high=2.9, test=TEST, verdict="higher"
    )
    return EventStudy(
        EVENT,
        Week(2026, 36),
        (Week(2025, 35), Week(2026, 34)),
        near or Neighbours(),
        [] if reason else [effect],
        {} if reason else {"incompetent": HalfLife("incompetent", 6.2, 3.0, None)},
        [] if reason else [volume],
        reason,
    )


def event_data(study: EventStudy) -> ReportData:
    return replace(report_data(), kind="event", event=EVENT, first=Week(2026, 36), studies=[study])


def test_a_running_study_stands_in_the_weekly_report_with_n_interval_and_adjusted_p() -> None:
    text = " ".join(text_document(lay_out(replace(report_data(), studies=[a_study()]))).split())
    assert "EVENT STUDIES THAT RUN" in text
    assert "After 1 Sep 2026: 4 of the first 4 weeks are read." in text
    assert "40% of 160" in text
    assert "20% of 1,000" in text
    assert "+20 points (+8 to +34)" in text
    assert "higher, p 0.03" in text


def test_a_study_that_cannot_be_estimated_says_why_and_gives_no_number() -> None:
    text = text_document(lay_out(replace(report_data(), studies=[a_study(reason="too few weeks before it")])))
    assert "Not estimable: too few weeks before it." in " ".join(text.split())


def test_the_report_of_an_event_opens_with_what_came_after_it_its_range_and_a_verdict() -> None:
    data = event_data(a_study())
    assert event_subject(a_study(), data) == (
        "After “Saltby verdict”: failure framing +20 points (+8 to +34), higher · "
        "Social work in the news, event-E7"
    )
    assert event_sentences(a_study(), data)[0] == (
        "In the first 4 weeks after “Saltby verdict” (1 Sep 2026), failure framing was in 40% of 160 items "
        "of coverage about social work, +20 points (95% interval +8 to +34), beyond the usual."
    )
    document = lay_out(data)
    assert document.name == "event-E7"
    assert [part.id for part in document.parts][:3] == ["event", "effects", "shares"]


def test_an_event_without_a_clear_change_is_told_so() -> None:
    quiet = replace(EFFECT, verdict="no_clear_change")
    assert (
        "no change beyond the usual was found"
        in event_sentences(a_study(quiet), event_data(a_study(quiet)))[0]
    )


def test_an_events_report_names_the_events_that_it_cannot_be_told_apart_from() -> None:
    other = an_event("E8", "2026-09-08", "Marlow report")
    text = text_document(lay_out(event_data(a_study(near=Neighbours(cluster=(other,))))))
    assert "cannot be told apart from what fell into the same weeks: Marlow report" in " ".join(text.split())


def test_an_effect_of_few_items_is_a_direction_and_not_a_number() -> None:
    assert effect_points(replace(EFFECT, n=12, hits=5)) == "higher"
    assert effect_points(replace(EFFECT, verdict="not_estimable")) == "–"
    assert effect_verdict(replace(EFFECT, test=replace(TEST, p_adjusted=0.001))) == "higher, p < 0.01"


def test_a_half_life_without_upper_limit_says_so() -> None:
    text = " ".join(text_document(lay_out(event_data(a_study()))).split())
    assert "Half-life, failure framing: 6.2 weeks (95% interval 3 to no upper limit)." in text


def test_every_figure_of_a_study_stands_in_the_table_of_figures() -> None:
    rows = figure_table(replace(report_data(), studies=[a_study()])).splitlines()
    assert any(
        row.startswith('event,E7,incompetent,"points, weeks 0-3",0.200000,0.080000,0.340000,160,64,')
        for row in rows
    )
    assert any(row.startswith("event,E7,incompetent,half-life in weeks,6.200000,3.000000,,") for row in rows)
    assert any(
        row.startswith('event,E7,,"volume ratio, weeks 0-3",2.100000,1.600000,2.900000,160,') for row in rows
    )
