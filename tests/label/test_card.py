"""What a model's card says: its figures, what they rest on, what is known to go wrong."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import InputError
from monitor.label import origin
from monitor.label.card import RARE, SUREST, write_card
from monitor.label.corpus import Coded
from monitor.label.coverage import COVERAGES
from monitor.label.evaluate import evaluate
from monitor.label.measured import add_evaluation
from monitor.label.metrics import resampled_specificity, resamples
from monitor.label.origin import ENCODER_LIBRARIES, LINEAR_LIBRARIES, made_with
from monitor.label.registry import load_classifier, read_manifest
from monitor.label.train import train_linear
from tests.label.conftest import ToldClassifier, say


@pytest.fixture
def manifest(model_folder: Path) -> dict[str, Any]:
    """Return that of a model as if it were a shipped one."""
    found = read_manifest(model_folder)
    del found["training"]["own"], found["training"]["parts"]
    return found


def card_of(folder: Path, manifest: Mapping[str, Any]) -> str:
    write_card(folder, manifest)
    return (folder / "README.md").read_text("utf-8")


def as_encoder(manifest: dict[str, Any]) -> dict[str, Any]:
    training = {**manifest["training"], "base": "a-base", "base_sha256": "5" * 64}
    return {**manifest, "kind": "onnx", "artefact": "model.onnx", "training": training}


def as_own(manifest: dict[str, Any]) -> dict[str, Any]:
    own = {"items": manifest["training"]["items"], "coders": ["ann"], "files": []}
    return {**manifest, "training": {**manifest["training"], "own": own, "parts": 6}}


# ---------------------------------------------------------------- files kept for evaluation


@pytest.fixture(scope="module")
def measured(coded: list[Coded], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model that was measured on two files of headlines and one of articles."""
    corpus = tmp_path_factory.mktemp("corpus")
    (corpus / "articles").mkdir()
    long = "The council met on Tuesday. " * 80
    for name, text in (("eval-a", ""), ("eval-b", "They met."), ("articles/eval-c", long)):
        lines = [
            {"id": one.id, "title": one.title, "text": text, "relevant": one.relevant, "tone": one.tone}
            | {"frames": list(one.frames)}
            for one in coded[::2]
        ]
        (corpus / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    train_linear(coded, seed=1, folder=corpus / "model")
    add_evaluation(corpus / "model", corpus, seed=1)
    return corpus / "model"


def test_figures_on_evaluation_files_have_their_intervals_in_manifest_and_card(measured: Path) -> None:
    manifest = read_manifest(measured)
    card = (measured / "README.md").read_text("utf-8")
    assert list(manifest["evaluation"]) == ["eval-a", "eval-b", "articles/eval-c"]
    for name, one in manifest["evaluation"].items():
        assert set(one["intervals"]) == {"macro_f1", "core_f1", "relevance_specificity"}
        low, high = one["intervals"]["macro_f1"]
        assert low <= one["macro"]["f1"] <= high
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` |")]
        assert f"| {one['macro']['f1']:.2f} | {low:.2f} to {high:.2f} |" in row
        least, most = one["intervals"]["relevance_specificity"]
        assert f"| {one['relevance']['specificity']:.3f} | {least:.3f} to {most:.3f} |" in row
        assert row.count("|") == card.split("| file |")[1].splitlines()[0].count("|") + 2


def test_calibration_and_agreement_are_told_by_depth_over_all_evaluation_files(measured: Path) -> None:
    manifest = read_manifest(measured)
    each = manifest["evaluation"]["eval-a"]["n"]
    assert {depth: one["n"] for depth, one in manifest["depths"].items()} == {
        "title": each,
        "summary": each,
        "full": each,
    }
    assert manifest["depths"]["title"]["ece"] == manifest["evaluation"]["eval-a"]["ece"]
    assert SUREST in COVERAGES
    card = (measured / "README.md").read_text("utf-8")
    for depth, name in (("title", "headline alone"), ("summary", "with a summary"), ("full", "full text")):
        one = manifest["depths"][depth]
        cells = f"{one['ece']:.3f} | {one['exact']:.2f} | {one['surest']:.2f}"
        assert f"| {name} | {each} | {cells} |" in card


def test_a_measured_model_loads_and_its_card_has_no_gap(measured: Path) -> None:
    assert load_classifier(str(measured)).name == "model"
    card = (measured / "README.md").read_text("utf-8")
    assert "\n\n\n" not in card
    assert card.count("## ") == card.count("\n\n## ")


def test_a_shipped_card_says_what_was_compared_on_the_evaluation_files(
    measured: Path, tmp_path: Path
) -> None:
    own = read_manifest(measured)
    assert "Nothing was learnt, calibrated or chosen on them." in card_of(tmp_path, own)
    del own["training"]["own"], own["training"]["parts"]
    shipped = " ".join(card_of(tmp_path, own).split())
    assert "Nothing was learnt" not in shipped
    assert "No weight and no calibration rests on them" in shipped
    assert "was compared on them, which flatters these figures a little." in shipped


def test_specificity_has_an_interval_and_none_where_all_is_relevant() -> None:
    told = ToldClassifier({"marathon": say(relevant=0.1)})
    titles = [("Social workers meet", True), *([("Social workers' marathon", False)] * 6), ("Crown", False)]
    items = [Coded(f"{n}", title, "", relevant) for n, (title, relevant) in enumerate(titles)]
    figures: Mapping[str, Any] = evaluate(items, told, seed=1)
    low, high = figures["intervals"]["relevance_specificity"]
    assert low < figures["relevance"]["specificity"] == round(6 / 7, 4) < high == 1
    relevant: Mapping[str, Any] = evaluate(items[:1], told, seed=1)
    assert relevant["intervals"]["relevance_specificity"] is None
    gold = resamples(3, 1, times=4)[0] < 0
    assert resampled_specificity(gold, gold, resamples(3, 1, times=4)).tolist() == [1, 1, 1, 1]


# ---------------------------------------------------------------- what it was made with


def test_a_model_names_the_versions_and_the_processor_that_its_bytes_hang_on(model_folder: Path) -> None:
    made = read_manifest(model_folder)["training"]["made_with"]
    assert made == made_with()
    assert tuple(made["versions"]) == LINEAR_LIBRARIES
    card = " ".join((model_folder / "README.md").read_text("utf-8").split())
    assert f"scikit-learn {made['versions']['scikit-learn']} on {made['processor']}; elsewhere" in card


def test_an_encoder_names_its_own_libraries_and_whether_it_multiplied_in_16_bits() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from monitor.label.encoder import HALF

    made = made_with(encoder=True)
    assert tuple(made["versions"]) == ENCODER_LIBRARIES
    assert made["half"] == HALF


@pytest.mark.parametrize(("half", "says"), [(True, "in 16 bits"), (False, "in 32 bits")])
def test_the_card_tells_16_bits_from_32(
    manifest: dict[str, Any], tmp_path: Path, half: bool, says: str
) -> None:
    made = {"versions": {"torch": "2.0"}, "processor": "A Processor", "half": half}
    manifest["training"]["made_with"] = made
    assert says in card_of(tmp_path, as_encoder(manifest))


def test_a_processor_without_a_name_has_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "CPUINFO", tmp_path / "none")
    assert made_with()["processor"]
    (tmp_path / "cpuinfo").write_text("flags\t: amx\nmodel name\t: Some CPU @ 2 GHz\nbogomips\t: 1\n")
    monkeypatch.setattr(origin, "CPUINFO", tmp_path / "cpuinfo")
    assert made_with()["processor"] == "Some CPU @ 2 GHz"


def test_the_card_of_a_model_that_was_made_before_versions_were_noted_goes_without(
    manifest: dict[str, Any], tmp_path: Path
) -> None:
    del manifest["training"]["made_with"]
    card = card_of(tmp_path, manifest)
    assert "Made with" not in card
    assert "\n\n\n" not in card


# ---------------------------------------------------------------- known failures


def test_each_kind_of_model_has_failures_of_its_own(manifest: dict[str, Any], tmp_path: Path) -> None:
    linear, encoder = card_of(tmp_path, manifest), card_of(tmp_path, as_encoder(manifest))
    for card in (linear, encoder):
        assert "sarcasm is read as meant" in card
    for words in ("Who is meant", "Negation", "without the usual words", "frames are told too often"):
        assert words in linear
        assert words not in encoder
    for words in ("figure of speech", "Concealment", "all agencies", "subordinate clause"):
        assert words in encoder
        assert words not in linear
    assert "near misses" in encoder


def test_frames_with_few_examples_are_named_and_only_those(manifest: dict[str, Any], tmp_path: Path) -> None:
    frames = manifest["figures"]["frames"]
    for figures in frames.values():
        figures["support"] = RARE
    assert "under 60" not in card_of(tmp_path, manifest)
    frames["reform"]["support"] = RARE - 1
    assert "under 60 examples, whose intervals are wide: `reform`." in " ".join(
        card_of(tmp_path, manifest).split()
    )


def test_failures_that_a_person_wrote_down_stand_in_the_card_in_place_of_ours(
    manifest: dict[str, Any], tmp_path: Path
) -> None:
    assert "write it into failures.md" in card_of(tmp_path, as_own(manifest)).replace("\n", " ")
    (tmp_path / "failures.md").write_text("- Reads {every} *strike* as `reform`.\n", "utf-8")
    for found in (manifest, as_own(manifest)):
        card = card_of(tmp_path, found)
        assert "## Known failures\n- Reads {every} *strike* as `reform`.\n\n## Files" in card
        assert "sarcasm" not in card
        assert "Nobody" not in card


def test_failures_that_a_person_wrote_down_outlive_the_next_training(
    coded: list[Coded], tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "failures.md").write_text("- Strikes.", "utf-8")
    train_linear(coded, seed=1, folder=tmp_path / "own")
    assert "## Known failures\n- Strikes.\n" in (tmp_path / "own" / "README.md").read_text("utf-8")
    assert (tmp_path / "own" / "failures.md").read_text("utf-8") == "- Strikes."


def test_a_place_that_cannot_be_written_to_is_refused_before_a_linear_model_is_fitted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="name another place with --out"):
        train_linear([], seed=1, folder=tmp_path / "file" / "own")


# ---------------------------------------------------------------- wording


def test_what_was_cut_at_random_is_called_a_part_and_no_author(
    manifest: dict[str, Any], tmp_path: Path
) -> None:
    encoder = as_encoder(manifest)
    assert "fitted on authors that neither had read" in " ".join(card_of(tmp_path, encoder).split())
    assert "fitted on parts that neither had read" in " ".join(card_of(tmp_path, as_own(encoder)).split())


def test_no_line_outside_a_table_is_wider_than_a_page(manifest: dict[str, Any], tmp_path: Path) -> None:
    many = as_own(manifest)
    many["training"]["own"]["coders"] = [f"coder {number}" for number in range(40)]
    for found in (manifest, many, as_encoder(manifest), as_encoder(many)):
        lines = [line for line in card_of(tmp_path, found).splitlines() if not line.startswith("|")]
        assert [line for line in lines if len(line) > 110] == []
