"""The model gate: nothing here may be skipped, and a missing corpus or model is a failure."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.config.file import DEFAULT_MODEL
from monitor.label.corpus import Coded, Corpus, digest_of, read_corpus
from monitor.label.evaluate import evaluate
from monitor.label.gate import (
    MOST_FRAMELESS_FRAMED,
    REQUIRED_OF_ARTICLES,
    article_figures,
    below_floors,
    headline_figures,
    read_articles,
    read_floors,
    set_floors,
)
from monitor.label.registry import load_classifier, read_manifest, verified_artefact
from tests.gate.conftest import gated_models

MODELS = Path(__file__).resolve().parents[2] / "models"
SHIPPED, _ = gated_models(MODELS)
LARGEST = 30_000_000


@pytest.fixture(scope="module", params=SHIPPED, ids=[folder.name for folder in SHIPPED])
def model(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_corpus(MODELS / "corpus")


@pytest.fixture(scope="module")
def articles() -> list[Coded]:
    return read_articles(MODELS / "corpus" / "articles")


def test_the_linear_model_and_the_default_one_are_shipped() -> None:
    assert {folder.name for folder in SHIPPED} >= {"linear", DEFAULT_MODEL}


def test_the_files_are_those_of_the_manifest_and_small_together(model: Path) -> None:
    assert size_of(model) < LARGEST


def size_of(model: Path) -> int:
    """Return the bytes of all files that a manifest names, each checked against its digest."""
    manifest = read_manifest(model)
    named = [manifest, *manifest.get("files", {}).values()]
    return sum(len(verified_artefact(model, one)) for one in named)


def test_every_file_that_a_manifest_names_counts(tmp_path: Path) -> None:
    parts = {}
    for name, size in (("model.onnx", 20), ("tokenizer.json", 7), ("linear.npz", 4)):
        (tmp_path / name).write_bytes(bytes(size))
        parts[name] = {"artefact": name, "sha256": hashlib.sha256(bytes(size)).hexdigest()}
    files = {"tokenizer": parts["tokenizer.json"], "linear": parts["linear.npz"]}
    manifest = {"kind": "onnx", "codebook": "0", "frames": [], **parts["model.onnx"], "files": files}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert size_of(tmp_path) == 31


def test_the_model_was_trained_on_the_corpus_beside_it(corpus: Corpus, model: Path) -> None:
    training = read_manifest(model).get("training", {})
    assert training.get("sha256") == digest_of(corpus.training)


def test_no_item_of_the_evaluation_files_was_trained_on(corpus: Corpus) -> None:
    taught = {(item.title, item.text) for item in corpus.training}
    assert corpus.evaluation
    assert not [item.id for item in corpus.evaluation if (item.title, item.text) in taught]


def test_the_evaluation_items_are_those_that_the_floors_were_set_on(corpus: Corpus, model: Path) -> None:
    assert read_floors(model)["evaluation_sha256"] == digest_of(corpus.evaluation)


def test_scores_with_each_author_left_out_are_not_below_their_floors(model: Path) -> None:
    figures = headline_figures(read_manifest(model)["figures"])
    assert below_floors(figures, read_floors(model)["left_out"]) == []


def test_scores_on_the_author_kept_for_evaluation_are_not_below_their_floors(
    corpus: Corpus, model: Path
) -> None:
    figures = evaluate(corpus.evaluation, load_classifier(str(model)), seed=1)
    assert below_floors(headline_figures(figures), read_floors(model)["evaluation"]) == []


def test_scores_on_whole_articles_are_not_below_their_floors(articles: list[Coded], model: Path) -> None:
    floors = read_floors(model)
    assert floors["articles_sha256"] == digest_of(articles)
    figures = article_figures(articles, load_classifier(str(model)))
    assert below_floors(figures, floors["articles"], REQUIRED_OF_ARTICLES) == []


def test_the_card_gives_the_figures_of_the_manifest(model: Path) -> None:
    card = (model / "README.md").read_text("utf-8")
    assert f"{read_manifest(model)['figures']['macro']['f1']:.2f}" in card
    assert read_manifest(model)["sha256"] in card


def test_of_the_default_model_at_most_one_article_in_twenty_without_a_frame_may_be_given_one() -> None:
    assert read_floors(MODELS / DEFAULT_MODEL)["articles"]["frameless_framed"] <= MOST_FRAMELESS_FRAMED
    assert MOST_FRAMELESS_FRAMED == 0.05


FIGURES = {"macro_f1": 0.4, "core_f1": None, "relevance_f1": 0.9, "tone_macro_f1": 0.6, "ece": 0.06}
FLOORS = {"macro_f1": 0.5, "core_f1": 0.5, "relevance_f1": 0.9, "tone_macro_f1": 0.5, "ece": 0.05}


def test_a_figure_beyond_its_floor_or_missing_is_told() -> None:
    assert [line.split()[0] for line in below_floors(FIGURES, FLOORS)] == ["macro_f1", "core_f1", "ece"]


@pytest.mark.parametrize("name", FLOORS)
def test_a_figure_that_needs_a_floor_and_has_none_is_told(name: str) -> None:
    assert below_floors({}, {})[list(FLOORS).index(name)] == f"{name} has no floor"
    floors = {figure: floor for figure, floor in FLOORS.items() if figure != name}
    assert f"{name} has no floor" in below_floors(FIGURES, floors)


def test_floors_are_set_so_that_the_model_passes_them(
    corpus: Corpus, articles: list[Coded], tmp_path: Path
) -> None:
    folder = tmp_path / "linear"
    shutil.copytree(MODELS / "linear", folder)
    left_out = read_manifest(folder)["figures"]
    set_floors(folder, left_out, corpus.evaluation[:300], 1, articles[:30])
    floors, classifier = read_floors(folder), load_classifier(str(folder))
    assert below_floors(headline_figures(left_out), floors["left_out"]) == []
    on_articles = article_figures(articles[:30], classifier)
    assert below_floors(on_articles, floors["articles"], REQUIRED_OF_ARTICLES) == []
    assert floors["articles"]["frameless_framed"] > (on_articles["frameless_framed"] or 0)
    assert floors["left_out"]["ece"] > left_out["ece"]


def test_a_model_that_a_user_made_in_a_checkout_is_left_out_and_named(tmp_path: Path) -> None:
    for name in ("tracked", "own", "floored"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "manifest.json").write_text("{}", "utf-8")
    (tmp_path / "models" / "floored" / "floors.json").write_text("{}", "utf-8")
    assert [[one.name for one in part] for part in gated_models(tmp_path / "models")] == [
        ["floored"],
        ["own", "tracked"],
    ]
    for words in (("init", "-q"), ("add", "models/tracked")):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    assert [[one.name for one in part] for part in gated_models(tmp_path / "models")] == [
        ["floored", "tracked"],
        ["own"],
    ]
