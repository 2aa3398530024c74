"""The model gate: nothing here may be skipped, and a missing corpus or model is a failure."""

from pathlib import Path

import pytest

from monitor.config.file import DEFAULT_MODEL
from monitor.label.corpus import Corpus, digest_of, read_corpus
from monitor.label.evaluate import evaluate
from monitor.label.gate import below_floors, read_floors
from monitor.label.registry import load_classifier, read_manifest, verified_artefact

MODELS = Path(__file__).resolve().parents[2] / "models"
SHIPPED = sorted(folder.parent for folder in MODELS.glob("*/manifest.json"))
LARGEST = 30_000_000


@pytest.fixture(scope="module", params=SHIPPED, ids=[folder.name for folder in SHIPPED])
def model(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_corpus(MODELS / "corpus")


def test_the_linear_model_and_the_default_one_are_shipped() -> None:
    assert {folder.name for folder in SHIPPED} >= {"linear", DEFAULT_MODEL}


def test_the_artefact_is_the_one_of_the_manifest_and_small(model: Path) -> None:
    assert len(verified_artefact(model, read_manifest(model))) < LARGEST


def test_the_model_was_trained_on_the_corpus_beside_it(corpus: Corpus, model: Path) -> None:
    assert read_manifest(model)["training"]["sha256"] == digest_of(corpus.training)


def test_no_item_of_the_evaluation_files_was_trained_on(corpus: Corpus) -> None:
    taught = {(item.title, item.text) for item in corpus.training}
    assert corpus.evaluation
    assert not [item.id for item in corpus.evaluation if (item.title, item.text) in taught]


def test_the_evaluation_items_are_those_that_the_floors_were_set_on(corpus: Corpus, model: Path) -> None:
    assert read_floors(model)["evaluation_sha256"] == digest_of(corpus.evaluation)


def test_scores_with_each_author_left_out_are_not_below_their_floors(model: Path) -> None:
    assert below_floors(read_manifest(model)["figures"], read_floors(model)["left_out"]) == []


def test_scores_on_the_author_kept_for_evaluation_are_not_below_their_floors(
    corpus: Corpus, model: Path
) -> None:
    figures = evaluate(corpus.evaluation, load_classifier(str(model)), seed=1)
    assert below_floors(figures, read_floors(model)["evaluation"]) == []


def test_the_card_gives_the_figures_of_the_manifest(model: Path) -> None:
    card = (model / "README.md").read_text("utf-8")
    assert f"{read_manifest(model)['figures']['macro']['f1']:.2f}" in card
    assert read_manifest(model)["sha256"] in card


def test_a_figure_below_its_floor_or_missing_is_told() -> None:
    figures = {
        "macro": {"f1": 0.4},
        "core": {"f1": None},
        "relevance": {"f1": 0.9, "specificity": 0.9},
        "tone": {"macro_f1": 0.6},
    }
    floors = {"macro_f1": 0.5, "core_f1": 0.5, "relevance_f1": 0.9}
    assert [line.split()[0] for line in below_floors(figures, floors)] == ["macro_f1", "core_f1"]
