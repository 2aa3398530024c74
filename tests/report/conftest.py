"""A week of invented coverage, built from the counts up, and builders that name only what matters."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from random import Random

import pytest

from monitor.clock import Week
from monitor.report.data import FrameText, Report, ReportData
from monitor.report.render import write_report
from monitor.trend.span import find_span, pool_groups
from monitor.trend.week import find_week
from monitor.types import Depth, Event, FeedHours, SharePoint, SourceHealth, Story, WeekCount

WEEK = Week(2026, 46)
NOW = datetime(2026, 11, 16, 6, 30, tzinfo=UTC)
FRAMES = (
    FrameText("incompetent", "Failed to protect", "Social work did not notice, act, visit or listen.", True),
    FrameText("over_zealous", "Interfering, child-snatching", "Intervened too much or too soon.", True),
    FrameText("blamed", "Blame and punishment", "Calls to sack, strike off or shame.", False),
    FrameText("misconduct", "Bad individual", "A social worker's own wrongdoing.", False),
    FrameText("secretive", "Secretive, cover-up", "Hides, gags, destroys or redacts.", False),
    FrameText("ideological", "Politically correct, naive do-gooder", "Driven by dogma.", False),
    FrameText("bureaucratic", "Paperwork and box-ticking", "Bound by procedure.", False),
    FrameText("overstretched", "Overstretched, under-resourced", "Caseloads, vacancies, cuts.", False),
    FrameText("scapegoated", "Vilified, unfairly blamed", "Victims of unfair blame.", False),
    FrameText("positive", "Skilled, caring, life-changing", "Did good, or is shown as valuable.", True),
    FrameText("expert", "Social worker as authority", "Used as a knowing source.", False),
    FrameText("reform", "Object of policy and regulation", "Law, review, regulator.", False),
)
IDS = tuple(frame.id for frame in FRAMES)
RATES = (0.27, 0.11, 0.13, 0.06, 0.08, 0.03, 0.06, 0.22, 0.05, 0.16, 0.12, 0.19)
OUTLET_TYPES = {"national": 0.3, "tabloid": 0.16, "broadcaster": 0.2, "regional": 0.26, "trade": 0.08}


@cache
def invented_counts(weeks: int = 130, items: int = 60, lift: float = 0.22) -> tuple[WeekCount, ...]:
    """Counts of every outlet type; the frame ``incompetent`` is lifted in the last week."""
    random = Random(7)
    counts = []
    for back in range(weeks):
        for group, part in OUTLET_TYPES.items():
            n = max(0, round(random.gauss(items * part, items * part * 0.25)))
            rates = [rate + (lift if index == 0 and back == 0 else 0) for index, rate in enumerate(RATES)]
            hits = [sum(random.random() < rate for _ in range(n)) for rate in rates]
            negative = sum(random.random() < 0.34 for _ in range(n))
            positive = sum(random.random() < 0.15 for _ in range(n - negative))
            counts.append(
                WeekCount(
                    week=WEEK.plus(-back),
                    group=group,
                    labelled=n * 21,
                    relevant=n,
                    negative=negative,
                    neutral=n - negative - positive,
                    positive=positive,
                    hits={frame: hit for frame, hit in zip(IDS, hits, strict=True) if hit},
                )
            )
    return tuple(counts)


def added_up(counts: Sequence[WeekCount]) -> list[WeekCount]:
    """Return the counts of all outlet types together."""
    weeks = sorted({count.week for count in counts})
    return [_sum([count for count in counts if count.week == week]) for week in weeks]


def _sum(counts: Sequence[WeekCount]) -> WeekCount:
    return WeekCount(
        week=counts[0].week,
        group="all",
        labelled=sum(c.labelled for c in counts),
        relevant=sum(c.relevant for c in counts),
        negative=sum(c.negative for c in counts),
        neutral=sum(c.neutral for c in counts),
        positive=sum(c.positive for c in counts),
        hits={frame: sum(c.hits.get(frame, 0) for c in counts) for frame in IDS},
    )


def a_story(
    item_id: int = 1,
    title: str = "Council missed nine calls about boy",
    *,
    url: str | None = "https://news.example/1",
    frames: dict[str, float] | None = None,
    evidence: str = "Social workers ignored nine calls from neighbours before the boy was found.",
    outlets: int = 1,
    outlet: str = "The Marlow Courier",
) -> Story:
    carried = {"incompetent": 0.93} if frames is None else frames
    return Story(
        item_id=item_id,
        title=title,
        summary="",
        url=url,
        outlet=outlet,
        outlet_type="regional",
        nation="England",
        published_at=datetime(2026, 11, 11, 9, tzinfo=UTC),
        depth=Depth.SUMMARY,
        frames=carried,
        primary=next(iter(carried), "NEUTRAL"),
        tone_band="negative",
        evidence=evidence,
        outlets=outlets,
    )


def a_source(name: str, polls: int = 160, good: int = 160, items: int = 12) -> SourceHealth:
    return SourceHealth(
        source=name,
        polls=polls,
        good_polls=good,
        items=items,
        last_success_at=datetime(2026, 11, 7, 4, tzinfo=UTC),
        last_item_at=None,
        last_error=None if good else "answered 503",
        failures=polls - good,
        next_poll_at=None,
    )


def an_event(id_: str, day: str, name: str, precision: str = "day") -> Event:
    return Event(id_, day, precision, name, "England", "inquiry_report", ("incompetent",))  # type: ignore[arg-type]


STORIES = (
    a_story(1, "Review finds nine chances missed before toddler’s death", outlets=9, outlet="The Albion Post",
            frames={"incompetent": 0.97, "overstretched": 0.71}),
    a_story(2, "‘They took our baby over a birthmark’", frames={"over_zealous": 0.95, "secretive": 0.6},
            evidence="The couple say the council apologised only after a judge ordered it to.", outlets=4),
    a_story(3, "Social worker Dana Wexley struck off over invented visits", frames={"misconduct": 0.92},
            evidence="Wexley, a social worker for eleven years, logged six home visits that never happened."),
    a_story(4, "Foster siblings thank the worker who kept all nine together", frames={"positive": 0.96},
            evidence="“She was the first adult who listened,” said Robin, 12, at the awards in Saltby.",
            outlets=2, outlet="Radio Wharfside"),
    a_story(5, "Four posts in ten stand empty, union says", frames={"overstretched": 0.98, "expert": 0.66},
            outlets=3, evidence="Each worker now carries thirty cases, the union told councillors."),
    a_story(6, "Ministers to create regional child protection teams", frames={"reform": 0.94}, outlets=6,
            evidence="The plan follows a review of how agencies share what they know."),
)  # fmt: skip

SOURCES = (
    *(a_source(f"source-{number}") for number in range(38)),
    a_source("quiet-gazette", items=0),
    a_source("marlow-courier", good=0),
)

EVENTS = (
    an_event("E1", "2025-03-18", "Marlow review published"),
    an_event("E2", "2025-11-04", "Children’s Wellbeing Bill debated"),
    an_event("E3", "2026-06-01", "Saltby inquiry opens", "month"),
    an_event("E4", "2026-11-10", "Saltby inquiry reports"),
    an_event("E0", "1999-01-01", "Too old to mark"),
)


def report_data(
    counts: Sequence[WeekCount] | None = None,
    *,
    stories: Sequence[Story] = STORIES,
    sources: Sequence[SourceHealth] = SOURCES,
    events: Sequence[Event] = EVENTS,
    sample: bool = False,
    notes: Sequence[str] = (),
    observed: FeedHours | None = None,
) -> ReportData:
    by_type = invented_counts() if counts is None else list(counts)
    return ReportData(
        outlets=outlet_points(by_type),
        observed=observed,
        week=WEEK,
        title="Social work in the news",
        generated_at=NOW,
        model="linear@0f3a9c21",
        codebook="0.2",
        frames=FRAMES,
        findings=find_week(added_up(by_type), by_type, IDS, WEEK),
        stories=stories,
        sources=sources,
        events=events,
        notes=notes,
        sample=sample,
        recipients=("desk@example.invalid",),
    )


def outlet_points(counts: Sequence[WeekCount], weeks: int = 12) -> list[SharePoint]:
    """Pool the recent weeks as if each type of outlet were one outlet."""
    named = [replace(count, group=f"The {count.group.capitalize()} Post") for count in counts]
    return pool_groups(named, IDS, WEEK.plus(1 - weeks), WEEK)


def monthly_data() -> ReportData:
    by_type = invented_counts()
    counts, first = added_up(by_type), WEEK.plus(-3)
    return replace(
        report_data(),
        kind="monthly",
        month="2026-11",
        first=first,
        findings=find_span(counts, by_type, IDS, first, WEEK),
        period_shares=pool_groups(counts, IDS, first, WEEK),
    )


@pytest.fixture(scope="session")
def full_data() -> ReportData:
    return report_data()


@pytest.fixture(scope="session")
def full_report(full_data: ReportData) -> Report:
    return write_report(full_data)
