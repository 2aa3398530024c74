"""Samples keep how they were drawn, codes are never overwritten, and both stand beside the right labels."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.codes import (
    add_codes,
    coded_units,
    coders,
    codes_of_sample,
    codes_on,
    said_of_items,
    settle_codes,
)
from monitor.store.forget import forget
from monitor.store.labels import add_labels
from monitor.store.maintain import check
from monitor.store.open import Store
from monitor.store.samples import (
    Sample,
    add_sample,
    population,
    sample_of,
    samples,
    strata_at_draw,
    stratum_sizes,
    units,
    units_of_items,
)
from monitor.store.schema import CodeRow, ItemRow, UnitRow
from monitor.types import Code, Depth, Label, Said, SampleKind, StoredModel, Stratum
from tests.store.builders import (
    NOW,
    WEEK,
    a_judgement,
    a_model,
    a_source,
    an_item,
    an_outlet,
    half,
    label_all,
    put,
    unread,
)

LATER = NOW + timedelta(hours=1)
FAILED = Said(True, ("incompetent",), -1)
PRAISED = Said(True, ("positive",), 1)
OFF_TOPIC = Said(False)


def put_items(session: Session, *numbers: int, summary: str = "") -> None:
    """Store items that bear the numbers in their titles and addresses."""
    put(
        session, *(an_item(f"https://post.example/{n}", title=f"Story {n}", summary=summary) for n in numbers)
    )


def a_sample(
    name: str = "random-1",
    *,
    items: Mapping[Stratum, int],
    drawn: Mapping[Stratum, int],
    kind: SampleKind = "random",
    model: str | None = "linear@1",
    weeks: tuple[Week, Week] | None = None,
) -> Sample:
    return Sample(0, name, kind, 1, model, weeks, NOW, items, drawn)


def draw(
    session: Session, name: str, chosen: Mapping[int, Stratum], of: Mapping[Stratum, int], **about: object
) -> Sample:
    """Store a sample of given items."""
    drawn: dict[Stratum, int] = dict.fromkeys(of, 0)
    for stratum in chosen.values():
        drawn[stratum] += 1
    add_sample(session, a_sample(name, items=of, drawn=drawn, **about), chosen)  # type: ignore[arg-type]
    found = sample_of(session, name)
    assert found is not None
    return found


def code(
    session: Session,
    item_id: int,
    said: Said,
    coder: str = "ann",
    at: datetime | None = None,
    now: datetime = NOW,
) -> str:
    """Code the newest unit of an item, and return what became of it."""
    unit = units_of_items(session, [item_id])[item_id][-1]
    made = Code(unit.revision_id, unit.depth, coder, said, at)
    (outcome,) = add_codes(session, [made], "0.2", now)
    return outcome


def strata_of(session: Session, model: StoredModel | None, kind: SampleKind = "random") -> dict[int, int]:
    """Return the places of the strata by items, each of which must come once."""
    pairs = [
        pair
        for batch in population(session, model.id if model else None, None, kind)
        for pair in zip(*batch, strict=True)
    ]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def label_each(session: Session, model: StoredModel, **by_title: tuple[bool, float]) -> None:
    """Label all that is unread: relevant or not, and how likely, by the last word of the title."""
    labels = []
    for reading in unread(session, model):
        relevant, p = by_title["n" + reading.title.split()[-1]]
        judgement = a_judgement(reading.depth, relevant=relevant)
        object.__setattr__(judgement, "relevant_p", p)
        labels.append(Label(reading.revision_id, reading.item_id, judgement))
    add_labels(session, model, labels, NOW)


# ---------------------------------------------------------------- what is drawn from


def test_every_item_is_drawn_from_once_whatever_a_model_says_of_it(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put_items(session, 1, 2, 3)
        label_each(session, model, n1=(True, 0.9), n2=(False, 0.2), n3=(False, 0.01))
        put_items(session, 4)
        echo = a_source("echo", an_outlet("Echo"))
        put(session, an_item("https://echo.example/1", title="Story 1", source=echo), source=echo)
        session.execute(update(ItemRow).where(ItemRow.id == 5).values(cluster_id=1))
    with store.reading() as session:
        assert strata_of(session, model) == {1: 0, 2: 1, 3: 2, 4: 3}
        assert stratum_sizes(session, model.id, None) == {
            "relevant": 1,
            "close": 1,
            "irrelevant": 1,
            "unlabelled": 1,
        }
        assert strata_of(session, None) == {1: 3, 2: 3, 3: 3, 4: 3}


def test_only_items_of_the_weeks_asked_for_are_drawn_from(store: Store) -> None:
    with store.writing() as session:
        put_items(session, 1)
        put(session, an_item("https://post.example/2", at=NOW - timedelta(weeks=1)))
    with store.reading() as session:
        assert stratum_sizes(session, None, (WEEK, WEEK)) == {"unlabelled": 1}
        assert stratum_sizes(session, None, (WEEK.plus(-1), WEEK)) == {"unlabelled": 2}


def test_the_newest_labelled_revision_says_in_which_stratum_an_item_is(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put_items(session, 1)
        label_all(session, model, relevant=True)
        put(session, an_item("https://post.example/1", title="Story 1 changed"))
        label_all(session, model, relevant=False)
        put(session, an_item("https://post.example/1", title="Story 1 changed again"))
    with store.reading() as session:
        assert strata_of(session, model) == {1: 1}


def test_an_uncertain_sample_draws_from_close_calls_only(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put_items(session, 1, 2, 3, 4)
        label_each(session, model, n1=(True, 0.9), n2=(True, 0.6), n3=(False, 0.35), n4=(False, 0.01))
        put_items(session, 5)
    with store.reading() as session:
        assert strata_of(session, model, "uncertain") == {2: 0, 3: 1}


def test_close_to_relevance_is_close_to_what_the_model_needs_where_that_is_known(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session, needed=half(relevant=0.2))
        put_items(session, 1, 2, 3, 4)
        label_each(session, model, n1=(True, 0.6), n2=(True, 0.29), n3=(False, 0.11), n4=(False, 0.09))
    with store.reading() as session:
        assert strata_of(session, model, "uncertain") == {2: 0, 3: 1}


# ---------------------------------------------------------------- samples


def test_a_sample_keeps_how_it_was_drawn_and_the_chance_of_every_unit(store: Store) -> None:
    of: dict[Stratum, int] = {"relevant": 4, "unlabelled": 3}
    with store.writing() as session:
        a_model(session)
        put_items(session, 1, 2, 3, summary="Said.")
        put_items(session, 4)
        drawn = draw(session, "one", {4: "relevant", 2: "unlabelled", 1: "relevant"}, of, weeks=(WEEK, WEEK))
    assert (drawn.model, drawn.weeks, drawn.drawn_at) == ("linear@1", (WEEK, WEEK), NOW)
    assert (drawn.items, drawn.drawn) == (of, {"relevant": 2, "unlabelled": 1})
    with store.reading() as session:
        rows = session.scalars(select(UnitRow).order_by(UnitRow.place)).all()
        assert [(row.item_id, row.depth, row.inclusion) for row in rows] == [
            (4, "title", 0.5),
            (2, "summary", 1 / 3),
            (1, "summary", 0.5),
        ]
    assert check(store) == []


def test_a_unit_is_the_revision_that_was_newest_when_it_was_drawn(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1)
        put(session, an_item("https://post.example/1", title="Story 1 changed"))
        sample = draw(session, "one", {1: "relevant"}, {"relevant": 1})
        put(session, an_item("https://post.example/1", title="Story 1 changed again"))
    with store.reading() as session:
        assert [unit.title for unit in units(session, sample.id)] == ["Story 1 changed"]


def test_a_coder_gets_what_that_coder_has_not_coded_in_the_order_of_the_draw(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1, 2, 3)
        sample = draw(session, "one", {3: "relevant", 1: "relevant", 2: "relevant"}, {"relevant": 3})
        code(session, 1, FAILED, "ann")
        code(session, 3, FAILED, "ben")
    with store.reading() as session:

        def left(coder: str | None, **page: int) -> list[int]:
            return [one.unit.item_id for one in units(session, sample.id, uncoded_by=coder, **page)]

        assert (left(None), left("ann"), left("ben"), left("eve")) == ([3, 1, 2], [3, 2], [1, 2], [3, 1, 2])
        assert (left(None, limit=2), left(None, after=2)) == ([3, 1], [2])


def test_the_check_notices_a_chance_that_is_not_that_of_its_stratum(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1, 2)
        draw(session, "one", {1: "relevant"}, {"relevant": 2})
        draw(session, "unsure", {2: "relevant"}, {"relevant": 2}, kind="uncertain")
    assert check(store) == []
    with store.writing() as session:
        session.execute(update(UnitRow).where(UnitRow.item_id == 1).values(inclusion=0.9))
    assert check(store) == ["sample one: a unit has another chance than its stratum"]


def test_the_check_notices_units_and_codes_on_revisions_of_other_items(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1, 2)
        draw(session, "one", {1: "relevant"}, {"relevant": 2})
        code(session, 1, FAILED)
        for row in (UnitRow, CodeRow):
            session.execute(update(row).values(revision_id=2))
    assert check(store) == [f"{name}: holds a revision of another item" for name in ("gold_units", "codes")]


# ---------------------------------------------------------------- codes


def test_the_same_code_again_is_stored_once(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1)
        sample = draw(session, "one", {1: "relevant"}, {"relevant": 1})
        assert [code(session, 1, FAILED), code(session, 1, FAILED)] == ["new", "duplicate"]
        assert len(codes_of_sample(session, sample.id)) == 1


def test_a_changed_mind_is_a_newer_code_and_the_older_stays_with_its_time(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1)
        sample = draw(session, "one", {1: "relevant"}, {"relevant": 1})
        assert [code(session, 1, FAILED), code(session, 1, PRAISED, now=LATER)] == ["new", "revised"]
        kept = codes_on(session, [1])
        assert [(one.said, one.coded_at) for one in kept] == [(FAILED, NOW), (PRAISED, LATER)]
        assert [one.said for one in codes_of_sample(session, sample.id)] == [PRAISED]


def test_an_old_file_without_times_does_not_undo_what_was_changed_since(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1)
        sample = draw(session, "one", {1: "relevant"}, {"relevant": 1})
        code(session, 1, FAILED)
        code(session, 1, PRAISED, now=LATER)
        assert code(session, 1, FAILED, now=LATER + timedelta(hours=1)) == "duplicate"
        assert [one.said for one in codes_of_sample(session, sample.id)] == [PRAISED]


def test_a_coder_may_return_to_an_earlier_code_at_a_later_time(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1)
        sample = draw(session, "one", {1: "relevant"}, {"relevant": 1})
        moments = [NOW + timedelta(hours=hour) for hour in range(4)]
        said = (FAILED, PRAISED, FAILED, FAILED)
        outcomes = [code(session, 1, one, at=at) for one, at in zip(said, moments, strict=True)]
        assert outcomes == ["new", "revised", "revised", "duplicate"]
        assert [one.said for one in codes_of_sample(session, sample.id)] == [FAILED]
        assert code(session, 1, FAILED, at=moments[0]) == "duplicate"


def test_two_coders_never_overwrite_each_other(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1)
        sample = draw(session, "one", {1: "relevant"}, {"relevant": 1})
        assert [code(session, 1, FAILED, "ann"), code(session, 1, FAILED, "ben")] == ["new", "new"]
        assert code(session, 1, PRAISED, "ben", now=LATER) == "revised"
        said = {one.coder: one.said for one in codes_of_sample(session, sample.id)}
        assert said == {"ann": FAILED, "ben": PRAISED}
        assert coders(session) == ["ann", "ben"]


def test_all_that_a_coder_said_is_kept(store: Store) -> None:
    said = Said(
        True, ("incompetent", "blamed"), -2, "alleged", ("EMPLOYER", "POLICE"), "Sure?\nNo.", reply=True
    )
    with store.writing() as session:
        a_model(session)
        put_items(session, 1, summary="Said.")
        draw(session, "one", {1: "relevant"}, {"relevant": 1})
        code(session, 1, said)
    with store.reading() as session:
        assert codes_on(session, [1]) == [Code(1, Depth.SUMMARY, "ann", said, NOW)]


@pytest.mark.parametrize(
    ("said", "settled"),
    [
        ([FAILED], FAILED),
        ([FAILED, PRAISED, FAILED], FAILED),
        ([FAILED, PRAISED], PRAISED),
        ([OFF_TOPIC, FAILED], FAILED),
        ([FAILED, OFF_TOPIC], OFF_TOPIC),
        ([OFF_TOPIC, OFF_TOPIC, FAILED], OFF_TOPIC),
        ([OFF_TOPIC, FAILED, PRAISED], PRAISED),
        (
            [Said(True, ("incompetent", "blamed"), -1), Said(True, ("blamed",), -2), Said(True, (), None)],
            Said(True, ("blamed",), -2),
        ),
        (
            [
                Said(True, status="found", target=("EMPLOYER",), reply=True, note="Sure."),
                Said(True, status="alleged", target=("POLICE",), reply=False),
                Said(True, status="found", target=("EMPLOYER",)),
                Said(True),
            ],
            Said(True, status="found", target=("EMPLOYER",), reply=False),
        ),
    ],
)
def test_coders_are_settled_by_majority_and_a_tie_by_the_last(said: list[Said], settled: Said) -> None:
    assert settle_codes(said) == settled


def test_what_people_say_of_an_item_is_that_of_its_newest_coded_revision(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put_items(session, 2)
        label_all(session, model, hits={"incompetent": 0.8})
        draw(session, "one", {1: "relevant"}, {"relevant": 1})
        code(session, 1, FAILED, "ann")
        code(session, 1, PRAISED, "ann", now=LATER)
        assert said_of_items(session, [1, 2]) == {1: PRAISED}
        assert said_of_items(session, []) == {}


# ---------------------------------------------------------------- beside a model


def test_a_coded_unit_holds_what_model_and_people_say_of_the_same_revision(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put_items(session, 1)
        label_all(session, model, hits={"incompetent": 0.8})
        draw(session, "one", {1: "relevant"}, {"relevant": 4})
        code(session, 1, FAILED, "ann")
        code(session, 1, PRAISED, "ben", now=LATER)
        code(session, 1, PRAISED, "eve", now=LATER)
        put(session, an_item("https://post.example/1", title="Story 1 changed"))
        label_all(session, model, relevant=False)
    with store.reading() as session:
        (unit,) = coded_units(session, model.id, WEEK, WEEK)
    assert (unit.item_id, unit.revision_id, unit.week, unit.sample) == (1, 1, WEEK, "one")
    assert (unit.outlet, unit.outlet_type, unit.nation) == ("Daily Post", "national", "England")
    assert (unit.relevant, unit.frames, unit.tone, unit.coders) == (True, frozenset({"positive"}), 1, 3)
    assert (unit.stratum, unit.inclusion) == ("relevant", 0.25)
    assert unit.label.relevant
    assert unit.label.frames["incompetent"].label
    assert unit.label.frames["incompetent"].p == pytest.approx(0.8, abs=1e-4)


def test_only_coded_and_labelled_units_of_random_samples_in_the_weeks_are_given(store: Store) -> None:
    with store.writing() as session:
        model, other = a_model(session), a_model(session, "other")
        put_items(session, 1, 2, 3, 4)
        put(session, an_item("https://post.example/5", at=NOW - timedelta(weeks=5)))
        label_all(session, model)
        put_items(session, 6)
        of: dict[Stratum, int] = {"relevant": 9}
        draw(session, "one", dict.fromkeys((1, 2, 5, 6), "relevant"), of)
        draw(session, "unsure", {3: "relevant", 4: "relevant"}, of, kind="uncertain")
        draw(session, "two", {4: "relevant"}, of)
        for item in (1, 3, 4, 5, 6):
            code(session, item, FAILED)
        first, second = (coded_units(session, one.id, WEEK.plus(-1), WEEK) for one in (model, other))
        third = coded_units(session, model.id, WEEK.plus(-5), WEEK)
    assert [unit.item_id for unit in first] == [1, 4]
    assert first[1].inclusion == pytest.approx(1 - (1 - 3 / 9) * (1 - 1 / 9))
    assert second == []
    assert [unit.item_id for unit in third] == [5, 1, 4]


def test_a_wire_copy_stands_beside_nothing_since_no_trend_counts_it(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put_items(session, 1, 2)
        label_all(session, model)
        draw(session, "one", {1: "relevant", 2: "relevant"}, {"relevant": 2})
        code(session, 1, FAILED)
        code(session, 2, FAILED)
        session.execute(update(ItemRow).where(ItemRow.id == 2).values(cluster_id=1))
        assert [unit.item_id for unit in coded_units(session, model.id, WEEK, WEEK)] == [1]


def test_chances_shrink_to_the_part_of_each_stratum_that_is_coded(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put_items(session, *range(1, 9))
        label_all(session, model)
        chosen: dict[int, Stratum] = {1: "relevant", 2: "relevant", 3: "close", 4: "relevant"}
        draw(session, "one", chosen, {"relevant": 6, "close": 2})
        for item in (1, 2, 3):
            code(session, item, FAILED)
        found = {unit.item_id: unit.inclusion for unit in coded_units(session, model.id, WEEK, WEEK)}
    assert found == pytest.approx({1: 2 / 6, 2: 2 / 6, 3: 1 / 2})


def test_chances_in_several_samples_count_those_that_might_have_drawn_an_item_but_did_not(
    store: Store,
) -> None:
    """Two samples of one stratum of 4, with 2 and 1 drawn and coded: 1 - (1 - 2/4) (1 - 1/4) for each."""
    with store.writing() as session:
        model = a_model(session)
        put_items(session, 1, 2, 3, 4)
        label_all(session, model)
        draw(session, "one", {1: "relevant", 2: "relevant"}, {"relevant": 4})
        draw(session, "two", {2: "relevant"}, {"relevant": 4})
        draw(session, "elsewhere", {3: "relevant"}, {"relevant": 4}, weeks=(WEEK.plus(1), WEEK.plus(1)))
        for item in (1, 2, 3):
            code(session, item, FAILED)
        found = {unit.item_id: unit.inclusion for unit in coded_units(session, model.id, WEEK, WEEK)}
    assert found == pytest.approx({1: 0.625, 2: 0.625, 3: 1 - 0.5 * 0.75 * 0.75})


def test_how_far_a_sample_is_coded_is_told_by_what_it_shares_with_no_other(store: Store) -> None:
    """Of "two", 3 of 4 items, item 2 has its code by "one"; of the others one of two is coded."""
    with store.writing() as session:
        model = a_model(session)
        put_items(session, 1, 2, 3, 4)
        label_all(session, model)
        draw(session, "one", {1: "relevant", 2: "relevant"}, {"relevant": 4})
        draw(session, "two", {2: "relevant", 3: "relevant", 4: "relevant"}, {"relevant": 4})
        for item in (1, 2, 3):
            code(session, item, FAILED)
        found = {unit.item_id: unit.inclusion for unit in coded_units(session, model.id, WEEK, WEEK)}
    assert found == pytest.approx(dict.fromkeys((1, 2, 3), 1 - (1 - 2 / 4) * (1 - 3 / 4 * 1 / 2)))


def test_the_stratum_of_an_item_that_was_not_drawn_is_that_of_the_time_of_the_draw(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put_items(session, 1, 2)
        label_all(session, model, relevant=True)
        sample = draw(session, "one", {1: "relevant"}, {"relevant": 2})
        put(session, an_item("https://post.example/2", title="Story 2 changed"), seen_at=LATER)
        labels = [
            Label(r.revision_id, r.item_id, a_judgement(relevant=False)) for r in unread(session, model)
        ]
        add_labels(session, model, labels, LATER)
        put(session, an_item("https://post.example/3", title="Story 3"), seen_at=LATER)
        assert strata_of(session, model) == {1: 0, 2: 1, 3: 3}
        assert strata_at_draw(session, sample, [1, 2, 3]) == {1: "relevant", 2: "relevant"}
        before = draw(session, "two", {1: "unlabelled"}, {"unlabelled": 2}, model=None)
        assert strata_at_draw(session, before, [1, 2, 3]) == {1: "unlabelled", 2: "unlabelled"}


# ---------------------------------------------------------------- erasure


def test_forgetting_an_item_erases_its_units_and_codes_and_leaves_the_sample_sound(store: Store) -> None:
    with store.writing() as session:
        a_model(session)
        put_items(session, 1, 2)
        draw(session, "one", {1: "relevant", 2: "relevant"}, {"relevant": 2})
        code(session, 1, FAILED)
        code(session, 2, FAILED)
    with store.writing() as session:
        forget(session, item_id=1, now=NOW)
    with store.reading() as session:
        for row in (UnitRow, CodeRow):
            assert session.scalars(select(row.item_id)).all() == [2]
        assert samples(session)[0].drawn == {"relevant": 2}
        assert session.scalars(select(func.count()).select_from(ItemRow)).one() == 1
    assert check(store) == []
