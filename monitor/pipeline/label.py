"""Label: read what a model has not read, and keep its judgements beside those of other models."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from monitor.clock import Clock, Week, stopwatch
from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.label.aggregate import needed_by
from monitor.label.apply import label_readings
from monitor.label.codebook import load_codebook
from monitor.label.registry import find_models, load_classifier, read_manifest, require_model, version_of
from monitor.store.labels import (
    Disagreement,
    add_labels,
    count_to_label,
    disagreements,
    next_read_mark,
    put_read_mark,
    readings_to_label,
)
from monitor.store.models import register_model, stored_models
from monitor.store.open import Store
from monitor.store.settings import put_setting, setting
from monitor.types import Classifier, StoredModel

log = structlog.get_logger()

BATCH = 1_000
"""Revisions in one transaction; each has one reading or two."""
ACTIVE = "active_model"
Span = tuple[Week, Week]


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a run of labelling did."""

    model: StoredModel
    labelled: int
    """Revisions, each read by its headline and, where there is a text, in full."""
    left: int
    """Revisions that it has still not read, where a limit stopped it."""
    seconds: float


def active_model(store: Store | None, config: Config) -> str:
    """Return the name of the model in use: the one chosen by ``monitor models use``, else feeds.yaml's."""
    if store is not None:
        with store.reading() as session:
            chosen = setting(session, ACTIVE)
        if chosen is not None:
            return chosen
    return config.model


def use_model(store: Store, name: str) -> None:
    """Make a model the active one, after loading it: what cannot label is never made active.

    Raises:
        UsageError: there is no such model.
        ModelError: its files are missing, altered, or made for another codebook.
    """
    require_model(name)  # a path would be loaded too, and is no name to keep
    load_classifier(name)
    with store.writing() as session:
        put_setting(session, ACTIVE, name)


def run_label(
    store: Store,
    classifier: Classifier,
    clock: Clock,
    *,
    limit: int | None = None,
    weeks: Span | None = None,
    batch: int = BATCH,
    say: Callable[[int, int], None] = lambda done, total: None,
) -> Labelled:
    """Label every stored revision that this version of the model has not read, in the order of storing.

    Args:
        limit: at most so many revisions.
        weeks: only items published in these weeks, both included.
        batch: revisions read, labelled and stored together.
        say: hears how many are done, of how many, after each batch; what it raises ends the run there.
    """
    seconds = stopwatch()
    with store.writing() as session:
        model = register_model(
            session,
            version=classifier.version,
            name=classifier.name,
            codebook=load_codebook().version,
            frames=tuple(classifier.frames),
            now=clock(),
            needed=needed_by(classifier),
        )
    with store.reading() as session:
        waiting = count_to_label(session, model.id, weeks)
    wanted = waiting if limit is None else min(limit, waiting)
    done, after = 0, 0
    say(0, wanted)
    while done < wanted:
        with store.reading() as session:
            size = min(batch, wanted - done)
            readings = readings_to_label(session, model.id, after=after, limit=size, weeks=weeks)
        if not readings:
            break
        labels = label_readings(readings, classifier)
        with store.writing() as session:
            add_labels(session, model, labels, clock())
        done += len({reading.revision_id for reading in readings})
        after = readings[-1].revision_id
        say(done, wanted)
    _move_mark(store, model, clock)
    log.info("labelled", model=model.version, revisions=done, seconds=round(seconds(), 2))
    return Labelled(model, done, max(waiting - done, 0), seconds())


def _move_mark(store: Store, model: StoredModel, clock: Clock) -> None:
    """Spare the next run a look at what is read for good; about once an hour."""
    with store.reading() as session:
        mark = next_read_mark(session, model.id, clock())
    if mark is not None:
        with store.writing() as session:
            put_read_mark(session, model.id, mark)


@dataclass(frozen=True, slots=True)
class Relabelled:
    """A run of relabelling, beside what the active model had said of the same items."""

    run: Labelled
    before: StoredModel | None
    """None where no other model has labelled anything yet."""
    changes: list[Disagreement]


def run_relabel(
    store: Store,
    classifier: Classifier,
    before: str,
    clock: Clock,
    *,
    weeks: Span | None = None,
    say: Callable[[int, int], None] = lambda done, total: None,
) -> Relabelled:
    """Label with another model, then compare it with the one named ``before``; nothing is overwritten."""
    run = run_label(store, classifier, clock, weeks=weeks, say=say)
    with store.reading() as session:
        others = [model for model in stored_models(session) if model.id != run.model.id]
        named = [model for model in others if model.name == before] or others
        old = named[-1] if named else None
        changes = disagreements(session, old, run.model, weeks) if old else []
    return Relabelled(run, old, changes)


def labels_of(store: Store, name: str) -> StoredModel:
    """Return the stored model whose labels are read for a name: the version that is installed now.

    Raises:
        UsageError: that version has labelled nothing yet, or there is no such model.
    """
    models = find_models()
    with store.reading() as session:
        stored = stored_models(session)
    if name in models:
        version = version_of(name, read_manifest(models[name].path))
        found = [model for model in stored if model.version == version]
    else:
        found = [model for model in stored if name in (model.name, model.version)]
    if found:
        return found[-1]
    if name not in models:
        known = sorted({*models, *(model.name for model in stored)})
        raise UsageError(f"no model {name!r}; there are: {', '.join(known) or 'none'}")
    raise UsageError(f"{name} has labelled nothing here yet; run: monitor label --model {name}")
