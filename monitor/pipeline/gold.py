"""Human codes: draw a sample, hand it out, take the codes in, and say how far coders and models agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import structlog

from monitor.clock import Clock, Week
from monitor.config.file import TextPolicy
from monitor.errors import InputError, UsageError
from monitor.label.accuracy import Accuracy, accuracy
from monitor.label.codebook import load_codebook
from monitor.label.coding import Entry, Filled, Task, checked_codes, coder_name, unit_name
from monitor.label.corpus import Coded
from monitor.label.labelstudio import read_tasks
from monitor.label.passages import excerpt
from monitor.label.registry import find_models
from monitor.label.reliability import Agreement, agreement
from monitor.label.sampling import Lottery, Need, allocate, need, sample_key
from monitor.label.spreadsheet import read_csv
from monitor.store.codes import Outcome, add_codes, coded_units, codes_of_sample
from monitor.store.models import stored_models
from monitor.store.open import Store
from monitor.store.rollups import weekly_counts
from monitor.store.samples import (
    STRATA,
    Sample,
    Unit,
    UnitText,
    add_sample,
    population,
    sample_of,
    samples,
    stratum_sizes,
    units,
    units_of_items,
)
from monitor.types import Code, Intake, SampleKind, StoredModel

log = structlog.get_logger()

SIZE = 300
SEED = 1
LONGEST_NAME = 80
EVER = (Week(1900, 1), Week(2199, 1))
Span = tuple[Week, Week]
Form = Literal["csv", "labelstudio"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file of codes."""

    intake: Intake
    """``revised``: codes by which a coder changed an earlier one, which is kept."""
    blank: int
    """Units of the file that nobody has coded."""
    coders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two coders on the units of a sample that both have coded."""

    first: str
    second: str
    figures: list[Agreement]


@dataclass(frozen=True, slots=True)
class SampleAgreement:
    """The coders of a sample, each two that share a unit."""

    pairs: Sequence[PairAgreement]
    reason: str = ""
    """Why nothing can be estimated; else empty."""


@dataclass(frozen=True, slots=True)
class ModelAgreement:
    """A model beside people: relevance, then its frames."""

    figures: Sequence[Accuracy]
    reason: str = ""
    """Why nothing can be estimated; else empty."""


# ---------------------------------------------------------------- drawing


def draw_sample(
    store: Store,
    model: StoredModel | None,
    clock: Clock,
    *,
    size: int = SIZE,
    weeks: Span | None = None,
    seed: int = SEED,
    name: str | None = None,
    kind: SampleKind = "random",
) -> Sample:
    """Draw a sample of all items published in some weeks, and store it.

    The same name, seed and size give the same items where the same are stored. Items are read once, in a
    transaction of their own, and in bounded memory.

    Args:
        model: cuts the strata by its labels; None where nothing is labelled yet.
        name: by default the kind and the next number.

    Raises:
        UsageError: the name is taken or none, or there is nothing to draw from.
    """
    drawn_at = clock()
    with store.reading() as session:
        name = _free_name(name, kind, [sample.name for sample in samples(session)])
        lottery = Lottery(sample_key(name, seed), STRATA, size)
        for ids, places in population(session, model.id if model else None, weeks, kind):
            lottery.add(ids, places)
    items = {stratum: count for stratum, count in lottery.items.items() if count}
    wanted = allocate(items, size)
    if not wanted:
        where = "with a close call" if kind == "uncertain" else "in these weeks" if weeks else "yet"
        raise UsageError(f"no item is stored {where}: there is nothing to draw a sample from")
    if size < len(items):
        raise UsageError(f"--size: at least {len(items)}, so that items of every stratum have a chance")
    version = model.version if model else None
    sample = Sample(0, name, kind, seed, version, weeks, drawn_at, items, wanted)
    with store.writing() as session:
        if sample_of(session, name) is not None:
            raise UsageError(f"--name: a sample {name!r} is stored already; choose another name")
        add_sample(session, sample, lottery.winners(wanted))
    log.info("sample drawn", sample=name, kind=kind, units=sum(wanted.values()))
    return sample


def plan_codes(store: Store, model: StoredModel, half_width: float, weeks: Span | None = None) -> list[Need]:
    """Return how many codes each core frame needs for a half width, a share in (0, 1); nothing is drawn."""
    with store.reading() as session:
        strata = stratum_sizes(session, model.id, weeks)
        counts = weekly_counts(session, model.id, *(weeks or EVER))
        judged = [unit for unit in coded_units(session, model.id, *(weeks or EVER)) if unit.label.relevant]
    needs = []
    for frame in load_codebook().core:
        if frame not in model.frames:
            continue
        hits = sum(count.hits.get(frame, 0) for count in counts)
        wrong = sum((frame in unit.frames) != unit.label.frames[frame].label for unit in judged)
        needs.append(
            need(frame, hits=hits, strata=strata, half_width=half_width, coded=len(judged), wrong=wrong)
        )
    return needs


# ---------------------------------------------------------------- handing out


def tasks_of(
    store: Store, name: str, policy: TextPolicy, *, coder: str | None = None, with_text: bool = False
) -> list[Task]:
    """Return what a sample asks to be coded, in the order of chance in which it is to be coded.

    Args:
        policy: what of an article's text may leave: with ``none`` nothing does, else its passages.
        coder: only what this person has not coded yet.
        with_text: with the passages of the article, for context.
    """
    name_of_coder = None if coder is None else _person(store, coder)
    with store.reading() as session:
        sample = _stored_sample(sample_of(session, name), name)
        found = units(session, sample.id, uncoded_by=name_of_coder)
    return [
        Task(
            unit=unit_name(one.unit.item_id, one.unit.revision_id),
            title=one.title,
            summary=one.summary,
            passages=_passages(one.text, policy) if with_text else "",
        )
        for one in found
    ]


def next_unit(store: Store, name: str, coder: str) -> UnitText | None:
    """Return the first unit of a sample that a person has not coded; None where all are."""
    person = _person(store, coder)
    with store.reading() as session:
        sample = _stored_sample(sample_of(session, name), name)
        return next(iter(units(session, sample.id, uncoded_by=person, limit=1)), None)


# ---------------------------------------------------------------- taking in


def save_code(
    store: Store, unit: Unit, coder: str, fields: Mapping[str, str], clock: Clock
) -> tuple[Outcome | None, list[str]]:
    """Store what a person has entered for one unit: the fields of `monitor.label.coding.FIELDS`.

    Returns:
        What became of it and no problem; or None, and everything that is wrong with the fields.

    Raises:
        UsageError: the coder has no name, or that of a model; or no sample holds the unit.
    """
    person, now, problems = _person(store, coder), clock(), list[str]()
    said = checked_codes(fields, problems)
    if said is None:
        return None, problems
    with store.writing() as session:
        if unit not in units_of_items(session, [unit.item_id]).get(unit.item_id, []):
            raise UsageError(f"no sample holds item {unit.item_id}, revision {unit.revision_id}")
        code = Code(unit.revision_id, unit.depth, person, said, now)
        (outcome,) = add_codes(session, [code], load_codebook().version, now)
    return outcome, []


def import_codes(
    store: Store, path: Path, clock: Clock, *, form: Form | None = None, coder: str = ""
) -> Imported:
    """Store the codes of a file; where anything in it is wrong, nothing is.

    Args:
        form: by default ``labelstudio`` for a name that ends with .json, else ``csv``.
        coder: who made all of them, where the file does not say.

    Raises:
        InputError: it cannot be read, or has problems: one a line, each with its line or task.
        UsageError: ``coder`` is no name of a person.
    """
    person = _person(store, coder) if coder else ""
    form = form or ("labelstudio" if path.suffix.lower() == ".json" else "csv")
    filled = read_tasks(path, person) if form == "labelstudio" else read_csv(path, person)
    programs = _programs(store)
    with store.writing() as session:
        known = units_of_items(session, sorted({entry.item_id for entry in filled.entries}))
        codes = _codes(filled, known, programs)
        if filled.problems:
            raise InputError("\n".join(f"{path}: {problem}" for problem in _in_order(filled.problems)))
        outcomes = Counter(add_codes(session, codes, load_codebook().version, clock()))
    intake = Intake(new=outcomes["new"], revised=outcomes["revised"], duplicate=outcomes["duplicate"])
    coders = tuple(sorted({code.coder for code in codes}))
    log.info("codes imported", file=path.name, new=intake.new, revised=intake.revised)
    return Imported(intake, filled.blank, coders)


# ---------------------------------------------------------------- agreement


def stored_agreement(store: Store, name: str) -> SampleAgreement:
    """Return how far each two coders of a sample agree on the units that both have coded.

    Raises:
        UsageError: no such sample.
    """
    by_coder: dict[str, list[Coded]] = {}
    for one in coded_items_of(store, name):
        by_coder.setdefault(one.author, []).append(one)
    ids = {coder: {one.id for one in coded} for coder, coded in by_coder.items()}
    pairs = [
        PairAgreement(first, second, agreement(by_coder[first], by_coder[second]))
        for first, second in combinations(sorted(by_coder), 2)
        if ids[first] & ids[second]
    ]
    who = ", ".join(sorted(by_coder)) or "nobody"
    reason = "" if pairs else f"sample {name!r}: no unit is coded by two people yet (coded by: {who})"
    return SampleAgreement(pairs, reason)


def model_accuracy(store: Store, model: StoredModel, weeks: Span | None = None) -> ModelAgreement:
    """Return how far a model agrees with people on all random samples, weighed to all items."""
    with store.reading() as session:
        coded = coded_units(session, model.id, *(weeks or EVER))
    if not coded:
        reason = f"no unit of a random sample is coded that {model.version} has labelled"
        return ModelAgreement((), reason)
    return ModelAgreement(accuracy(coded, model.frames))


def coded_items_of(store: Store, name: str) -> list[Coded]:
    """Return the codes of a sample with their texts, in the form that training and evaluation read.

    Raises:
        UsageError: no such sample.
    """
    with store.reading() as session:
        sample = _stored_sample(sample_of(session, name), name)
        shown = {one.unit.revision_id: one for one in units(session, sample.id)}
        codes = codes_of_sample(session, sample.id)
    return [_coded(code, shown[code.revision_id]) for code in codes]


def _coded(code: Code, text: UnitText) -> Coded:
    return Coded(
        id=unit_name(text.unit.item_id, code.revision_id),
        title=text.title,
        text=text.summary,
        relevant=code.said.relevant,
        frames=code.said.frames,
        tone=code.said.tone,
        status=code.said.status,
        target=" ".join(code.said.target),
        author=code.coder,
    )


def _free_name(name: str | None, kind: SampleKind, taken: Sequence[str]) -> str:
    if name is None:
        numbers = range(1, len(taken) + 2)
        return next(f"{kind}-{number}" for number in numbers if f"{kind}-{number}" not in taken)
    if name in taken:
        raise UsageError(f"--name: a sample {name!r} is stored already; choose another name")
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"--name: {name!r} is no name of at most {LONGEST_NAME} characters")
    return name


def _stored_sample(sample: Sample | None, name: str) -> Sample:
    if sample is None:
        raise UsageError(f"no sample {name!r} is stored; draw one with: monitor gold sample")
    return sample


def coder_of(store: Store, text: str) -> str:
    """Return the name of a coder, as it is kept.

    Raises:
        UsageError: it is none, or that of a model.
    """
    return _person(store, text)


def _person(store: Store, text: str) -> str:
    """Return the name of a coder who is no program."""
    try:
        name = coder_name(text)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if name.casefold() in _programs(store):
        raise UsageError(f"coder {name!r} is a model; only codes entered by people are kept")
    return name


def _programs(store: Store) -> set[str]:
    """Return the names of all models, installed or stored, with their versions."""
    with store.reading() as session:
        stored = [name for model in stored_models(session) for name in (model.name, model.version)]
    return {name.casefold() for name in (*find_models(), *stored)}


def _passages(text: str, policy: TextPolicy) -> str:
    if policy == "none":
        return ""
    return excerpt(text) if policy == "full" else text


def _codes(filled: Filled, known: Mapping[int, Sequence[Unit]], programs: set[str]) -> list[Code]:
    """Return the codes of a file's entries; an entry of no stored unit, or by a model, is a problem."""
    codes = []
    for entry in filled.entries:
        unit = _unit(entry, known.get(entry.item_id, []))
        if unit is None:
            asked = unit_name(entry.item_id, entry.revision_id) if entry.revision_id else entry.item_id
            filled.problems.append(f"{entry.where}: no sample holds a unit {asked}")
        elif entry.coder.casefold() in programs:
            filled.problems.append(f"{entry.where}: coder {entry.coder!r} is a model, no person")
        else:
            codes.append(Code(unit.revision_id, unit.depth, entry.coder, entry.said, entry.coded_at))
    return codes


def _unit(entry: Entry, drawn: Sequence[Unit]) -> Unit | None:
    """Return the unit that an entry means: of its revision, or the newest that was drawn."""
    wanted = [unit for unit in drawn if entry.revision_id in (None, unit.revision_id)]
    return wanted[-1] if wanted else None


def _in_order(problems: Sequence[str]) -> list[str]:
    """Sort problems by the numbers of their lines or tasks."""

    def number(problem: str) -> int:
        digits = problem.partition(":")[0].rpartition(" ")[2]
        return int(digits) if digits.isdecimal() else 0

    return sorted(problems, key=number)
