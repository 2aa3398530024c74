from monitor.trend.week import REPORTED_WEEKS, find_week
from tests.trend.conftest import FRAMES, WEEK, a_count


def test_two_years_are_reported_of_a_longer_series() -> None:
    counts = [a_count(WEEK.plus(-back), 10, {"positive": 2}) for back in range(150)]
    found = find_week(counts, [], FRAMES, WEEK)
    assert found.first == WEEK.plus(1 - REPORTED_WEEKS)
    assert len(found.weekly_relevant) == REPORTED_WEEKS
    assert len(found.shares) == len(found.rolling) == REPORTED_WEEKS * len(FRAMES)


def test_a_short_series_begins_with_its_first_count() -> None:
    assert find_week([a_count(WEEK.plus(-3), 5)], [], FRAMES, WEEK).first == WEEK.plus(-3)


def test_later_weeks_do_not_reach_into_the_report_of_an_earlier_one() -> None:
    counts = [a_count(WEEK, 10), a_count(WEEK.plus(1), 90, negative=80)]
    assert find_week(counts, [], FRAMES, WEEK) == find_week(counts[:1], [], FRAMES, WEEK)


def test_recent_shares_pool_twelve_weeks_of_each_group() -> None:
    counts = [a_count(WEEK.plus(-back), 10, {"positive": 1}) for back in range(20)]
    tabloid = [a_count(WEEK.plus(-back), 2, {"positive": 1}, group="tabloid") for back in range(20)]
    recent = find_week(counts, tabloid, ["positive"], WEEK).recent
    assert [(p.group, p.n, p.hits) for p in recent] == [("all", 120, 12), ("tabloid", 24, 12)]


def test_a_store_without_any_count_gives_findings_without_figures() -> None:
    found = find_week([], [], FRAMES, WEEK)
    assert (found.first, found.shares, found.volume.relevant, found.tone.n) == (WEEK, [], 0, 0)
    assert {c.verdict for c in found.comparisons} == {"not_estimable"}


def test_a_week_without_a_count_was_not_read_and_an_empty_one_had_no_item() -> None:
    found = find_week([a_count(WEEK.plus(-3), 5), a_count(WEEK.plus(-1)), a_count(WEEK, 4)], [], FRAMES, WEEK)
    assert [items for _, items in found.weekly_relevant] == [5, None, 0, 4]
    assert found.read == {WEEK.plus(-3), WEEK.plus(-1), WEEK}
    assert found.volume.covered == 2
    assert [(week, tone.n) for week, tone in found.weekly_tone] == [
        (WEEK.plus(-3), 5),
        (WEEK.plus(-1), 0),
        (WEEK, 4),
    ]
