"""Candidate breaks of all frames, and the check of a week for outbreaks with the stories behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.clock import Week
from monitor.config.events import all_events
from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.findings import BreakSearch, CandidateBreak, NearbyEvent, Outbreak
from monitor.label.codebook import load_codebook
from monitor.pipeline.reportweeks import read_counts
from monitor.pipeline.trend import share_json
from monitor.store.open import Store
from monitor.store.rollups import labelled_span, weekly_counts
from monitor.store.stories import stories
from monitor.trend.breaks import find_breaks
from monitor.trend.outbreaks import BASE_WEEKS, THRESHOLD, VOLUME, check_outbreaks
from monitor.types import StoredModel

METHOD = (
    "candidates, not tests: exact partition of weekly arcsine shares by weighted least squares, runs of at "
    "least 8 weeks, penalty 2 * variance * log(weeks) inflated for autocorrelation; shares as the model "
    "labels them, uncorrected, 95 % intervals widened for variation between weeks and autocorrelation; "
    "headline readings; wire copies counted once; an event named beside a break is near it in time, no more"
)
OUTBREAK_METHOD = (
    f"robust z against the median of the {BASE_WEEKS} weeks before, volume on the square root and shares on "
    f"the arcsine scale; an outbreak from z = {THRESHOLD:g} on; headline readings; wire copies counted once; "
    "uncorrected"
)
NOTHING = "the model has labelled nothing yet"
STORIES = 3


@dataclass(frozen=True, slots=True)
class Breaks:
    """The searches in the order of the frames; none where nothing is labelled."""

    first: Week | None
    last: Week | None
    searches: Sequence[BreakSearch]


def search_breaks(
    store: Store,
    config: Config,
    model: StoredModel,
    frames: Sequence[str] = (),
    first: Week | None = None,
    last: Week | None = None,
) -> Breaks:
    """Search the weekly shares of frames, by default all, for candidate breaks.

    Raises:
        UsageError: an unknown frame, or weeks in the wrong order.
    """
    load_codebook().require(frames)
    missing = [frame for frame in frames if frame not in model.frames]
    if missing:
        raise UsageError(f"{model.version} does not label {missing[0]!r}; choose another with --model")
    with store.reading() as session:
        span = labelled_span(session, model.id)
        if span is None:
            return Breaks(None, None, ())
        # Weeks without any item before the first or after the last label are no gaps of the series.
        first, last = max(first or span[0], span[0]), min(last or span[1], span[1])
        counts = weekly_counts(session, model.id, first, last) if first <= last else []
    events = all_events(config)
    wanted = tuple(frames) or model.frames
    return Breaks(first, last, [find_breaks(counts, frame, first, last, events) for frame in wanted])


def check_week(store: Store, model: StoredModel, week: Week, frames: Sequence[str] = ()) -> list[Outbreak]:
    """Return what volume and the shares of frames, by default the core ones, are against the year before.

    Each outbreak has the three story clusters that most outlets carried, those with the frame where it is
    one of a frame.
    """
    core = [frame.id for frame in load_codebook().frames if frame.core and frame.id in model.frames]
    with store.reading() as session:
        labelled = weekly_counts(session, model.id, week.plus(-BASE_WEEKS), week)
        counts = read_counts(session, labelled, (week, week))
        checks = check_outbreaks(counts, tuple(frames) or core, week)
        return [
            replace(
                check,
                stories=stories(
                    session, model, week, week,
                    frame=None if check.about == VOLUME else check.about, limit=STORIES,
                ),
            )
            if check.verdict == "outbreak"
            else check
            for check in checks
        ]  # fmt: skip


def find_outbreaks(store: Store, model: StoredModel, week: Week) -> list[Outbreak]:
    """Return only the outbreaks of a week, volume first; what cannot be estimated is none."""
    return [check for check in check_week(store, model, week) if check.verdict == "outbreak"]


def breaks_json(model: StoredModel, found: Breaks) -> dict[str, object]:
    """Return the answer of ``monitor breaks --json``."""
    estimated = any(not search.reason for search in found.searches)
    reasons = sorted({search.reason for search in found.searches}) or [NOTHING]
    return {
        "model": model.version,
        "method": METHOD,
        "status": "ok" if estimated else "not_estimable",
        "reason": "" if estimated else reasons[0],
        "first": None if found.first is None else str(found.first),
        "last": None if found.last is None else str(found.last),
        "breaks": [_break_json(one) for search in found.searches for one in search.breaks],
        "frames": [_search_json(search) for search in found.searches],
    }


def _search_json(search: BreakSearch) -> dict[str, object]:
    return {
        "frame": search.frame,
        "status": "not_estimable" if search.reason else "ok",
        "reason": search.reason,
        "weeks": search.weeks,
        "missing_weeks": search.missing,
        "n": search.n,
        "hits": search.hits,
        "autocorrelation": search.autocorrelation,
        "inflation": search.inflation,
        "breaks": len(search.breaks),
    }


def _break_json(found: CandidateBreak) -> dict[str, object]:
    return {
        "status": "candidate",
        "frame": found.frame,
        "week": str(found.week),
        "before": {**share_json(found.before), "weeks": found.weeks_before},
        "after": {**share_json(found.after), "weeks": found.weeks_after},
        "events": [_event_json(near) for near in found.events],
    }


def _event_json(near: NearbyEvent) -> dict[str, object]:
    event = near.event
    return {
        "id": event.id,
        "name": event.name,
        "date": event.date,
        "weeks_after": near.weeks_after,
        "said": nearness(near),
    }


def nearness(near: NearbyEvent) -> str:
    """Say where in time a break lies beside an event, never what it comes from."""
    weeks, event = near.weeks_after, f"{near.event.id} ({near.event.name})"
    if weeks == 0:
        return f"in the week of {event}"
    count = f"{abs(weeks)} week{'s' if abs(weeks) > 1 else ''}"
    return f"{count} after {event}" if weeks > 0 else f"{count} before {event}"


def outbreaks_json(model: StoredModel, week: Week, checks: Sequence[Outbreak]) -> dict[str, object]:
    """Return the answer of ``monitor outbreaks --json``."""
    estimated = any(check.verdict != "not_estimable" for check in checks)
    return {
        "model": model.version,
        "method": OUTBREAK_METHOD,
        "week": str(week),
        "threshold": THRESHOLD,
        "status": "ok" if estimated else "not_estimable",
        "reason": "" if estimated else checks[0].reason,
        "rows": [_outbreak_json(check) for check in checks],
    }


def _outbreak_json(check: Outbreak) -> dict[str, object]:
    return {
        "about": check.about,
        "verdict": check.verdict,
        "reason": check.reason,
        "n": check.n,
        "value": check.value,
        "median": check.median,
        "z": check.z,
        "base_weeks": check.weeks,
        "stories": [
            {"item": story.item_id, "title": story.title, "url": story.url, "outlet": story.outlet,
             "outlets": story.outlets}
            for story in check.stories
        ],
    }  # fmt: skip
