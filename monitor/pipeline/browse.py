"""What the pages read: the overview, items, one item, and how far coders are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.clock import Clock, Week
from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.label.codebook import load_codebook
from monitor.label.coding import parse_unit
from monitor.pipeline.label import active_model, labels_of
from monitor.pipeline.trend import Trend, TrendQuery, read_trend
from monitor.store.browse import (
    ItemDetail,
    ItemFilter,
    ItemsPage,
    Progress,
    coding_progress,
    item_detail,
    items_by_week,
    items_by_words,
    outlet_names,
    uncoded_left,
)
from monitor.store.codes import codes_on
from monitor.store.open import Store
from monitor.store.rollups import labelled_span
from monitor.store.samples import Sample, Unit, UnitText, sample_of, samples, units_of_items
from monitor.store.stories import revisions_of
from monitor.types import Code, StoredModel

PAGE = 25
"""Items of one page."""


@dataclass(frozen=True, slots=True)
class Recent:
    """The shares of the last weeks; ``week`` is the last whole one that is labelled, None without any."""

    week: Week | None
    trend: Trend


@dataclass(frozen=True, slots=True)
class SampleState:
    """A sample, and how far it is coded."""

    sample: Sample
    progress: Progress
    """Of one coder; all zero but for the units where none is asked for."""
    uncoded: int
    """Units that nobody has coded."""


def model_in_use(store: Store, config: Config, name: str | None = None) -> StoredModel | None:
    """Return the model whose labels are shown; None where it has labelled nothing yet."""
    try:
        return labels_of(store, name or active_model(store, config))
    except UsageError:
        return None


def recent_shares(
    store: Store, model: StoredModel, clock: Clock, weeks: int, frames: Sequence[str] = ()
) -> Recent:
    """Return the shares of the last whole weeks, the present one left out.

    Raises:
        UsageError: the model has no such frame.
    """
    with store.reading() as session:
        span = labelled_span(session, model.id)
    last = Week.of(clock()).plus(-1)
    if span is None or span[0] > last:
        return Recent(None, Trend())
    week = min(span[1], last)
    first = max(span[0], week.plus(1 - weeks))
    return Recent(week, read_trend(store, model, TrendQuery(tuple(frames), first, week)))


def core_frames(model: StoredModel) -> tuple[str, ...]:
    """Return the core frames that a model labels."""
    return tuple(frame for frame in load_codebook().core if frame in model.frames)


def read_items(
    store: Store, model: StoredModel | None, wanted: ItemFilter, before: str | None = None, limit: int = PAGE
) -> ItemsPage:
    """Return one page of items; see `monitor.store.browse`.

    Raises:
        UsageError: an unknown frame, a cursor that is none of ours, or all items of an outlet without a week,
            which would have to read them all.
    """
    if wanted.frame is not None and model is None:
        raise UsageError("nothing is labelled yet, so that no item carries a frame")
    if model is not None and wanted.frame is not None and wanted.frame not in model.frames:
        raise UsageError(f"{model.version} has no frame {wanted.frame!r}")
    if before is not None and not re.fullmatch(r"\d{1,18}" if wanted.words else r"\d{6}-\d{1,18}", before):
        raise UsageError(f"before={before!r} begins no page; go back to the first")
    if wanted.everything and wanted.outlet and not wanted.week and not wanted.words:
        raise UsageError("all items of an outlet are listed by week; choose a week too")
    find = items_by_words if wanted.words else items_by_week
    with store.reading() as session:
        return find(session, model, wanted, before, limit)


def read_item(store: Store, model: StoredModel | None, item_id: int) -> ItemDetail:
    """Return all that is known of an item.

    Raises:
        UsageError: no such item is stored.
    """
    with store.reading() as session:
        found = item_detail(session, model, item_id)
    if found is None:
        raise UsageError(f"no item {item_id} is stored; it may have been erased")
    return found


def read_outlets(store: Store) -> list[str]:
    """Return the names of all outlets."""
    with store.reading() as session:
        return outlet_names(session)


# ---------------------------------------------------------------- coding


def sample_states(store: Store, coder: str | None = None) -> list[SampleState]:
    """Return every sample with how far it is coded, the newest first."""
    with store.reading() as session:
        return [
            SampleState(
                sample, coding_progress(session, sample.id, coder or ""), uncoded_left(session, sample.id)
            )
            for sample in reversed(samples(session))
        ]


def sample_state(store: Store, name: str, coder: str) -> SampleState:
    """Return one sample with how far a coder is.

    Raises:
        UsageError: no such sample.
    """
    with store.reading() as session:
        sample = sample_of(session, name)
        if sample is None:
            raise UsageError(f"no sample {name!r} is stored; draw one with: monitor gold sample")
        return SampleState(
            sample, coding_progress(session, sample.id, coder), uncoded_left(session, sample.id)
        )


def coded_unit(store: Store, reference: str, coder: str) -> tuple[UnitText, Code | None]:
    """Return a unit by its reference ``17r42`` with what a coder last said of it, if anything.

    Raises:
        UsageError: no sample holds it.
    """
    unit, title, summary = _unit(store, reference)
    with store.reading() as session:
        said = [code for code in codes_on(session, [unit.revision_id]) if code.coder == coder]
    return UnitText(unit, 0, title, summary, ""), said[-1] if said else None


def unit_of(store: Store, reference: str) -> Unit:
    """Return the unit of a reference ``17r42``.

    Raises:
        UsageError: no sample holds it.
    """
    return _unit(store, reference)[0]


def _unit(store: Store, reference: str) -> tuple[Unit, str, str]:
    try:
        item_id, revision_id = parse_unit(reference)
    except ValueError as error:
        raise UsageError(str(error)) from None
    with store.reading() as session:
        drawn = units_of_items(session, [item_id]).get(item_id, [])
        found = next((unit for unit in drawn if unit.revision_id == revision_id), None)
        shown = [one for one in revisions_of(session, item_id) if found and one.revision_id == revision_id]
    if found is None or not shown:
        raise UsageError(f"no sample holds the unit {reference}; it may have been erased")
    return found, shown[0].title, shown[0].summary
