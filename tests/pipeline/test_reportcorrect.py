"""Shares of a report, corrected by what people coded."""

from monitor.pipeline.reportcorrect import coded_sample, corrected_findings, corrected_span
from monitor.trend.week import find_week
from monitor.types import WeekCount
from tests.trend.coded import FRAME, a_sample
from tests.trend.conftest import FRAMES, WEEK

COUNTS = [
    WeekCount(WEEK.plus(-back), "all", 180, 130, 40, 60, 30, {FRAME: 30 + back % 5}) for back in range(70)
]
BY_TYPE = [
    WeekCount(count.week, "national", 90, 65, 20, 30, 15, {FRAME: count.hits[FRAME] // 2}) for count in COUNTS
]
UNITS = [unit for back in range(0, 26, 2) for unit in a_sample(WEEK.plus(-back))]


def test_without_codes_the_findings_stay_as_they_are() -> None:
    findings = find_week(COUNTS, BY_TYPE, FRAMES, WEEK)
    assert corrected_findings(findings, COUNTS, BY_TYPE, coded_sample([], COUNTS)) is findings


def test_with_codes_weekly_pooled_and_recent_shares_are_corrected_each_in_its_place() -> None:
    plain = find_week(COUNTS, BY_TYPE, FRAMES, WEEK)
    found = corrected_findings(plain, COUNTS, BY_TYPE, coded_sample(UNITS, COUNTS))
    for before, after in (
        (plain.shares, found.shares),
        (plain.rolling, found.rolling),
        (plain.recent, found.recent),
    ):
        assert [(p.group, p.frame, p.week, p.n, p.hits) for p in before] == [
            (p.group, p.frame, p.week, p.n, p.hits) for p in after
        ]
        newest = next(p for p in after if (p.group, p.frame, p.week) == ("all", FRAME, WEEK))
        assert newest.corrected
        assert newest.share != newest.raw_share
        assert newest.n_codes > 0
    assert found.comparisons == plain.comparisons


def test_a_span_without_codes_is_the_share_of_the_labels() -> None:
    (point, *_) = corrected_span(COUNTS, (FRAME,), WEEK.plus(-3), WEEK, None)
    assert (point.week, point.n, point.corrected) == (WEEK, 520, False)
    assert point.share == point.hits / point.n
