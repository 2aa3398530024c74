"""Studies of events in made series: 12 years of weeks, the event in the seventh."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.clock import Week
from monitor.config.events import shipped_events
from monitor.findings import EventStudy, FrameEffect
from monitor.trend.events import holm, study_event
from monitor.trend.neighbours import find_neighbours
from monitor.trend.weekly import WeekSeries, week_series
from monitor.types import Event, WeekCount
from tests.trend.conftest import FRAMES, a_count

FIRST_WEEK = Week(2004, 1)
WEEKS, PLACE = 624, 320
OTHER = "secretive"
BASE_SHARE = 0.2


def an_event(place: int = PLACE, key: str = "X1", **changes: object) -> Event:
    day = FIRST_WEEK.plus(place).monday() + timedelta(days=1)
    event = Event(key, day.isoformat(), "day", "An event", "England", "verdict", (), verified=True)
    return replace(event, **changes)  # type: ignore[arg-type]


def a_series(
    ratios: Mapping[str, float] | None = None,
    *,
    frames: Sequence[str] = (*FRAMES, OTHER),
    mean: float = 40,
    surge: float = 1,
    share: float = BASE_SHARE,
    half_life: float = 4,
) -> WeekSeries:
    """Return ordinary weeks; after the event each frame's odds are ``ratios`` times higher, then less so."""
    random = np.random.default_rng(20261125)
    ages = np.arange(WEEKS) - PLACE
    fading = np.where(ages >= 0, np.exp2(-ages / half_life), 0.0)
    n = random.poisson(mean * (1 + (surge - 1) * fading))
    rows = []
    for frame in frames:
        odds = np.log(share / (1 - share)) + np.log((ratios or {}).get(frame, 1)) * fading
        odds = odds + random.normal(0, 0.2, WEEKS)
        rows.append(random.binomial(n, 1 / (1 + np.exp(-odds))))
    return WeekSeries(
        FIRST_WEEK, tuple(frames), np.ones(WEEKS, bool), n.astype(float), np.array(rows, dtype=float)
    )


def without(series: WeekSeries, first: int, last: int) -> WeekSeries:
    """Return the series as if nothing had been collected from one place to another, both included."""
    read, relevant, hits = series.read.copy(), series.relevant.copy(), series.hits.copy()
    read[first : last + 1], relevant[first : last + 1], hits[:, first : last + 1] = False, 0, 0
    return replace(series, read=read, relevant=relevant, hits=hits)


def effect(study: EventStudy, frame: str, window: str = "0-3") -> FrameEffect:
    (found,) = [one for one in study.effects if (one.frame, one.window) == (frame, window)]
    return found


def test_a_large_effect_is_found_with_its_size_interval_and_half_life() -> None:
    study = study_event(an_event(), a_series({"incompetent": 8}), FRAMES, [an_event()])
    found = effect(study, "incompetent")
    assert found.test is not None
    assert (found.verdict, found.family) == ("higher", "confirmatory")
    assert found.test.p_adjusted is not None
    assert found.test.p_adjusted <= 0.05
    assert found.odds_ratio is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < 8 ** (1.84 / 2.38) < found.high  # the mean of the log-odds over weeks 0 to 3
    assert found.points is not None
    assert found.points == pytest.approx(found.hits / found.n - found.base_hits / found.base_n)
    half = study.half_lives["incompetent"]
    assert half.weeks == pytest.approx(4, rel=0.4)


def test_frames_without_effect_show_no_clear_change_and_no_half_life() -> None:
    study = study_event(an_event(), a_series({"incompetent": 8}), FRAMES, [an_event()])
    for frame in ("over_zealous", "positive"):
        assert effect(study, frame).verdict == "no_clear_change"
        half = study.half_lives[frame]
        assert (half.weeks, half.reason) == (None, "the effect in weeks 0-3 may be none")


def test_a_frame_that_shrinks_is_lower() -> None:
    found = effect(study_event(an_event(), a_series({"positive": 1 / 8}), FRAMES), "positive")
    assert found.verdict == "lower"
    assert found.points is not None
    assert found.points < 0


def test_the_base_is_the_year_that_ends_two_weeks_before_and_the_week_between_is_blank() -> None:
    series = a_series()
    study = study_event(an_event(), series, FRAMES)
    first, later = effect(study, "positive"), effect(study, "positive", "4-25")
    assert study.base == (FIRST_WEEK.plus(PLACE - 53), FIRST_WEEK.plus(PLACE - 2))
    assert first.base_n == series.relevant[PLACE - 53 : PLACE - 1].sum()
    assert first.base_hits == series.hits[2, PLACE - 53 : PLACE - 1].sum()
    assert (first.n, later.n) == (
        series.relevant[PLACE : PLACE + 4].sum(),
        series.relevant[PLACE + 4 : PLACE + 26].sum(),
    )
    assert (first.base_weeks, first.weeks, later.weeks) == (52, 4, 22)


def test_only_the_core_frames_in_the_first_weeks_are_confirmatory() -> None:
    study = study_event(an_event(), a_series(), (*FRAMES, OTHER))
    sure = [(one.frame, one.window) for one in study.effects if one.family == "confirmatory"]
    assert sure == [(frame, "0-3") for frame in FRAMES]
    assert len(study.effects) == 8


def test_holm_counts_three_tests_even_where_one_frame_cannot_be_estimated() -> None:
    series = a_series({"incompetent": 8}, frames=FRAMES[:2])
    found = effect(study_event(an_event(), series, FRAMES), "incompetent")
    assert found.test is not None
    assert found.test.p_adjusted == pytest.approx(3 * found.test.p)


def test_the_adjusted_p_values_are_those_of_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03], 3) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.02], 3) == pytest.approx([0.06])
    assert holm([0.5, 0.9, 0.6], 3) == [1, 1, 1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_holm_never_lowers_a_p_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values, 3)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    pairs = sorted(zip(p_values, adjusted, strict=True))
    assert [q for _, q in pairs] == sorted(q for _, q in pairs)


def test_an_exploratory_effect_alone_at_5_percent_is_only_maybe() -> None:
    frames = [f"other_{number}" for number in range(24)]
    study = study_event(an_event(), a_series(frames=(*FRAMES, *frames)), (*FRAMES, *frames))
    small = [one for one in study.effects if one.test and one.test.p <= 0.05 and one.family == "exploratory"]
    assert small
    assert {one.verdict for one in small} <= {"maybe_higher", "maybe_lower"}
    assert all(one.low is not None and not one.low <= 1 <= (one.high or np.inf) for one in small)


def test_volume_stands_apart_from_shares() -> None:
    study = study_event(an_event(), a_series(surge=10), FRAMES)
    volume = study.volumes[0]
    assert (volume.window, volume.control, volume.verdict) == ("0-3", None, "higher")
    assert volume.ratio is not None
    assert 5 < volume.ratio < 10
    assert volume.n == effect(study, "positive").n
    assert {effect(study, frame).verdict for frame in FRAMES} == {"no_clear_change"}


def mentions(series: WeekSeries, factor: float, surge: float = 1) -> dict[Week, int]:
    random = np.random.default_rng(int(factor * 10))
    ages = np.arange(WEEKS) - PLACE
    expected = factor * 40 * np.where((ages >= 0) & (ages < 4), surge, 1.0)
    return {FIRST_WEEK.plus(week): int(count) for week, count in enumerate(random.poisson(expected))}


def test_social_work_is_held_against_each_control_profession() -> None:
    series = a_series()
    controls = {
        "social_work": mentions(series, 1.0, surge=4),
        "teachers": mentions(series, 1.5),
        "police": mentions(series, 3.0, surge=4),
    }
    study = study_event(an_event(), series, FRAMES, controls=controls)
    found = {one.control: one for one in study.volumes if one.control}
    assert found["teachers"].verdict == "higher"
    assert found["teachers"].ratio == pytest.approx(4, rel=0.2)
    assert found["police"].verdict == "no_clear_change"
    assert found["police"].ratio == pytest.approx(1, rel=0.2)
    assert found["police"].control_n == sum(
        controls["police"][FIRST_WEEK.plus(PLACE + week)] for week in range(4)
    )


def test_a_week_in_which_a_control_was_not_counted_is_left_out_of_both() -> None:
    series = a_series()
    controls = {"social_work": mentions(series, 1.0), "police": mentions(series, 3.0)}
    del controls["police"][FIRST_WEEK.plus(PLACE + 1)]
    study = study_event(an_event(), series, FRAMES, controls=controls)
    (police,) = [one for one in study.volumes if one.control == "police"]
    kept = [controls["social_work"][FIRST_WEEK.plus(PLACE + week)] for week in (0, 2, 3)]
    assert (police.weeks, police.n) == (3, sum(kept))


def test_controls_without_social_work_itself_are_not_compared() -> None:
    study = study_event(an_event(), a_series(), FRAMES, controls={"police": {FIRST_WEEK: 3}})
    assert all(one.control is None for one in study.volumes)


def test_a_control_that_is_hardly_named_is_not_estimable() -> None:
    series = a_series()
    controls = {"social_work": mentions(series, 1.0), "nurses": mentions(series, 0.02)}
    study = study_event(an_event(), series, FRAMES, controls=controls)
    (nurses,) = [one for one in study.volumes if one.control == "nurses"]
    assert (nurses.ratio, nurses.verdict) == (None, "not_estimable")
    assert nurses.reason.endswith("in the base; 50 are needed")


def test_a_second_opinion_stands_beside_every_effect_and_agrees_on_a_large_one() -> None:
    study = study_event(an_event(), a_series({"incompetent": 8}), FRAMES)
    for one in study.effects:
        assert one.second is not None
        assert one.odds_ratio is not None
        assert one.second.odds_ratio == pytest.approx(one.odds_ratio, rel=0.05)
    second = effect(study, "incompetent").second
    assert second is not None
    assert second.agrees


def test_where_the_two_differ_the_study_says_so() -> None:
    series = a_series({"incompetent": 2.2}, half_life=1e6)
    for place in range(40, 600, 20):  # as many weeks with the same leap make it an ordinary one
        if abs(place - PLACE) > 60:
            series.hits[0, place : place + 4] = np.round(series.relevant[place : place + 4] * 0.5)
    found = effect(study_event(an_event(), series, FRAMES), "incompetent")
    assert found.test is not None
    assert found.second is not None
    assert found.second.p is not None
    assert found.test.p > 0.05 >= found.second.p
    assert found.second.agrees is False


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (an_event(precision="month"), "the day of X1 is not known, only its month"),
        (an_event(precision="year"), "the day of X1 is not known, only its year"),
        (an_event(verified=False), f"the day of X1, {an_event().date}, is not verified"),
        (an_event(-30), f"{FIRST_WEEK.plus(-30)} lies before the data begin, in {FIRST_WEEK}"),
        (
            an_event(WEEKS + 3),
            f"{FIRST_WEEK.plus(WEEKS + 3)} lies after the last whole week that was read, "
            f"{FIRST_WEEK.plus(WEEKS - 1)}",
        ),
        (an_event(20), "only 19 of the 52 base weeks were read; 26 are needed"),
        (an_event(WEEKS - 2), "only 2 of weeks 0-3 were read; 3 are needed"),
    ],
)
def test_an_event_that_cannot_be_placed_is_not_estimable_and_says_why(event: Event, reason: str) -> None:
    study = study_event(event, a_series(), FRAMES)
    assert (study.estimated, study.reason) == (False, reason)
    assert_no_number(study)


def assert_no_number(study: EventStudy) -> None:
    for one in study.effects:
        assert (one.odds_ratio, one.low, one.high, one.points, one.test, one.second) == (None,) * 6
        assert (one.verdict, bool(one.reason)) == ("not_estimable", True)
    assert all(volume.ratio is None for volume in study.volumes)
    assert all(half.weeks is None and half.reason for half in study.half_lives.values())


def test_without_any_week_nothing_is_estimable() -> None:
    study = study_event(an_event(), week_series([], FRAMES), FRAMES)
    assert (study.estimated, study.reason) == (False, "no week has been read; run: monitor label")
    assert_no_number(study)


def test_weeks_without_collection_are_missing_and_not_weeks_without_coverage() -> None:
    whole = study_event(an_event(), a_series(), FRAMES)
    gap = study_event(an_event(), without(a_series(), PLACE - 30, PLACE - 11), FRAMES)
    assert (whole.volumes[0].base_weeks, gap.volumes[0].base_weeks) == (52, 32)
    assert gap.volumes[0].ratio == pytest.approx(whole.volumes[0].ratio, rel=0.1)


def test_too_many_weeks_without_collection_leave_nothing_to_say() -> None:
    in_base = study_event(an_event(), without(a_series(), PLACE - 50, PLACE - 20), FRAMES)
    assert in_base.reason == "only 21 of the 52 base weeks were read; 26 are needed"
    in_window = study_event(an_event(), without(a_series(), PLACE, PLACE + 1), FRAMES)
    assert effect(in_window, "positive").reason == "only 2 of weeks 0-3 were read; 3 are needed"
    assert effect(in_window, "positive", "4-25").verdict == "no_clear_change"


def test_a_frame_that_the_model_does_not_know_is_not_estimable_and_the_others_are() -> None:
    study = study_event(an_event(), a_series(frames=FRAMES[:2]), FRAMES)
    missing = effect(study, "positive")
    assert missing.reason == "the model does not label positive"
    assert (missing.test, missing.hits) == (None, 0)
    assert effect(study, "incompetent").test is not None


def test_few_items_or_few_hits_are_not_estimable() -> None:
    thin = study_event(an_event(), a_series(mean=0.5), FRAMES)
    assert "relevant items in" in effect(thin, "positive").reason
    rare = study_event(an_event(), a_series(share=0.0001), FRAMES)
    assert effect(rare, "positive").reason.endswith("items carry the frame; 5 are needed")
    every = study_event(an_event(), a_series(share=0.9999), FRAMES)
    assert effect(every, "positive").reason.endswith("items do not carry the frame; 5 are needed")


def test_a_short_series_has_too_few_placebo_weeks() -> None:
    series = without(without(a_series(), 0, PLACE - 70), PLACE + 26, WEEKS - 1)
    found = effect(study_event(an_event(), series, FRAMES), "positive")
    assert "usable placebo weeks; 60 are needed" in found.reason
    assert found.test is None


def test_the_four_events_of_late_2008_are_one_cluster() -> None:
    baby_p = next(event for event in shipped_events() if event.id == "E15")
    near = find_neighbours(baby_p, shipped_events())
    assert [event.id for event in near.cluster] == ["E16", "E17", "E18"]
    assert [event.id for event in near.later] == ["E19", "E20", "E21"]
    assert near.base == ()


def test_events_are_joined_through_one_another_and_a_year_places_nothing() -> None:
    events = [
        an_event(),
        an_event(PLACE + 3, "X2"),
        an_event(PLACE + 6, "X3"),
        an_event(PLACE + 1, "X4", precision="year"),
        an_event(PLACE - 20, "X5"),
        an_event(PLACE - 1, "X6"),
    ]
    near = find_neighbours(events[0], events)
    assert [event.id for event in near.cluster] == ["X6", "X2", "X3"]
    assert [event.id for event in near.base] == ["X5"]
    assert near.later == ()


def test_the_weeks_of_other_events_are_no_placebos() -> None:
    others = [an_event(place, f"Y{place}") for place in range(30, 600, 12)]
    alone = effect(study_event(an_event(), a_series(), FRAMES), "positive").test
    among = effect(study_event(an_event(), a_series(), FRAMES, others), "positive").test
    assert alone is not None
    assert among is not None
    assert 60 <= among.placebos < alone.placebos / 2


def test_counts_become_series_with_unread_weeks_left_out() -> None:
    counts: list[WeekCount] = [
        a_count(Week(2026, 10), 0, labelled=0),
        a_count(Week(2026, 11), 5, {"positive": 2}),
        a_count(Week(2026, 13), 7, {"incompetent": 3}),
    ]
    series = week_series(counts, FRAMES)
    assert (series.first, series.last) == (Week(2026, 11), Week(2026, 13))
    assert series.read.tolist() == [True, False, True]
    assert series.relevant.tolist() == [5, 0, 7]
    assert series.hits.tolist() == [[0, 0, 3], [0, 0, 0], [2, 0, 0]]


def test_the_53rd_week_of_a_year_is_a_place_of_its_own() -> None:
    series = week_series([a_count(Week(2026, 52), 1), a_count(Week(2027, 1), 1)], FRAMES)
    assert series.read.tolist() == [True, False, True]
    assert series.place(Week(2026, 53)) == 1
