from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.label.aggregate import judge_all
from monitor.label.card import write_card
from monitor.label.corpus import Coded
from monitor.label.coverage import COVERAGES, coverage_curve, is_exact, sureness
from monitor.label.evaluate import evaluate
from monitor.label.registry import read_manifest
from monitor.types import Depth, Judgement
from tests.label.conftest import FRAMES, ToldClassifier, say

TOLD = ToldClassifier(
    {
        "missed": say(relevant=0.8, incompetent=0.6),
        "thanked": say(relevant=0.9, positive=0.9),
        "marathon": say(relevant=0.3, positive=0.3),
        "never": say(relevant=0.0),
    }
)


def judged(title: str) -> Judgement:
    return judge_all([(title, "", Depth.TITLE)], TOLD)[0]


def test_sureness_is_the_chance_that_relevance_and_every_frame_are_right() -> None:
    assert sureness(judged("Social workers meet")) == pytest.approx(0.9)
    assert sureness(judged("Social workers missed it")) == pytest.approx(0.8 * 0.6 / 0.8)
    assert sureness(judged("Social workers thanked")) == pytest.approx(0.9)


def test_a_frame_adds_no_doubt_to_an_item_that_is_off_topic() -> None:
    assert sureness(judged("Social worker in the marathon")) == pytest.approx(0.7)
    assert sureness(judged("Social worker never")) == 1


def test_a_chance_that_says_nothing_gives_no_division_by_zero() -> None:
    assert sureness(replace(judged("Social worker never"), relevant=True)) == 0


def test_an_item_is_exact_where_relevance_and_all_frames_are_as_coded() -> None:
    said = judged("Social workers missed it")
    item = Coded("1", "Social workers missed it", "", True, ("incompetent",), -1)
    assert is_exact(item, said)
    assert is_exact(replace(item, tone=2), said)
    assert not is_exact(replace(item, frames=("incompetent", "blamed")), said)
    assert not is_exact(replace(item, frames=()), said)
    assert not is_exact(replace(item, relevant=False, frames=()), judged("Social workers meet"))


def test_a_frame_that_a_model_does_not_know_counts_as_missed() -> None:
    short = ToldClassifier({}, frames=FRAMES[:1])
    said = judge_all([("Social workers thanked", "", Depth.TITLE)], replace_frames(short))[0]
    assert not is_exact(Coded("1", "Social workers thanked", "", True, ("positive",), 1), said)


def replace_frames(told: ToldClassifier) -> ToldClassifier:
    only = say()
    return replace(told, rules={"": replace(only, frames={FRAMES[0]: 0.0})})


def test_the_surest_are_kept_and_the_number_is_rounded_up() -> None:
    exact = np.array([True, False, True, False, True, True, True])
    sure = np.array([0.9, 0.1, 0.8, 0.2, 0.7, 0.6, 0.5])
    curve = coverage_curve(exact, sure)
    assert [point["coverage"] for point in curve] == list(COVERAGES)
    assert [point["n"] for point in curve] == [7, 7, 6, 5, 5, 4]
    assert [point["exact"] for point in curve] == [0.7143, 0.7143, 0.8333, 1.0, 1.0, 1.0]


def test_where_all_are_equally_sure_nothing_is_gained_by_keeping_fewer() -> None:
    curve = coverage_curve(np.array([True] * 5 + [False] * 5), np.full(10, 0.5))
    assert {point["exact"] for point in curve} == {0.5}


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.9])), min_size=1, max_size=30),
    st.randoms(),
)
def test_the_order_of_items_plays_no_part(pairs: list[tuple[bool, float]], chance: object) -> None:
    shuffled = list(pairs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (
        coverage_curve(np.array([right for right, _ in some]), np.array([sure for _, sure in some]))
        for some in (pairs, shuffled)
    )
    assert [point["exact"] for point in one] == pytest.approx([point["exact"] for point in other], abs=2e-4)
    assert one[0]["exact"] == pytest.approx(np.mean([right for right, _ in pairs]), abs=1e-4)


def test_evaluate_names_the_model_and_gives_the_curve() -> None:
    items = [
        Coded("1", "Social workers missed it", "", True, ("positive",), 1),
        Coded("2", "Social workers thanked", "", True, ("positive",), 2),
    ]
    figures = evaluate(items, TOLD, seed=1)
    assert figures["model"] == "told@1"
    curve = figures["coverage"]
    assert isinstance(curve, list)
    assert curve[0] == {"coverage": 1.0, "n": 2, "exact": 0.5}
    assert curve[-1] == {"coverage": 0.5, "n": 1, "exact": 1.0}


def test_a_card_shows_the_curve(model_folder: Path) -> None:
    card = (model_folder / "README.md").read_text("utf-8")
    figures = read_manifest(model_folder)["figures"]
    for point in figures["coverage"]:
        assert f"| {point['coverage']:.0%} | {point['exact']:.2f} | {point['n']} |" in card
    assert card.count("## ") == card.count("\n\n## ")


def test_the_card_of_an_older_model_goes_without_the_curve(model_folder: Path, tmp_path: Path) -> None:
    manifest = read_manifest(model_folder)
    del manifest["figures"]["coverage"]
    write_card(tmp_path, manifest)
    card = (tmp_path / "README.md").read_text("utf-8")
    assert "surest" not in card
    assert "## Known failures" in card
    assert "\n\n\n" not in card
