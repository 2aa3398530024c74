"""Simulate: a database with an effect planted in it, for tests, power tables and demonstrations.

The share of one frame follows a level with an effect that begins in one week and halves again and again,
both on log-odds, and week-to-week variation that is an autoregression. Items are drawn from it, a model named
``simulated`` reads them with the sensitivity and specificity given, and people code a random sample without
error. All is written by the functions that the other commands call, so that whatever reads a database reads
these too; headlines say that they are invented.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice
from math import inf

import numpy as np
from numpy.typing import NDArray

from monitor.clock import Week
from monitor.errors import StoreError, UsageError
from monitor.label.codebook import load_codebook
from monitor.pipeline.gold import draw_sample
from monitor.pipeline.label import ACTIVE
from monitor.store.codes import add_codes
from monitor.store.health import totals
from monitor.store.intake import add_items
from monitor.store.labels import add_labels, readings_to_label
from monitor.store.models import register_model, stored_models
from monitor.store.open import Store
from monitor.store.samples import sample_of, units
from monitor.store.settings import put_setting
from monitor.types import (
    Code,
    Depth,
    FrameLabel,
    Item,
    Judgement,
    Label,
    Outlet,
    OutletType,
    Published,
    Reading,
    Said,
    Source,
    StoredModel,
)

MODEL = "simulated"
CODER = "simulated coder"
SAMPLE = "simulated"
BATCH = 1_000
OTHER_FRAMES = 0.08
"""The share of items that carry each other frame; it never changes, and is labelled without error."""
_ABOVE_NOTHING = ("effect", "volume", "half_life", "items_per_week")
OUTLETS = tuple(
    Outlet(f"Simulated {kind.value} {number}", kind, nation)
    for kind, nation in (
        (OutletType.NATIONAL, "UK"), (OutletType.TABLOID, "UK"), (OutletType.BROADCASTER, "UK"),
        (OutletType.REGIONAL, "Wales"),
    )
    for number in (1, 2)
)  # fmt: skip
_SOURCE = Source(MODEL, "monitor simulate", OUTLETS[0], enabled=False)
_OTHERS = ("Teachers of a school", "Nurses of a hospital", "Police of a county", "A bakery of a village")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planted."""

    frame: str = "incompetent"
    weeks: int = 156
    items_per_week: float = 40.0
    """Relevant ones on average, before ``volume``."""
    others_per_week: float = 20.0
    """Items about other professions or about nothing of interest."""
    base_share: float = 0.15
    effect: float = 1.0
    """Odds ratio of the frame in the week of ``at``; 1 for none."""
    volume: float = 1.0
    """By how much the number of relevant items is multiplied in that week."""
    half_life: float = 4.0
    """Weeks in which both effects halve, on the scale of logarithms."""
    at: date = date(2003, 1, 28)
    autocorrelation: float = 0.3
    """Of the log-odds of neighbouring weeks."""
    spread: float = 0.25
    """Standard deviation of the log-odds of weeks about their level."""
    sensitivity: float = 1.0
    specificity: float = 1.0
    missing_weeks: int = 0
    """Weeks at random in which nothing is collected, never that of ``at``."""
    copies: float = 0.0
    """The chance of a relevant item that another outlet carries it word for word a day later."""
    codes: int = 0
    """Items that people code."""
    seed: int = 1

    def __post_init__(self) -> None:
        """Raise UsageError where a value cannot be."""
        sound = {
            **{name: 0 <= getattr(self, name) <= 1 for name in ("sensitivity", "specificity", "copies")},
            "base_share": 0 < self.base_share < 1,
            "autocorrelation": 0 <= self.autocorrelation < 1,
            **{name: 0 < getattr(self, name) < inf for name in _ABOVE_NOTHING},
        }
        for name, right in sound.items():
            if not right:
                bound = "above 0" if name in _ABOVE_NOTHING else "between 0 and 1"
                raise UsageError(f"--{name.replace('_', '-')}: {getattr(self, name)} is not {bound}")
        if self.missing_weeks >= self.weeks:
            raise UsageError(f"--missing-weeks: {self.missing_weeks} of {self.weeks} weeks leave none")

    @property
    def first(self) -> Week:
        """The first week: two thirds of all come before the effect."""
        return Week.of_date(self.at).plus(-(self.weeks * 2 // 3))


@dataclass(frozen=True, slots=True)
class WeekTruth:
    """What is true of one week, and what the model says of it."""

    week: Week
    share: float
    """The chance of a relevant item of this week to carry the frame."""
    items: int = 0
    """Relevant ones, wire copies not counted again."""
    hits: int = 0
    """Those that carry the frame."""
    labelled_hits: int = 0
    """Those of which the model says so."""
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was planted and written."""

    plan: Plan
    weeks: Sequence[WeekTruth]
    items: int
    """All that are stored, copies and others included."""
    copies: int
    codes: int


@dataclass(frozen=True, slots=True)
class _Draft:
    """An item with what is true of it; copies of it have the same title."""

    item: Item
    relevant: bool
    frames: tuple[str, ...] = ()
    labelled: tuple[str, ...] = ()


@dataclass(slots=True)
class _Told:
    """All drafts by their titles, which are unique but for copies."""

    by_title: dict[str, _Draft] = field(default_factory=dict)
    copies: int = 0


def simulate(store: Store, plan: Plan, say: Callable[[int], None] = lambda done: None) -> Simulated:
    """Fill an empty database by a plan; the same plan always gives the same.

    The model is made the active one.

    Args:
        say: hears how many items are stored so far.

    Raises:
        StoreError: the database holds items or labels already.
        UsageError: the codebook has no such frame.
    """
    load_codebook().require([plan.frame])
    with store.reading() as session:
        if totals(session).items or stored_models(session):
            raise StoreError(f"{store.url}: holds something already; name a new database")
    random = np.random.default_rng(plan.seed)
    truths = draw_weeks(plan, random)
    told = _Told()
    stored = 0
    drafts = (
        item for truth in truths if not truth.missing for item in _week_items(plan, truth, random, told)
    )
    while batch := list(islice(drafts, BATCH)):
        with store.writing() as session:
            stored += add_items(session, _SOURCE, batch, _noon(batch[-1].published.at)).new
        say(stored)
    model = _label(store, plan, told)
    coded = _code(store, plan, model, told) if plan.codes else 0
    return Simulated(plan, _count_weeks(truths, plan, told), stored, told.copies, coded)


def draw_weeks(plan: Plan, random: np.random.Generator) -> list[WeekTruth]:
    """Return the chance of the frame in each week, and which weeks are missing; nothing is counted yet."""
    effects = effect_of_weeks(plan)
    noise = autoregression(plan.weeks, plan.autocorrelation, random) * plan.spread
    log_odds = np.log(plan.base_share / (1 - plan.base_share)) + np.log(plan.effect) * effects + noise
    others = [place for place in range(plan.weeks) if plan.first.plus(place) != Week.of_date(plan.at)]
    missing = set(random.choice(others, plan.missing_weeks, replace=False)) if plan.missing_weeks else set()
    return [
        WeekTruth(plan.first.plus(place), float(1 / (1 + np.exp(-odds))), missing=place in missing)
        for place, odds in enumerate(log_odds)
    ]


def effect_of_weeks(plan: Plan) -> NDArray[np.float64]:
    """Return what is left of the effect in each week: 0 before it, 1 in its own, half after a half-life."""
    after = np.arange(plan.weeks) - plan.weeks * 2 // 3
    return np.where(after < 0, 0.0, 0.5 ** (np.maximum(after, 0) / plan.half_life))


def autoregression(length: int, correlation: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Return a stationary first-order autoregression of variance 1."""
    shocks = random.standard_normal(length)
    values = shocks.copy()
    for place in range(1, length):
        values[place] = correlation * values[place - 1] + np.sqrt(1 - correlation**2) * shocks[place]
    return values


def _week_items(plan: Plan, truth: WeekTruth, random: np.random.Generator, told: _Told) -> Iterator[Item]:
    """Yield the items of a week in the order of their dates, and note what is true of them."""
    left = effect_of_weeks(plan)[(truth.week.monday() - plan.first.monday()).days // 7]
    relevant = random.poisson(plan.items_per_week * plan.volume**left)
    drafts = [_relevant(plan, truth, random, len(told.by_title) + n) for n in range(relevant)]
    other = random.poisson(plan.others_per_week)
    drafts += [_other(truth, random, len(told.by_title) + relevant + n) for n in range(other)]
    items = []
    for draft in drafts:
        told.by_title[draft.item.title] = draft
        items.append(draft.item)
        if draft.relevant and random.random() < plan.copies:
            items.append(_copy(draft.item, random))
            told.copies += 1
    yield from sorted(items, key=lambda item: item.published.at)


def _relevant(plan: Plan, truth: WeekTruth, random: np.random.Generator, number: int) -> _Draft:
    frames = load_codebook().ids
    others = {frame for frame in frames if frame != plan.frame and random.random() < OTHER_FRAMES}
    carries = random.random() < truth.share
    says = random.random() < (plan.sensitivity if carries else 1 - plan.specificity)
    title = f"Social workers in invented case {number} are discussed once more"
    return _Draft(
        _item(title, truth.week, random, number),
        relevant=True,
        frames=tuple(frame for frame in frames if frame in others or (carries and frame == plan.frame)),
        labelled=tuple(frame for frame in frames if frame in others or (says and frame == plan.frame)),
    )


def _other(truth: WeekTruth, random: np.random.Generator, number: int) -> _Draft:
    who = _OTHERS[random.integers(len(_OTHERS))]
    return _Draft(_item(f"{who} make invented headline {number}", truth.week, random, number), relevant=False)


def _item(title: str, week: Week, random: np.random.Generator, number: int) -> Item:
    start, end = week.bounds()
    # Two days before its end at the latest, so that copies of the next day lie in the same week.
    at = start + timedelta(minutes=int(random.integers(((end - start).days - 2) * 24 * 60)))
    published = Published(at, at.isoformat(), "file", "minute")
    outlet = OUTLETS[random.integers(len(OUTLETS))]
    return Item(MODEL, outlet, title, published, url=f"https://simulated.example/{number}")


def _copy(item: Item, random: np.random.Generator) -> Item:
    others = [outlet for outlet in OUTLETS if outlet != item.outlet]
    at = item.published.at + timedelta(days=1)
    published = Published(at, at.isoformat(), "file", "minute")
    outlet = others[random.integers(len(others))]
    return Item(MODEL, outlet, item.title, published, url=f"{item.url}/copy")


def _label(store: Store, plan: Plan, told: _Told) -> StoredModel:
    frames, codebook = load_codebook().ids, load_codebook().version
    now = _noon(plan.first.plus(plan.weeks).bounds()[0])
    with store.writing() as session:
        model = register_model(
            session, version=f"{MODEL}@{plan.seed}", name=MODEL, codebook=codebook, frames=frames, now=now
        )
        put_setting(session, ACTIVE, MODEL)
    after = 0
    while True:
        with store.reading() as session:
            readings = readings_to_label(session, model.id, after=after, limit=BATCH)
        if not readings:
            return model
        labels = [_as_label(reading, told.by_title[reading.title], frames) for reading in readings]
        with store.writing() as session:
            add_labels(session, model, labels, now)
        after = readings[-1].revision_id


def _as_label(reading: Reading, draft: _Draft, frames: Sequence[str]) -> Label:
    hits = draft.labelled
    judgement = Judgement(
        depth=reading.depth,
        relevant_p=0.95 if draft.relevant else 0.02,
        relevant=draft.relevant,
        strict=draft.relevant,
        tone_score=-0.5 if hits else 0.0,
        tone_band=("negative" if "incompetent" in hits else "neutral") if draft.relevant else None,
        frames={
            frame: FrameLabel(0.9 if frame in hits else 0.05, frame in hits, False, int(frame in hits))
            for frame in frames
        },
        primary=(hits[0] if hits else "NEUTRAL") if draft.relevant else None,
        mentions=int(draft.relevant),
        evidence=(),
    )
    return Label(reading.revision_id, reading.item_id, judgement)


def _code(store: Store, plan: Plan, model: StoredModel, told: _Told) -> int:
    """Draw a random sample and store what is true of it as the codes of a person; return how many."""
    now = _noon(plan.first.plus(plan.weeks).bounds()[0])
    draw_sample(store, model, lambda: now, size=plan.codes, seed=plan.seed, name=SAMPLE)
    with store.writing() as session:
        sample = sample_of(session, SAMPLE)
        drawn = units(session, sample.id) if sample else []
        codes = [
            Code(one.unit.revision_id, Depth(one.unit.depth), CODER, _said(told.by_title[one.title]), now)
            for one in drawn
        ]
        add_codes(session, codes, load_codebook().version, now)
    return len(codes)


def _said(draft: _Draft) -> Said:
    tone = (-1 if "incompetent" in draft.frames else 0) if draft.relevant else None
    return Said(draft.relevant, draft.frames, tone)


def _count_weeks(truths: Sequence[WeekTruth], plan: Plan, told: _Told) -> list[WeekTruth]:
    counts = {truth.week: [0, 0, 0] for truth in truths}
    for draft in told.by_title.values():
        if draft.relevant:
            cell = counts[Week.of(draft.item.published.at)]
            for place, counted in enumerate((True, plan.frame in draft.frames, plan.frame in draft.labelled)):
                cell[place] += counted
    return [
        replace(truth, items=items, hits=hits, labelled_hits=labelled)
        for truth in truths
        for items, hits, labelled in [counts[truth.week]]
    ]


def _noon(moment: datetime) -> datetime:
    return moment.replace(hour=12, minute=0)


def simulated_json(done: Simulated, database: str) -> Mapping[str, object]:
    """Return the answer of ``monitor simulate --json``: the planted truth."""
    plan = done.plan
    return {
        "database": database,
        "model": f"{MODEL}@{plan.seed}",
        "seed": plan.seed,
        "frame": plan.frame,
        "event_date": plan.at.isoformat(),
        "event_week": str(Week.of_date(plan.at)),
        "base_share": plan.base_share,
        "odds_ratio": plan.effect,
        "volume_ratio": plan.volume,
        "half_life_weeks": plan.half_life,
        "autocorrelation": plan.autocorrelation,
        "spread": plan.spread,
        "sensitivity": plan.sensitivity,
        "specificity": plan.specificity,
        "items": done.items,
        "copies": done.copies,
        "codes": done.codes,
        "missing_weeks": [str(truth.week) for truth in done.weeks if truth.missing],
        "weeks": [
            {"week": str(truth.week), "share": truth.share, "n": truth.items, "hits": truth.hits,
             "labelled_hits": truth.labelled_hits}
            for truth in done.weeks
            if not truth.missing
        ],
    }  # fmt: skip
