"""From a sample to codes and back: drawn again alike, handed out blind, taken in whole or not at all."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.errors import InputError, UsageError
from monitor.label.corpus import read_coded
from monitor.pipeline.gold import (
    coded_items_of,
    draw_sample,
    import_codes,
    model_accuracy,
    next_unit,
    plan_codes,
    save_code,
    stored_agreement,
    tasks_of,
)
from monitor.pipeline.goldfiles import write_codes, write_tasks
from monitor.store.codes import coded_units, codes_of_sample
from monitor.store.maintain import backup
from monitor.store.open import Store, open_store
from monitor.store.samples import Sample, Unit, sample_of, units
from monitor.types import Code, Depth, StoredModel
from tests.store.builders import NOW, WEEK, a_model, an_item, label_all, put

HEADER = "unit,relevant,frames,tone\n"


def clock() -> datetime:
    return NOW


def later() -> datetime:
    return NOW + timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Thirty items about social work, ten off topic and five that are not labelled."""
    store = open_store(f"sqlite:///{tmp_path / 'monitor.db'}", create=True)
    with store.writing() as session:
        model = a_model(session)
        for first, last, relevant, hits in (
            (1, 20, True, {"incompetent": 0.9}),
            (21, 30, True, {}),
            (31, 40, False, {}),
        ):
            for n in range(first, last + 1):
                text = f"Passage {n}."
                put(
                    session,
                    an_item(f"https://post.example/{n}", title=f"Story {n}", summary="Said.", text=text),
                )
            label_all(session, model, relevant=relevant, hits=hits)
        for n in range(41, 46):
            put(session, an_item(f"https://post.example/{n}", title=f"Story {n}"))
    yield store
    store.close()


def drawn_units(store: Store, name: str) -> list[Unit]:
    with store.reading() as session:
        sample = sample_of(session, name)
        assert sample is not None
        return [one.unit for one in units(session, sample.id)]


def stored(store: Store, name: str = "random-1") -> list[Code]:
    with store.reading() as session:
        sample = sample_of(session, name)
        assert sample is not None
        return codes_of_sample(session, sample.id)


def a_file(tmp_path: Path, *lines: str, name: str = "codes.csv", header: str = HEADER) -> Path:
    path = tmp_path / name
    path.write_text(header + "".join(line + "\n" for line in lines), "utf-8")
    return path


def lines_for(store: Store, codes: str = "yes,positive,1") -> list[str]:
    return [f"{one.item_id}r{one.revision_id},{codes}" for one in drawn_units(store, "random-1")]


@pytest.fixture
def sample(store: Store, model: StoredModel) -> Sample:
    return draw_sample(store, model, clock, size=20)


# ---------------------------------------------------------------- drawing


def test_a_sample_is_stratified_over_all_items_with_exact_chances(store: Store, model: StoredModel) -> None:
    drawn = draw_sample(store, model, clock, size=20)

    assert drawn.items == {"relevant": 30, "close": 10, "unlabelled": 5}
    assert drawn.drawn == {"relevant": 12, "close": 6, "unlabelled": 2}
    assert len(drawn_units(store, drawn.name)) == 20


def test_the_same_seed_and_name_draw_the_same_items_again(
    store: Store, model: StoredModel, tmp_path: Path
) -> None:
    backup(store, tmp_path / "copy.db")
    draw_sample(store, model, clock, size=20, name="one", seed=7)
    draw_sample(store, model, clock, size=20, name="two", seed=7)
    copy = open_store(f"sqlite:///{tmp_path / 'copy.db'}")
    draw_sample(copy, model, clock, size=20, name="one", seed=7)

    assert drawn_units(copy, "one") == drawn_units(store, "one") != drawn_units(store, "two")
    copy.close()


def test_samples_are_numbered_and_a_name_is_given_once(store: Store, model: StoredModel) -> None:
    names = [draw_sample(store, model, clock, size=3).name for _ in range(2)]

    assert names == ["random-1", "random-2"]
    with pytest.raises(UsageError, match="stored already"):
        draw_sample(store, model, clock, size=2, name="random-1")
    with pytest.raises(UsageError, match="at least 3"):
        draw_sample(store, model, clock, size=2)
    with pytest.raises(UsageError, match="no name"):
        draw_sample(store, model, clock, size=2, name=" ")


def test_a_sample_may_be_drawn_before_anything_is_labelled(store: Store) -> None:
    drawn = draw_sample(store, None, clock, size=9)

    assert (drawn.model, drawn.items, drawn.drawn) == (None, {"unlabelled": 45}, {"unlabelled": 9})


def test_where_there_is_nothing_to_draw_from_no_sample_is_made(store: Store, model: StoredModel) -> None:
    weeks = (WEEK.plus(5), WEEK.plus(6))
    with pytest.raises(UsageError, match="nothing to draw"):
        draw_sample(store, model, clock, weeks=weeks)
    with pytest.raises(UsageError, match="close call"):
        draw_sample(store, model, clock, kind="uncertain")
    with store.reading() as session:
        assert sample_of(session, "random-1") is None


# ---------------------------------------------------------------- handing out


def test_coders_see_title_and_summary_and_nothing_that_a_model_said(
    store: Store, sample: Sample, tmp_path: Path
) -> None:
    tasks = tasks_of(store, sample.name, "passages")
    for form in ("csv", "labelstudio"):
        write_tasks(tasks, form, tmp_path / "out", "")
        written = (tmp_path / "out").read_text("utf-8")
        assert "Story" in written
        for word in (
            "incompetent",
            'relevant"',
            "close",
            "unlabelled",
            "linear",
            "Passage",
            "0.9",
            "Daily Post",
        ):
            assert word not in written, word


def test_passages_leave_only_where_they_are_asked_for_and_the_text_policy_lets_them(
    store: Store, sample: Sample
) -> None:
    def passages(policy: str, *, with_text: bool) -> bool:
        tasks = tasks_of(store, sample.name, policy, with_text=with_text)  # type: ignore[arg-type]
        return any(task.passages for task in tasks)

    assert passages("passages", with_text=True)
    assert not passages("passages", with_text=False)
    assert not passages("none", with_text=True)


def test_units_are_handed_out_one_by_one_until_a_coder_has_coded_all(store: Store, sample: Sample) -> None:
    order = drawn_units(store, sample.name)
    met = []
    while (unit := next_unit(store, sample.name, "ann")) is not None:
        met.append(unit.unit)
        assert save_code(store, unit.unit, "ann", {"relevant": "no"}, clock) == ("new", [])

    assert met == order
    waiting = next_unit(store, sample.name, "ben")
    assert waiting is not None
    assert waiting.unit == order[0]


def test_what_a_coding_page_sends_is_checked_and_kept_only_where_it_is_right(
    store: Store, sample: Sample
) -> None:
    unit = drawn_units(store, sample.name)[0]
    bad = save_code(store, unit, "ann", {"relevant": "yes", "frames": "lazy", "tone": "5"}, clock)

    assert bad[0] is None
    assert len(bad[1]) == 2
    assert stored(store) == []
    for coder in ("", "model:linear", "linear", "Linear@1"):
        with pytest.raises(UsageError, match="coder"):
            save_code(store, unit, coder, {"relevant": "no"}, clock)
    with pytest.raises(UsageError, match="no sample holds"):
        save_code(store, Unit(99, 99, Depth.TITLE), "ann", {"relevant": "no"}, clock)
    outcomes = [
        save_code(store, unit, "ann", {"relevant": said}, at)[0]
        for said, at in (
            ("no", clock),
            ("yes", later),
            ("yes", later),
            ("no", lambda: NOW + timedelta(days=1)),
        )
    ]
    assert outcomes == ["new", "revised", "duplicate", "revised"]


# ---------------------------------------------------------------- taking in


def test_importing_the_same_codes_twice_changes_nothing(store: Store, sample: Sample, tmp_path: Path) -> None:
    path = a_file(tmp_path, *lines_for(store))
    first = import_codes(store, path, clock, coder="ann")
    before = stored(store)
    second = import_codes(store, path, later, coder="ann")

    assert (first.intake.read, first.intake.new, first.coders) == (20, 20, ("ann",))
    assert (second.intake.read, second.intake.new, second.intake.duplicate) == (20, 0, 20)
    assert stored(store) == before


def test_two_coders_codes_stand_beside_each_other(store: Store, sample: Sample, tmp_path: Path) -> None:
    import_codes(store, a_file(tmp_path, *lines_for(store)), clock, coder="ann")
    import_codes(store, a_file(tmp_path, *lines_for(store, "no,,")), clock, coder="ben")

    said = {(code.coder, code.said.relevant) for code in stored(store)}
    assert said == {("ann", True), ("ben", False)}
    assert len(stored(store)) == 40


def test_with_one_bad_line_nothing_is_imported_and_every_problem_is_named(
    store: Store, sample: Sample, tmp_path: Path
) -> None:
    good = lines_for(store)
    path = a_file(
        tmp_path, good[0], "999r999,no,,", good[1].replace("positive", "lazy"), "7r31,no,,", good[2]
    )
    with pytest.raises(InputError) as caught:
        import_codes(store, path, clock, coder="ann")

    lines = str(caught.value).splitlines()
    assert [line.removeprefix(f"{path}: ").split(":")[0] for line in lines] == ["line 3", "line 4", "line 5"]
    assert "no sample holds a unit 999r999" in lines[0]
    assert stored(store) == []


def test_an_item_of_a_sample_may_be_named_without_its_revision(
    store: Store, sample: Sample, tmp_path: Path
) -> None:
    unit = drawn_units(store, sample.name)[0]
    import_codes(store, a_file(tmp_path, f"{unit.item_id},no,,"), clock, coder="ann")

    assert [code.revision_id for code in stored(store)] == [unit.revision_id]


def test_codes_by_a_model_are_never_taken_for_those_of_people(
    store: Store, sample: Sample, tmp_path: Path
) -> None:
    path = a_file(tmp_path, lines_for(store)[0] + ",linear@1", header="unit,relevant,frames,tone,coder\n")

    with pytest.raises(InputError, match="is a model"):
        import_codes(store, path, clock)
    with pytest.raises(UsageError, match="is a model"):
        import_codes(store, path, clock, coder="linear")
    assert stored(store) == []


def test_label_studio_tasks_come_back_with_each_annotators_codes(
    store: Store, sample: Sample, tmp_path: Path
) -> None:
    write_tasks(tasks_of(store, sample.name, "none"), "labelstudio", tmp_path / "tasks.json")
    tasks = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    for number, task in enumerate(tasks):
        task |= {"id": number, "annotations": []}
        for by in ("ann@x.example", "ben@x.example")[: 2 - number % 2]:
            result = [{"from_name": "relevant", "type": "choices", "value": {"choices": ["no"]}}]
            task["annotations"].append({"completed_by": {"email": by}, "result": result})
    (tmp_path / "done.json").write_text(json.dumps(tasks), "utf-8")
    done = import_codes(store, tmp_path / "done.json", clock)

    assert (done.intake.new, done.blank, done.coders) == (30, 0, ("ann@x.example", "ben@x.example"))


# ---------------------------------------------------------------- agreement


def test_coders_of_a_sample_are_compared_on_what_both_have_coded(
    store: Store, sample: Sample, tmp_path: Path
) -> None:
    lines = lines_for(store)
    import_codes(store, a_file(tmp_path, *lines[:15]), clock, coder="ann")
    changed = [line.replace("positive", "incompetent") for line in lines[12:]]
    import_codes(store, a_file(tmp_path, *lines[5:12], *changed), clock, coder="ben")
    (pair,) = stored_agreement(store, sample.name).pairs
    figures = {one.code: one for one in pair.figures}

    assert (pair.first, pair.second, figures["positive"].n) == ("ann", "ben", 10)
    assert (figures["positive"].first, figures["positive"].second, figures["positive"].both) == (10, 7, 7)
    assert figures["positive"].positive_agreement == pytest.approx(14 / 17)


def test_agreement_needs_two_people_on_one_unit(store: Store, sample: Sample, tmp_path: Path) -> None:
    import_codes(store, a_file(tmp_path, *lines_for(store)[:5]), clock, coder="ann")
    import_codes(store, a_file(tmp_path, *lines_for(store)[5:]), clock, coder="ben")
    found = stored_agreement(store, sample.name)
    assert found.pairs == []
    assert found.reason.endswith("no unit is coded by two people yet (coded by: ann, ben)")
    with pytest.raises(UsageError, match="no sample 'nine'"):
        stored_agreement(store, "nine")


def test_a_model_is_weighed_by_the_chances_of_the_units(
    store: Store, model: StoredModel, sample: Sample, tmp_path: Path
) -> None:
    """People call all 12 drawn of 30 relevant ones relevant, and all 6 of 10 others: 30 of 40 are found."""
    import_codes(store, a_file(tmp_path, *lines_for(store)), clock, coder="ann")
    relevant, *frames = model_accuracy(store, model).figures

    assert (relevant.code, relevant.units, relevant.said, relevant.coded) == ("relevant", 18, 12, 18)
    assert relevant.precision.share == 1.0
    assert relevant.recall.share == pytest.approx(0.75)
    assert relevant.recall.low is not None
    assert relevant.recall.low < 0.7
    assert [one.code for one in frames] == list(model.frames)
    positive = next(one for one in frames if one.code == "positive")
    assert (positive.precision.share, positive.recall.share) == (None, 0.0)


def test_a_model_is_not_measured_on_nothing(store: Store, model: StoredModel, sample: Sample) -> None:
    found = model_accuracy(store, model)
    assert not found.figures
    assert found.reason.startswith("no unit of a random sample is coded")


def test_a_plan_counts_what_is_coded_and_draws_nothing(
    store: Store, model: StoredModel, sample: Sample, tmp_path: Path
) -> None:
    import_codes(store, a_file(tmp_path, *lines_for(store, "yes,incompetent,-1")), clock, coder="ann")
    before = [drawn_units(store, sample.name)]
    needs = {need.frame: need for need in plan_codes(store, model, 0.1)}

    assert list(needs) == ["incompetent", "over_zealous", "positive"]
    found = needs["incompetent"]
    assert (found.items, found.coded) == (30, 12)
    assert found.share == pytest.approx(2 / 3)
    assert found.relevant_codes == 23  # z² p q / d² = 85.4 of 30 items
    assert needs["positive"].reason
    assert [drawn_units(store, sample.name)] == before


# ---------------------------------------------------------------- codes for training


def test_codes_are_written_in_the_form_that_training_and_evaluation_read(
    store: Store, sample: Sample, tmp_path: Path
) -> None:
    import_codes(store, a_file(tmp_path, *lines_for(store)), clock, coder="ann")
    import_codes(store, a_file(tmp_path, *lines_for(store, "no,,")), clock, coder="ben")
    count = write_codes(coded_items_of(store, sample.name), tmp_path / "gold.jsonl", each_coder=True)
    coded = read_coded(tmp_path / "gold.jsonl")

    assert count == len(coded) == 40
    assert {(one.author, one.relevant, one.frames, one.tone) for one in coded} == {
        ("ann", True, ("positive",), 1),
        ("ben", False, (), None),
    }
    assert all(one.title.startswith("Story") for one in coded)


def test_the_correction_reads_what_was_imported(
    store: Store, model: StoredModel, sample: Sample, tmp_path: Path
) -> None:
    import_codes(store, a_file(tmp_path, *lines_for(store)[:10]), clock, coder="ann")
    with store.reading() as session:
        found = coded_units(session, model.id, WEEK, WEEK)

    assert found
    assert sum(1 / unit.inclusion for unit in found) == pytest.approx(40)
