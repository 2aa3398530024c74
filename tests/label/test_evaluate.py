import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from monitor.errors import InputError
from monitor.label import metrics
from monitor.label.classifiers.linear import LinearClassifier
from monitor.label.corpus import Coded
from monitor.label.evaluate import evaluate
from monitor.types import PassageScores
from tests.label.conftest import FRAMES, ToldClassifier, say

TOLD = ToldClassifier(
    {
        "missed": say(incompetent=0.9, tone=(0.9, 0.1, 0.0)),
        "thanked": say(positive=0.9, tone=(0.0, 0.1, 0.9)),
        "marathon": say(relevant=0.1),
    }
)
ITEMS = [
    Coded("1", "Social workers missed it", "", True, ("incompetent",), -1),
    Coded("2", "Social workers thanked", "", True, ("positive",), 2),
    Coded("3", "Social workers thanked but late", "", True, ("incompetent",), -2),
    Coded("4", "Social worker wins marathon", "", False),
    Coded("5", "Social workers meet", "", True, (), 0),
    Coded("6", "Social worker in the cast", "", False),
]


def test_figures_have_the_shape_of_the_contract() -> None:
    figures = evaluate(ITEMS, TOLD, seed=1)
    assert {"n", "frames", "macro", "micro", "core", "relevance", "tone", "ece"} <= set(figures)
    assert figures["n"] == 6
    assert figures["frames"]["incompetent"] == {  # type: ignore[index]
        "precision": 1.0,
        "recall": 0.5,
        "f1": 0.6667,
        "average_precision": pytest.approx(0.7, abs=0.2),
        "support": 2,
        "alpha": pytest.approx(0.5926, abs=1e-3),
    }
    json.dumps(figures, allow_nan=False)


def test_macro_is_over_frames_with_support_and_core_over_the_core_ones() -> None:
    figures = evaluate(ITEMS, TOLD, seed=1)
    assert figures["macro"] == {"f1": pytest.approx(0.6667, abs=1e-4)}
    assert figures["core"] == figures["macro"]


def test_frames_that_a_model_does_not_know_are_named_with_the_items_coded_so() -> None:
    one = ToldClassifier(
        {"": PassageScores(0.9, {"incompetent": 0.9}, (0.9, 0.1, 0.0))}, frames=("incompetent",)
    )
    figures = evaluate(ITEMS[:2], one, seed=1)
    assert list(figures["frames"]) == ["incompetent"]  # type: ignore[call-overload]
    assert figures["not_scored"] == {
        frame: int(frame == "positive") for frame in FRAMES if frame != "incompetent"
    }
    assert evaluate(ITEMS, TOLD, seed=1)["not_scored"] == {}


def test_relevance_counts_off_topic_items_that_were_let_through() -> None:
    relevance = evaluate(ITEMS, TOLD, seed=1)["relevance"]
    assert relevance == {"precision": 0.8, "recall": 1.0, "f1": 0.8889, "specificity": 0.5, "support": 4}


def test_tone_is_measured_on_relevant_items_alone() -> None:
    tone = evaluate(ITEMS, TOLD, seed=1)["tone"]
    assert tone["support"] == 4  # type: ignore[index]
    assert tone["f1"] == {"negative": 0.6667, "neutral": 1.0, "positive": 0.6667}  # type: ignore[index]


def test_intervals_hold_the_figure_and_depend_on_the_seed_alone(
    small_model: LinearClassifier, coded: list[Coded]
) -> None:
    figures, again = (evaluate(coded, small_model, seed=3) for _ in range(2))
    low, high = figures["intervals"]["macro_f1"]  # type: ignore[index]
    assert low <= figures["macro"]["f1"] <= high  # type: ignore[index]
    assert figures == again


def test_items_of_one_kind_alone_give_none_and_not_an_error() -> None:
    off = [item for item in ITEMS if not item.relevant]
    figures = evaluate(off, TOLD, seed=1)
    assert figures["macro"] == {"f1": None}
    assert figures["tone"]["macro_f1"] is None  # type: ignore[index]
    on = evaluate([item for item in ITEMS if item.relevant], TOLD, seed=1)
    assert on["relevance"]["specificity"] is None  # type: ignore[index]


def test_nothing_to_measure_on_is_refused() -> None:
    with pytest.raises(InputError):
        evaluate([], TOLD, seed=1)


def test_a_tone_that_was_not_coded_is_left_out() -> None:
    figures = evaluate([replace(item, tone=None) for item in ITEMS], TOLD, seed=1)
    assert figures["tone"]["support"] == 0  # type: ignore[index]


# ---------------------------------------------------------------- against published values and scikit-learn


def test_alpha_is_krippendorffs_own_example() -> None:
    # Krippendorff (2011), section A: ten objects, two observers, alpha 0.095
    one = np.array([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], dtype=bool)
    other = np.array([1, 1, 1, 0, 0, 1, 0, 0, 0, 0], dtype=bool)
    assert metrics.binary_alpha(one, other) == pytest.approx(0.095, abs=5e-4)


def test_alpha_is_none_where_nothing_varies_and_one_where_all_agree() -> None:
    none = np.zeros(5, dtype=bool)
    some = np.array([1, 0, 0, 1, 0], dtype=bool)
    assert metrics.binary_alpha(none, none) is None
    assert metrics.binary_alpha(some, some) == 1


columns = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.1, 0.3, 0.3, 0.7, 0.9])), min_size=2, max_size=40
)


@given(columns)
def test_average_precision_is_scikit_learns(pairs: list[tuple[bool, float]]) -> None:
    gold = np.array([pair[0] for pair in pairs])
    scores = np.array([pair[1] for pair in pairs])
    found = metrics.average_precision(gold, scores)
    if gold.any():
        assert found == pytest.approx(average_precision_score(gold, scores))
    else:
        assert found is None


@given(columns)
def test_f1_is_scikit_learns(pairs: list[tuple[bool, float]]) -> None:
    gold = np.array([pair[0] for pair in pairs])
    said = np.array([pair[1] > 0.5 for pair in pairs])
    assert metrics.f1_of(*metrics.counts(gold, said)[:3]) == pytest.approx(
        f1_score(gold, said, zero_division=0)
    )
    whole = metrics.resampled_f1(gold[:, None], said[:, None], np.ones((1, len(gold)), dtype=np.int64))
    if gold.any():
        assert whole[0, 0] == pytest.approx(f1_score(gold, said, zero_division=0))


def test_calibration_error_is_the_gap_between_said_and_seen() -> None:
    gold = np.array([True, False, False, False])
    assert metrics.calibration_error(gold, np.full(4, 0.25)) == pytest.approx(0)
    assert metrics.calibration_error(gold, np.full(4, 0.95)) == pytest.approx(0.7)
