"""A week that breaks out of the year before is told, and what cannot be compared says why."""

import numpy as np
import pytest

from monitor.findings import Outbreak
from monitor.trend.outbreaks import THRESHOLD, VOLUME, check_outbreaks, robust_scale
from monitor.types import WeekCount
from tests.trend.conftest import FRAMES, WEEK, a_count

FEW_WEEKS = "only 25 of the 52 weeks before can be used; 26 are needed"


def a_year(relevant: int = 30, hits: int = 5, weeks: int = 52) -> list[WeekCount]:
    """Weeks before WEEK that vary a little."""
    return [
        a_count(WEEK.plus(-n), relevant + n % 5 - 2, {"incompetent": hits + n % 3 - 1})
        for n in range(1, weeks + 1)
    ]


def checked(now: WeekCount, base: list[WeekCount] | None = None) -> dict[str, Outbreak]:
    checks = check_outbreaks([*(a_year() if base is None else base), now], FRAMES, WEEK)
    assert [check.about for check in checks] == [VOLUME, *FRAMES]
    return {check.about: check for check in checks}


def test_coverage_many_times_that_of_the_year_is_an_outbreak_of_volume() -> None:
    found = checked(a_count(WEEK, 300, {"incompetent": 50}))
    volume, share = found[VOLUME], found["incompetent"]
    assert (volume.verdict, volume.value, volume.median, volume.weeks) == ("outbreak", 300.0, 30.0, 52)
    assert share.verdict == "usual"


def test_a_share_far_above_the_year_is_an_outbreak_of_its_frame_alone() -> None:
    found = checked(a_count(WEEK, 30, {"incompetent": 22}))
    assert {name: one.verdict for name, one in found.items()} == {
        VOLUME: "usual", "incompetent": "outbreak", "over_zealous": "usual", "positive": "usual",
    }  # fmt: skip
    assert found["incompetent"].value == 22 / 30
    assert found["incompetent"].n == 30


def test_a_quiet_week_is_no_outbreak() -> None:
    volume = checked(a_count(WEEK, 0, labelled=90))[VOLUME]
    assert volume.verdict == "usual"
    assert volume.z is not None
    assert volume.z < -THRESHOLD


def test_the_next_outbreak_is_seen_after_one_that_lasted_for_weeks() -> None:
    base = a_year()
    for place in range(10):
        base[place] = a_count(base[place].week, 400, {"incompetent": 70})
    assert checked(a_count(WEEK, 400), base)[VOLUME].verdict == "outbreak"


def test_one_item_after_a_year_of_none_is_no_outbreak_but_seven_are() -> None:
    silence = [a_count(WEEK.plus(-n), 0, labelled=50) for n in range(1, 53)]
    assert checked(a_count(WEEK, 1), silence)[VOLUME].verdict == "usual"
    assert checked(a_count(WEEK, 7), silence)[VOLUME].verdict == "outbreak"


@pytest.mark.parametrize(
    ("now", "base", "about", "reason"),
    [
        (a_count(WEEK, 0, labelled=0), a_year(), VOLUME, "nothing of the week has been read"),
        (a_count(WEEK, 30), a_year(weeks=25), VOLUME, FEW_WEEKS),
        (a_count(WEEK, 4), a_year(), "incompetent", "the week has 4 relevant items; 5 are needed"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_not_estimable(
    now: WeekCount, base: list[WeekCount], about: str, reason: str
) -> None:
    found = checked(now, base)[about]
    assert (found.verdict, found.reason, found.z, found.median) == ("not_estimable", reason, None, None)


def test_weeks_that_were_not_read_are_no_quiet_weeks() -> None:
    unread = [a_count(WEEK.plus(-n), 0, labelled=0) for n in range(30, 53)]
    found = checked(a_count(WEEK, 30), a_year(weeks=29) + unread)
    assert (found[VOLUME].verdict, found[VOLUME].weeks) == ("usual", 29)


def test_a_week_without_any_count_is_not_estimable() -> None:
    assert {one.verdict for one in check_outbreaks(a_year(), FRAMES, WEEK)} == {"not_estimable"}


def test_unchanged_series_raise_less_than_one_alarm_a_year() -> None:
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(40):
        n = random.poisson(40 * np.exp(0.4 * random.standard_normal(104)))
        hits = random.binomial(n, 0.15)
        counts = [
            a_count(WEEK.plus(week - 103), int(n[week]), {"incompetent": int(hits[week])})
            for week in range(104)
        ]
        for week in range(52, 104):
            checks = check_outbreaks(counts[week - 52 : week + 1], ["incompetent"], counts[week].week)
            alarms += sum(check.verdict == "outbreak" for check in checks)
    assert alarms <= 20


def test_a_scale_is_that_of_a_normal_sample_and_one_value_does_not_move_it() -> None:
    values = np.random.default_rng(2).normal(5, 2, 2001).tolist()
    middle, scale = robust_scale(values)
    assert middle == pytest.approx(5, abs=0.15)
    assert scale == pytest.approx(2, abs=0.15)
    assert robust_scale([*values, 1e9])[1] == pytest.approx(scale, abs=0.01)


def test_the_first_story_of_a_week_is_no_outbreak_where_stories_fill_several_items() -> None:
    # Weeks of twelve stories of five items, of which one, two or three carry the frame.
    base = [a_count(WEEK.plus(-n), 60, {"incompetent": 5 + 5 * (n % 3)}) for n in range(1, 53)]
    assert checked(a_count(WEEK, 5, {"incompetent": 5}), base)["incompetent"].verdict == "usual"
    assert checked(a_count(WEEK, 60, {"incompetent": 50}), base)["incompetent"].verdict == "outbreak"


def test_what_one_week_in_six_has_is_no_outbreak_in_a_small_series_whose_median_week_has_nothing() -> None:
    base = [a_count(WEEK.plus(-n), 10, {"incompetent": 6 if n % 6 == 0 else 0}) for n in range(1, 53)]
    assert checked(a_count(WEEK, 10, {"incompetent": 6}), base)["incompetent"].verdict == "usual"
    rare = [a_count(WEEK.plus(-n), 10, {"incompetent": 0}) for n in range(1, 53)]
    assert checked(a_count(WEEK, 10, {"incompetent": 9}), rare)["incompetent"].verdict == "outbreak"
