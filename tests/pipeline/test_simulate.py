"""What `monitor simulate` plants is in the database that it makes, and can be found there again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from monitor.clock import Week
from monitor.config.events import shipped_events
from monitor.config.indicators import chosen_indicators
from monitor.config.load import Config, parse_config
from monitor.errors import StoreError, UsageError
from monitor.findings import NearbyEvent
from monitor.pipeline.breaks import breaks_json, check_week, find_outbreaks, nearness, search_breaks
from monitor.pipeline.indicators import correlate
from monitor.pipeline.label import active_model, labels_of
from monitor.pipeline.simulate import MODEL, Plan, Simulated, autoregression, effect_of_weeks, simulate
from monitor.pipeline.visibility import read_visibility
from monitor.store.codes import coded_units
from monitor.store.maintain import check
from monitor.store.open import Store, open_store
from monitor.store.rollups import weekly_counts
from monitor.trend.outbreaks import VOLUME
from monitor.types import StoredModel, WeekCount

SMALL = Plan(weeks=30, items_per_week=15, others_per_week=5)
EVER = Week(1900, 1), Week(2199, 1)
Made = tuple[Store, StoredModel, Simulated]
Make = Callable[[Plan], Made]


@contextmanager
def made_in(folder: Path, plan: Plan) -> Iterator[Made]:
    store = open_store(f"sqlite:///{folder / 'simulated.db'}", create=True)
    try:
        done = simulate(store, plan)
        yield store, labels_of(store, MODEL), done
    finally:
        store.close()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A lasting effect, classifier error, copies, missing weeks and codes; for tests that only read."""
    plan = Plan(
        weeks=105, items_per_week=20, others_per_week=5, effect=6, half_life=500, volume=4,
        sensitivity=0.8, specificity=0.9, missing_weeks=6, copies=0.2, codes=120, spread=0.1,
    )  # fmt: skip
    with made_in(tmp_path_factory.mktemp("planted"), plan) as made:
        yield made


@pytest.fixture
def config() -> Config:
    return parse_config("contact: editor@example.org\nsources: []\n", "feeds.yaml")


def counts(store: Store, model: StoredModel) -> list[WeekCount]:
    with store.reading() as session:
        return weekly_counts(session, model.id, *EVER)


def test_the_database_is_sound_and_its_model_is_in_use(planted: Made, config: Config) -> None:
    store, model, _ = planted
    assert check(store) == []
    assert active_model(store, config) == model.name == MODEL


def test_the_weekly_sums_are_those_of_the_truth_copies_counted_once(planted: Made) -> None:
    store, model, done = planted
    frame = done.plan.frame
    read = {count.week: (count.relevant, count.hits.get(frame, 0)) for count in counts(store, model)}
    told = {truth.week: (truth.items, truth.labelled_hits) for truth in done.weeks if not truth.missing}
    assert read == told
    assert done.copies > 0


def test_missing_weeks_hold_nothing_and_are_never_that_of_the_effect(planted: Made) -> None:
    store, model, done = planted
    missing = {truth.week for truth in done.weeks if truth.missing}
    assert len(missing) == 6
    assert Week.of_date(done.plan.at) not in missing
    assert missing.isdisjoint(count.week for count in counts(store, model))


def test_the_model_errs_as_often_as_was_asked_for(planted: Made) -> None:
    _, _, done = planted
    items, hits = sum(t.items for t in done.weeks), sum(t.hits for t in done.weeks)
    labelled = sum(t.labelled_hits for t in done.weeks)
    assert labelled / items == pytest.approx((0.8 * hits + 0.1 * (items - hits)) / items, abs=0.02)


def test_people_have_coded_a_random_sample_without_error(planted: Made) -> None:
    store, model, done = planted
    with store.reading() as session:
        units = coded_units(session, model.id, *EVER)
    assert done.codes == 120
    frame = done.plan.frame
    both = [(frame in unit.frames, unit.label.frames[frame].label) for unit in units if unit.relevant]
    assert {unit.relevant for unit in units} == {True, False}
    wrong = sum(said != labelled for said, labelled in both) / len(both)
    assert 0.02 < wrong < 0.3


def test_the_planted_step_is_a_candidate_break_beside_the_event_of_its_day(
    planted: Made, config: Config
) -> None:
    store, model, done = planted
    found = search_breaks(store, config, model)
    assert [search.frame for search in found.searches] == list(model.frames)
    (one,) = [one for search in found.searches for one in search.breaks]
    assert (one.frame, one.week) == (done.plan.frame, Week.of_date(done.plan.at))
    assert [(near.event.id, near.weeks_after) for near in one.events] == [("E13", 0)]


@pytest.mark.parametrize(
    ("weeks", "said"),
    [
        (0, "in the week of E13"),
        (1, "1 week after E13"),
        (2, "2 weeks after E13"),
        (-2, "2 weeks before E13"),
    ],
)
def test_a_break_is_said_to_be_near_an_event_and_nothing_more(weeks: int, said: str) -> None:
    (event,) = [event for event in shipped_events() if event.id == "E13"]
    assert nearness(NearbyEvent(event, weeks)) == f"{said} (Laming report on Victoria Climbie)"


def test_the_planted_rush_is_an_outbreak_of_which_three_stories_are_named(planted: Made) -> None:
    store, model, done = planted
    week = Week.of_date(done.plan.at)
    outbreaks = {one.about: one for one in find_outbreaks(store, model, week)}
    assert outbreaks.keys() == {VOLUME, done.plan.frame}
    assert [len(one.stories) for one in outbreaks.values()] == [3, 3]
    assert all(done.plan.frame in story.frames for story in outbreaks[done.plan.frame].stories)
    most = [story.outlets for story in outbreaks[VOLUME].stories]
    assert most == sorted(most, reverse=True)
    assert most[0] > 1
    before = check_week(store, model, week.plus(-1))
    assert [(one.verdict, one.stories) for one in before] == [("usual", ())] * 4


def test_a_frame_that_the_model_does_not_know_is_refused(planted: Made, config: Config) -> None:
    store, model, done = planted
    other = replace(model, frames=("positive",))
    with pytest.raises(UsageError, match="does not label 'incompetent'; choose another with --model"):
        search_breaks(store, config, other, [done.plan.frame])
    with pytest.raises(UsageError, match="has no frame 'incompetent'; it has: positive"):
        correlate(store, other, done.plan.frame, chosen_indicators([]))


def test_a_model_that_has_labelled_nothing_is_not_estimable(planted: Made, config: Config) -> None:
    store, model, _ = planted
    nobody = replace(model, id=99)
    found = search_breaks(store, config, nobody)
    assert (found.first, found.searches) == (None, ())
    assert breaks_json(nobody, found)["reason"] == "the model has labelled nothing yet"
    checks = check_week(store, nobody, Week(2003, 5))
    assert {check.verdict for check in checks} == {"not_estimable"}


def test_other_professions_are_named_in_the_same_weeks(planted: Made) -> None:
    store, _, _ = planted
    pooled = read_visibility(store, None).pooled
    assert [row.profession for row in pooled] == ["teachers", "nurses", "police"]
    assert all(row.ratio is not None and row.ratio > 1 for row in pooled)


def test_the_same_plan_gives_the_same_and_another_seed_something_else(tmp_path: Path) -> None:
    truths = []
    for number, seed in enumerate((7, 7, 8)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with made_in(folder, replace(SMALL, seed=seed)) as (store, model, done):
            truths.append((done.weeks, counts(store, model)))
    assert truths[0] == truths[1]
    assert truths[0] != truths[2]


def test_a_database_that_holds_anything_is_refused(tmp_path: Path) -> None:
    with made_in(tmp_path, SMALL) as (store, model, _):
        before = counts(store, model)
        with pytest.raises(StoreError, match="holds something already; name a new database"):
            simulate(store, SMALL)
        assert counts(store, model) == before


@pytest.mark.parametrize(
    ("change", "option"),
    [
        ({"base_share": 0.0}, "--base-share"),
        ({"sensitivity": 1.2}, "--sensitivity"),
        ({"autocorrelation": 1.0}, "--autocorrelation"),
        ({"effect": 0.0}, "--effect"),
        ({"half_life": -1.0}, "--half-life"),
        ({"missing_weeks": 156}, "--missing-weeks"),
    ],
)
def test_an_impossible_plan_is_refused_by_the_name_of_its_option(
    change: dict[str, float], option: str
) -> None:
    with pytest.raises(UsageError, match=option):
        replace(Plan(), **change)  # type: ignore[arg-type]


def test_an_effect_begins_whole_in_its_week_and_halves_in_a_half_life() -> None:
    plan = Plan(weeks=30, half_life=4, at=date(2003, 1, 28))
    effect = effect_of_weeks(plan)
    assert plan.first.plus(20) == Week.of_date(plan.at)
    assert (effect[19], effect[20], effect[24], effect[28]) == (0.0, 1.0, 0.5, 0.25)


def test_weeks_resemble_their_neighbours_as_much_as_was_asked_for() -> None:
    values = autoregression(20_000, 0.6, np.random.default_rng(1))
    assert np.corrcoef(values[1:], values[:-1])[0, 1] == pytest.approx(0.6, abs=0.02)
    assert values.std() == pytest.approx(1.0, abs=0.03)
