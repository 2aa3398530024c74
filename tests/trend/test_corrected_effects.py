"""Differences after an event, corrected by codes of both sides of it."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from monitor.clock import Week
from monitor.findings import EventStudy
from monitor.trend.corrected_effects import NO_CODES, CorrectedEffect, correct_effects
from monitor.trend.events import study_event
from monitor.trend.weekly import week_series
from monitor.types import CodedUnit, Event, WeekCount
from tests.trend.coded import FRAME, a_unit

FIRST_WEEK, WEEKS, PLACE = Week(2006, 1), 312, 200
WEEK = FIRST_WEEK.plus(PLACE)
LAST = FIRST_WEEK.plus(WEEKS - 1)
EVENT = Event("T1", WEEK.monday().isoformat(), "day", "Trial", "UK", "trial", (), verified=True)


@pytest.fixture(scope="module")
def counts() -> list[WeekCount]:
    """60 relevant items a week, of which the model says 20 % carry the frame, and 35 % after the event."""
    random = np.random.default_rng(20261125)
    shares = np.where(np.arange(WEEKS) < PLACE, 0.2, 0.35)
    return [
        WeekCount(FIRST_WEEK.plus(week), "all", 90, 60, 0, 0, 0, {FRAME: int(random.binomial(60, share))})
        for week, share in enumerate(shares)
    ]


@pytest.fixture(scope="module")
def study(counts: list[WeekCount]) -> EventStudy:
    return study_event(EVENT, week_series(counts, [FRAME]), [FRAME])


def before(weeks: int = 10) -> Iterator[CodedUnit]:
    """Yield codes of base weeks in which the model is right about every item."""
    for ago in range(3, 3 + weeks):
        yield from codes(WEEK.plus(-ago), said=12, right=12)


def after(*weeks: int) -> Iterator[CodedUnit]:
    """Yield codes of weeks after the event, in which 9 of 21 items are flagged wrongly."""
    for week in weeks:
        yield from codes(WEEK.plus(week), said=21, right=12)


def codes(week: Week, *, said: int, right: int) -> Iterator[CodedUnit]:
    yield from (a_unit(True, number < right, week, inclusion=1) for number in range(said))
    yield from (a_unit(False, False, week, inclusion=1) for _ in range(60 - said))
    yield from (a_unit(None, None, week, inclusion=1) for _ in range(30))


def corrected(
    study: EventStudy, counts: list[WeekCount], units: Iterator[CodedUnit] | list[CodedUnit], window: str
) -> CorrectedEffect:
    found = correct_effects(study, counts, list(units), LAST)
    return next(one for one in found if one.window == window)


def test_a_rise_that_is_the_models_own_error_is_gone_after_correction(
    study: EventStudy, counts: list[WeekCount]
) -> None:
    found = corrected(study, counts, [*before(), *after(0, 1, 2, 3)], "0-3")

    assert study.effects[0].verdict == "higher"
    assert study.effects[0].points == pytest.approx(0.15, abs=0.05)
    assert (found.base_share, found.share) == pytest.approx((0.2, 0.2), abs=0.02)
    assert found.points is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high < 0.15
    assert found.low < found.points < found.high
    assert (found.n_codes, found.base_codes, found.pool_weeks, found.method) == (360, 900, 4, "ppi")


def test_codes_of_before_are_never_used_for_the_weeks_after(
    study: EventStudy, counts: list[WeekCount]
) -> None:
    found = corrected(study, counts, before(50), "0-3")

    assert (found.points, found.reason) == (None, "weeks 0-3: no codes by people")


def test_codes_of_after_are_never_used_for_the_base(study: EventStudy, counts: list[WeekCount]) -> None:
    found = corrected(study, counts, after(0, 1, 2, 3), "0-3")

    assert (found.points, found.reason) == (None, "the base: no codes by people")


def test_later_weeks_may_use_codes_since_the_event_but_the_first_weeks_none_of_later(
    study: EventStudy, counts: list[WeekCount]
) -> None:
    early, late = [*before(), *after(0, 1, 2, 3)], [*before(), *after(4, 5, 6, 7)]

    assert corrected(study, counts, early, "4-25").points is not None
    assert corrected(study, counts, late, "4-25").points is not None
    assert corrected(study, counts, late, "0-3").points is None


def test_fewer_codes_make_the_interval_wider(study: EventStudy, counts: list[WeekCount]) -> None:
    def width(units: list[CodedUnit]) -> float:
        found = corrected(study, counts, units, "0-3")
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert width([*before(10), *after(0, 1)]) > 1.2 * width([*before(50), *after(0, 1, 2, 3)])


def test_the_interval_holds_what_ordinary_weeks_vary_by(study: EventStudy, counts: list[WeekCount]) -> None:
    def width(between: float | None) -> float:
        effects = [replace(one, test=replace(one.test, between=between)) for one in study.effects if one.test]
        restless = replace(study, effects=effects)
        found = corrected(restless, counts, [*before(), *after(0, 1, 2, 3)], "0-3")
        return (found.high or 0) - (found.low or 0)

    assert width(0.0) < width(0.5) < width(1.0) < width(None) == 2


def test_without_codes_each_estimated_effect_says_so(study: EventStudy, counts: list[WeekCount]) -> None:
    found = correct_effects(study, counts, [], LAST)

    assert [(one.frame, one.window, one.points, one.reason) for one in found] == [
        (FRAME, "0-3", None, NO_CODES),
        (FRAME, "4-25", None, NO_CODES),
    ]


def test_an_event_that_is_not_estimable_has_nothing_to_correct(counts: list[WeekCount]) -> None:
    unsure = study_event(replace(EVENT, verified=False), week_series(counts, [FRAME]), [FRAME])

    assert correct_effects(unsure, counts, [*before()], LAST) == []


def test_weeks_that_have_not_come_are_no_part_of_the_window(counts: list[WeekCount]) -> None:
    last = WEEK.plus(22)
    known = [count for count in counts if count.week <= last]
    study = study_event(EVENT, week_series(known, [FRAME]), [FRAME])
    found = correct_effects(study, known, [*before(), *after(0, 1, 2, 3)], last)

    assert [one.points is None for one in found] == [False, False]
