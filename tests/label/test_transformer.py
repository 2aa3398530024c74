"""Models of the transformers library; where torch is missing these tests are skipped by name."""

import json
from pathlib import Path

import pytest

from monitor.errors import InputError, ModelError
from monitor.label.aggregate import judge
from monitor.label.corpus import Coded
from monitor.label.registry import load_classifier
from monitor.types import Depth
from tests.label.conftest import FRAMES
from tests.label.tiny import tiny_config, write_tokenizer

for needed in ("torch", "transformers"):
    pytest.importorskip(needed)

FAILED = "Social workers ignored nine calls from neighbours"
RAIN = "Rain ends play at the test match"


def network(folder: Path, coded: list[Coded], labels: tuple[str, ...]) -> Path:
    """Write a network with these labels, its weights random but always the same."""
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(1)
    folder.mkdir()
    write_tokenizer(folder, [item.title for item in coded])
    names = dict(enumerate(labels))
    config = tiny_config(id2label=names, label2id={name: place for place, name in names.items()})
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
    from monitor.label.classifiers.transformer import file_digest

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
