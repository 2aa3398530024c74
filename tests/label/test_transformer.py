"""Models of the transformers library; where torch is missing these tests are skipped by name."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitor.errors import InputError, ModelError, UsageError
from monitor.label.aggregate import judge
from monitor.label.corpus import Coded
from monitor.label.manifest import file_digest
from monitor.label.registry import load_classifier
from monitor.types import Depth
from tests.label.conftest import FRAMES
from tests.label.tiny import tiny_config, write_tokenizer

for needed in ("torch", "transformers"):
    pytest.importorskip(needed)

FAILED = "Social workers ignored nine calls from neighbours"
RAIN = "Rain ends play at the test match"


def network(folder: Path, coded: list[Coded], labels: tuple[str, ...], problem: str | None = None) -> Path:
    """Write a network with these labels, its weights random but always the same."""
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(1)
    folder.mkdir()
    write_tokenizer(folder, [item.title for item in coded])
    names = dict(enumerate(labels))
    label2id = {name: place for place, name in names.items()}
    config = tiny_config(id2label=names, label2id=label2id, problem_type=problem)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture
def nli(coded: list[Coded], tmp_path: Path) -> Path:
    return network(tmp_path / "nli", coded, ("contradiction", "neutral", "entailment"))


@pytest.fixture
def framed(coded: list[Coded], tmp_path: Path) -> Path:
    return network(tmp_path / "framed", coded, ("LABEL_0", "Incompetent", "positive"))


def test_weights_that_are_cut_short_are_neither_added_nor_loaded(nli: Path, tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    folder = tmp_path / "models" / "zero"
    adopt_model(str(nli), folder)
    weights = nli / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000])
    with pytest.raises(ModelError, match="transformers cannot load it") as caught:
        adopt_model(str(nli), tmp_path / "models" / "other")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "models" / "other").exists()
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"][weights.name] = file_digest(weights)
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        load_classifier(str(folder))
    assert "\n" not in str(caught.value)


def test_an_nli_model_is_asked_the_hypotheses_of_every_head(nli: Path, tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    manifest = adopt_model(str(nli), tmp_path / "models" / "zero")
    assert manifest["task"] == "zero-shot"
    model = load_classifier(str(tmp_path / "models" / "zero"))
    failed, rain = model.scores([FAILED, RAIN])
    assert tuple(failed.frames) == FRAMES
    assert len(set(failed.frames.values())) == len(FRAMES)
    assert rain.relevant < 0.01
    assert sum(failed.tone) == pytest.approx(1)
    assert judge(FAILED, "", Depth.TITLE, model).depth is Depth.TITLE


def test_a_text_has_the_same_scores_whatever_it_is_read_with(nli: Path, tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    adopt_model(str(nli), tmp_path / "zero")
    model = load_classifier(str(tmp_path / "zero"))
    alone = model.scores([FAILED])[0]
    beside = model.scores([f"Social services {word * 30}" for word in ("a ", "bb ", "c ")] + [FAILED])[-1]
    assert beside.frames == pytest.approx(alone.frames, abs=1e-5)


def test_labels_that_are_named_like_frames_are_those_frames(framed: Path, tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    manifest = adopt_model(str(framed), tmp_path / "own")
    assert (manifest["task"], manifest["frames"]) == ("classification", ["incompetent", "positive"])
    scores = load_classifier(str(tmp_path / "own")).scores([FAILED])[0]
    assert set(scores.frames) == {"incompetent", "positive"}
    assert (scores.relevant, scores.tone) == (1.0, (0.0, 1.0, 0.0))


def test_a_label_may_be_mapped_to_a_frame(framed: Path, tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    manifest = adopt_model(str(framed), tmp_path / "own", labels={"LABEL_0": "over_zealous"})
    assert manifest["frames"] == ["incompetent", "over_zealous", "positive"]


def test_a_model_without_our_frames_is_refused_and_nothing_is_written(
    coded: list[Coded], tmp_path: Path
) -> None:
    from monitor.label.adopt import adopt_model

    other = network(tmp_path / "other", coded, ("sports", "politics"))
    with pytest.raises(InputError, match="sports, politics"):
        adopt_model(str(other), tmp_path / "own")
    assert not (tmp_path / "own").exists()


def test_weights_that_changed_since_are_not_loaded(nli: Path, tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    adopt_model(str(nli), tmp_path / "zero")
    weights = nli / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="not what"):
        load_classifier(str(tmp_path / "zero"))


def test_a_folder_without_weights_is_told(tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    (tmp_path / "config.json").write_text(json.dumps({"id2label": {"0": "positive"}}), "utf-8")
    with pytest.raises(InputError, match="safetensors"):
        adopt_model(str(tmp_path), tmp_path / "own")


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        (("LABEL_0", "incompetent", "positive"), None),
        (("LABEL_0", "incompetent", "positive"), "single_label_classification"),
        (("LABEL_0", "incompetent", "positive"), "multi_label_classification"),
        (("positive",), None),
    ],
)
def test_a_classifier_is_read_as_the_pipeline_of_transformers_reads_it(
    coded: list[Coded], tmp_path: Path, labels: tuple[str, ...], problem: str | None
) -> None:
    from transformers import pipeline

    from monitor.label.classifiers.transformer import open_reader

    folder = network(tmp_path / "own", coded, labels, problem)
    told = pipeline("text-classification", model=str(folder), device="cpu")(FAILED, top_k=None)
    expected = {answer["label"]: answer["score"] for answer in told}
    (row,) = open_reader(folder, "classification", dict(zip(labels, labels, strict=True)))([FAILED])
    assert row.tolist() == pytest.approx([expected[label] for label in labels], abs=1e-6)


def test_a_network_for_regression_is_not_added(coded: list[Coded], tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    folder = network(tmp_path / "own", coded, ("positive", "reform"), "regression")
    with pytest.raises(ModelError, match="for regression"):
        adopt_model(str(folder), tmp_path / "models" / "own")


def test_a_config_that_names_labels_in_one_direction_alone_is_enough(framed: Path, tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    config = json.loads((framed / "config.json").read_text("utf-8"))
    del config["label2id"]
    (framed / "config.json").write_text(json.dumps(config), "utf-8")
    adopt_model(str(framed), tmp_path / "own")
    assert load_classifier(str(tmp_path / "own")).frames == ("incompetent", "positive")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda manifest: manifest["heads"].pop("positive"), "lacks heads.positive"),
        (lambda manifest: manifest.pop("heads"), "lacks heads"),
        (lambda manifest: manifest["heads"].update(positive=1), "heads.positive must be a text"),
        (lambda manifest: manifest["heads"].update(positive="glad"), "it has no label 'glad'"),
        (
            lambda manifest: manifest["thresholds"].update(incompetent=float("nan")),
            "thresholds.incompetent must be a number between 0 and 1, not nan",
        ),
        (lambda manifest: manifest["thresholds"].pop("positive"), "lacks thresholds.positive"),
        (lambda manifest: manifest.update(files={}), "lacks files.config.json"),
        (lambda manifest: manifest["files"].pop("model.safetensors"), "lacks files.model.safetensors"),
        (lambda manifest: manifest.update(files=[]), "files must be an object"),
        (lambda manifest: manifest.update(weights="\0"), "weights must be a text without NUL"),
        (lambda manifest: manifest.pop("weights"), "lacks weights"),
        (lambda manifest: manifest.update(task="oracle"), "task must be zero-shot or classification"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_in_one_line_that_names_the_key_and_the_remedy(
    framed: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    from monitor.label.adopt import adopt_model

    manifest = adopt_model(str(framed), tmp_path / "own")
    change(manifest)
    (tmp_path / "own" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ModelError) as caught:
        load_classifier(str(tmp_path / "own"))
    assert said in str(caught.value)
    assert "add it again" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_that_were_put_beside_those_added_are_not_loaded(framed: Path, tmp_path: Path) -> None:
    from monitor.label.adopt import adopt_model

    adopt_model(str(framed), tmp_path / "own")
    shutil.copy(framed / "model.safetensors", framed / "other.safetensors")
    with pytest.raises(ModelError, match=r"lacks files\.other\.safetensors"):
        load_classifier(str(tmp_path / "own"))


def test_a_trained_model_is_not_overwritten_by_one_that_is_added(
    nli: Path, model_folder: Path, tmp_path: Path
) -> None:
    from monitor.label.adopt import adopt_model

    folder = shutil.copytree(model_folder, tmp_path / "models" / "own")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(UsageError, match="choose another name"):
        adopt_model(str(nli), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_model_may_be_added_again_also_from_the_weights_in_its_folder_and_a_failure_changes_nothing(
    framed: Path, coded: list[Coded], tmp_path: Path
) -> None:
    from monitor.label.adopt import adopt_model

    folder = tmp_path / "models" / "own"
    adopt_model(str(framed), folder)
    shutil.copytree(framed, folder / "weights")
    manifest = adopt_model(str(folder / "weights"), folder, labels={"LABEL_0": "reform"})
    assert (manifest["weights"], "reform" in manifest["frames"]) == ("weights", True)
    assert "reform" in load_classifier(str(folder)).frames
    with pytest.raises(InputError, match="sports"):
        adopt_model(str(network(tmp_path / "other", coded, ("sports", "politics"))), folder)
    with pytest.raises(InputError, match="its labels are"):
        adopt_model(str(folder / "weights"), folder, labels={"LABEL_9": "reform"})
    assert "reform" in load_classifier(str(folder)).frames


def test_nothing_is_said_where_nobody_watches(nli: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from monitor.label.adopt import adopt_model;"
        "from monitor.label.registry import load_classifier; adopt_model(sys.argv[1], Path(sys.argv[2]));"
        "load_classifier(sys.argv[2]).scores(['Social workers'])"
    )
    command = [sys.executable, "-c", script, str(nli), str(tmp_path / "zero")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_scores_that_are_no_numbers_keep_a_network_from_being_added(framed: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    from monitor.label.adopt import adopt_model

    weights = load_file(framed / "model.safetensors")
    weights["classifier.bias"] = np.full_like(weights["classifier.bias"], np.nan)
    save_file(weights, framed / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="no probabilities"):
        adopt_model(str(framed), tmp_path / "own")


def test_what_a_person_set_and_noted_for_an_added_model_outlives_its_being_added_again(
    framed: Path, tmp_path: Path
) -> None:
    from monitor.label.adopt import adopt_model

    folder = tmp_path / "own"
    adopt_model(str(framed), folder)
    assert "Known failures" not in (folder / "README.md").read_text("utf-8")
    noted = {"floors.json": "{}", "failures.md": "- Strikes."}
    for name, text in noted.items():
        (folder / name).write_text(text, "utf-8")
    adopt_model(str(framed), folder)
    assert {name: (folder / name).read_text("utf-8") for name in noted} == noted
    assert (folder / "README.md").read_text("utf-8").endswith("\n\n## Known failures\n- Strikes.\n")


@pytest.mark.parametrize("kind", ["Bert", "Roberta"])
def test_a_long_text_is_cut_to_the_places_that_a_network_has(
    coded: list[Coded], tmp_path: Path, kind: str
) -> None:
    import transformers

    from monitor.label.adopt import adopt_model

    base = network(tmp_path / "base", coded, ("incompetent", "positive"))
    shape = tiny_config(id2label={0: "incompetent", 1: "positive"}).to_dict()
    del shape["model_type"]
    config = getattr(transformers, f"{kind}Config")(
        **shape | {"max_position_embeddings": 40, "pad_token_id": 1}
    )
    getattr(transformers, f"{kind}ForSequenceClassification")(config).save_pretrained(base)
    adopt_model(str(base), tmp_path / "own")
    (scores,) = load_classifier(str(tmp_path / "own")).scores([f"{FAILED}. " * 60])
    assert set(scores.frames) == {"incompetent", "positive"}


def test_no_more_is_read_than_the_tokenizer_was_made_for(framed: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from monitor.label.classifiers.transformer import run

    model = AutoModelForSequenceClassification.from_pretrained(framed).eval()
    tokenizer = AutoTokenizer.from_pretrained(framed, model_max_length=16)
    first, second = run(model, tokenizer, [(f"{FAILED} " * 9,), (f"{FAILED} " * 9 + RAIN,)])
    assert first == pytest.approx(second, abs=1e-6)
