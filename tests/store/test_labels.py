"""What waits for a model, and what is stored of its labels."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from monitor.errors import ModelError
from monitor.store.forget import forget
from monitor.store.labels import (
    Disagreement,
    add_labels,
    count_to_label,
    disagreements,
    label_of,
    readings_to_label,
)
from monitor.store.models import newest_model, register_model, stored_models
from monitor.store.open import Store
from monitor.store.schema import LabelRow
from monitor.types import Depth, Evidence, FrameLabel, Label, Reading
from tests.store.builders import (
    FRAMES,
    NOW,
    WEEK,
    a_judgement,
    a_model,
    an_item,
    half,
    label_all,
    put,
    unread,
)


def test_a_model_is_registered_once_by_its_version(store: Store) -> None:
    with store.writing() as session:
        first = a_model(session)
        again = a_model(session)
    assert first == again
    assert (first.version, first.frames, first.codebook) == ("linear@1", FRAMES, "0.2")


def test_models_are_listed_with_the_newest_last(store: Store) -> None:
    with store.writing() as session:
        for version, days in (("a@2", 0), ("a@1", -1), ("b@1", 1)):
            at = NOW + timedelta(days=days)
            name = version.split("@")[0]
            register_model(session, version=version, name=name, codebook="0.2", frames=FRAMES, now=at)
        assert [model.version for model in stored_models(session)] == ["a@1", "a@2", "b@1"]
        newest = newest_model(session, "a")
        assert newest is not None
        assert newest.version == "a@2"
        assert newest_model(session, "c") is None


@pytest.mark.parametrize("frames", [FRAMES[:2], ("two words",), [f"f{n}" for n in range(63)]])
def test_a_model_whose_labels_could_not_be_read_back_is_refused(store: Store, frames: list[str]) -> None:
    with store.writing() as session:
        a_model(session)
        with pytest.raises(ModelError, match="linear@1"):
            a_model(session, frames=frames)


def test_an_item_waits_with_its_headline_and_its_text(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item("https://post.example/1", title="One"))
        put(session, an_item("https://post.example/2", title="Two", summary="Said.", text="An article."))
        assert unread(session, model) == [
            Reading(1, 1, Depth.TITLE, "One", ""),
            Reading(2, 2, Depth.SUMMARY, "Two", "Said."),
            Reading(2, 2, Depth.FULL, "Two", "An article."),
        ]
        assert count_to_label(session, model.id) == 2


def test_pages_of_readings_go_on_after_the_last_revision(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, *(an_item(f"https://post.example/{n}", text="An article.") for n in range(3)))
        first = readings_to_label(session, model.id, after=0, limit=2)
        rest = readings_to_label(session, model.id, after=first[-1].revision_id, limit=2)
    assert [r.revision_id for r in first] == [1, 1, 2, 2]
    assert [r.revision_id for r in rest] == [3, 3]


def test_only_items_of_the_weeks_asked_for_wait(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        for week in range(3):
            put(session, an_item(f"https://post.example/{week}", at=NOW - timedelta(weeks=week)))
        weeks = (WEEK.plus(-1), WEEK)
        found = readings_to_label(session, model.id, after=0, limit=9, weeks=weeks)
        assert [r.item_id for r in found] == [1, 2]
        assert count_to_label(session, model.id, weeks) == 2


def test_what_a_model_has_read_waits_only_for_the_others(store: Store) -> None:
    with store.writing() as session:
        first, second = a_model(session, "first"), a_model(session, "second")
        put(session, an_item(text="An article."))
        label_all(session, first)
        assert unread(session, first) == []
        assert len(unread(session, second)) == 2
        put(session, an_item(title="Another headline"))
        assert [r.depth for r in unread(session, first)] == [Depth.TITLE, Depth.FULL]


def test_half_of_a_revision_that_was_not_read_still_waits(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item(text="An article."))
        add_labels(session, model, [Label(1, 1, a_judgement(Depth.TITLE))], NOW)
        assert [r.depth for r in unread(session, model)] == [Depth.FULL]


def test_a_label_is_given_back_as_it_was_made(store: Store) -> None:
    evidence = (Evidence("incompetent", "a passage", 3, 12), Evidence("positive", "another", 20, 27))
    judgement = a_judgement(hits={"incompetent": 1.0, "positive": 0.0}, mentions=3, evidence=evidence)
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item())
        add_labels(session, model, [Label(1, 1, judgement)], NOW)
        assert label_of(session, 1, model) == Label(1, 1, judgement)
        assert label_of(session, 1, model, "full") is None


def test_margins_are_derived_from_what_the_model_needs(store: Store) -> None:
    said = a_judgement(Depth.FULL, hits={"incompetent": 0.65, "positive": 0.65})
    frames = {**said.frames, "positive": replace(said.frames["positive"], cautious=True)}
    hardly = a_judgement(relevant=False, hits={"incompetent": 0.4})
    with store.writing() as session:
        model = a_model(session, needed=half(relevant=0.15))
        put(session, an_item(text="An article."))
        made = [Label(1, 1, replace(said, frames=frames)), Label(1, 1, replace(hardly, frames=frames))]
        add_labels(session, model, made, NOW)
        full, headline = (label_of(session, 1, model, reading) for reading in ("full", "headline"))
    assert full is not None
    assert headline is not None
    assert full.judgement.relevant_margin == pytest.approx(0.75)
    assert full.judgement.relevant_unclear is False
    margins = {frame: label.margin for frame, label in full.judgement.frames.items()}
    assert (margins["incompetent"], margins["positive"]) == pytest.approx((0.15, 0.05), abs=1e-4)
    assert headline.judgement.relevant_margin == pytest.approx(-0.05)
    assert headline.judgement.relevant_unclear


def test_a_frame_of_what_is_not_relevant_is_never_nearer_than_relevance(store: Store) -> None:
    likely = FrameLabel(0.9, label=False, unclear=True)
    judgement = a_judgement(relevant=False)
    with store.writing() as session:
        model = a_model(session, needed=half(relevant=0.15))
        put(session, an_item())
        frames = {**judgement.frames, "positive": likely}
        add_labels(session, model, [Label(1, 1, replace(judgement, frames=frames))], NOW)
        found = label_of(session, 1, model)
    assert found is not None
    assert found.judgement.frames["positive"].margin == found.judgement.relevant_margin
    assert found.judgement.frames["incompetent"].margin == pytest.approx(-0.5)


@pytest.mark.parametrize(("p", "needed"), [(0.500011, 0.50001), (0.500005, 0.500006)])
def test_a_margin_keeps_the_side_of_the_label_whatever_is_rounded(
    store: Store, p: float, needed: float
) -> None:
    judgement = a_judgement()
    frames = {**judgement.frames, "positive": FrameLabel(p, label=p >= needed, unclear=True)}
    with store.writing() as session:
        model = a_model(session, needed=half(frames=needed))
        put(session, an_item())
        add_labels(session, model, [Label(1, 1, replace(judgement, frames=frames))], NOW)
        found = label_of(session, 1, model)
    assert found is not None
    margin = found.judgement.frames["positive"].margin
    assert margin is not None
    assert margin >= 0 if p >= needed else margin <= 0


def test_of_labels_made_before_it_was_kept_what_was_needed_only_the_margin_of_tone_is_known(
    store: Store,
) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item())
        label_all(session, model, hits={"positive": 0.9})
        session.execute(update(LabelRow).values(cautious=None))
        before = label_of(session, 1, model)
        after = label_of(session, 1, a_model(session, needed=half()))
        kept = a_model(session, needed=half(relevant=0.7))
    assert before is not None
    assert after is not None
    assert (before.judgement.relevant_margin, before.judgement.relevant_unclear) == (None, None)
    assert before.judgement.tone_margin == pytest.approx(0.25)
    assert after.judgement.relevant_margin == pytest.approx(0.4)
    assert {label.margin for one in (before, after) for label in one.judgement.frames.values()} == {None}
    assert kept.needed == half()


def test_a_label_is_never_overwritten(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item())
        add_labels(session, model, [Label(1, 1, a_judgement(hits={"positive": 1.0}))], NOW)
        later = a_judgement(Depth.SUMMARY, hits={"incompetent": 1.0})
        add_labels(session, model, [Label(1, 1, later), Label(1, 1, a_judgement())], NOW)
        stored = label_of(session, 1, model)
        assert stored is not None
        assert stored.judgement.primary == "positive"
        assert session.scalars(select(func.count()).select_from(LabelRow)).one() == 1


def test_the_label_of_a_revision_erased_meanwhile_is_dropped(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item())
        readings = unread(session, model)
        forget(session, item_id=1, now=NOW)
        put(session, an_item("https://post.example/2"))
        add_labels(session, model, [Label(r.revision_id, r.item_id, a_judgement()) for r in readings], NOW)
        assert session.scalars(select(LabelRow)).all() == []


def test_a_label_with_other_frames_than_its_model_is_refused(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item())
        with pytest.raises(ModelError, match="positive"):
            add_labels(session, model, [Label(1, 1, a_judgement(frames=FRAMES[:2]))], NOW)


def test_mentions_stop_at_what_a_byte_holds(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item())
        add_labels(session, model, [Label(1, 1, a_judgement(hits={"positive": 1.0}, mentions=999))], NOW)
        stored = label_of(session, 1, model)
    assert stored is not None
    assert (stored.judgement.mentions, stored.judgement.frames["positive"].mentions) == (999, 255)


def test_two_models_are_compared_on_what_both_have_read(store: Store) -> None:
    with store.writing() as session:
        old, new = a_model(session, "old"), a_model(session, "new", ("positive", "blamed"))
        put(session, *(an_item(f"https://post.example/{n}") for n in range(3)))
        one, two, three = unread(session, old)
        both = {"hits": {"positive": 0.9}}
        for reading in (one, two, three):
            label = Label(reading.revision_id, reading.item_id, a_judgement(**both))  # type: ignore[arg-type]
            add_labels(session, old, [label], NOW)
        agrees = a_judgement(hits={"positive": 0.9}, frames=new.frames)
        differs = a_judgement(hits={"blamed": 0.9}, frames=new.frames)
        no = replace(agrees, relevant=False)
        for reading, judgement in ((one, agrees), (two, differs)):
            add_labels(session, new, [Label(reading.revision_id, reading.item_id, judgement)], NOW)
        found = disagreements(session, old, new)
        nothing = disagreements(session, old, new, (WEEK.plus(1), WEEK.plus(1)))
        add_labels(session, new, [Label(three.revision_id, three.item_id, no)], NOW)
        relevance = disagreements(session, old, new, (WEEK, WEEK))[0]
    assert found == [
        Disagreement("relevant", 2, old=2, new=2, both=2),
        Disagreement("positive", 2, old=2, new=1, both=1),
        Disagreement("blamed", 2, old=0, new=1, both=0),
        Disagreement("incompetent", 2, old=0, new=0, both=0),
        Disagreement("over_zealous", 2, old=0, new=0, both=0),
    ]
    assert {row.compared for row in nothing} == {0}
    assert relevance == Disagreement("relevant", 3, old=3, new=2, both=2)
