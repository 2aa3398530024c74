"""The loader on a tiny network that is built here; the shipped model has tests of its own."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from monitor.errors import ModelError
from monitor.label.aggregate import judge, judge_all
from monitor.label.classifiers.linear import heads_of
from monitor.label.classifiers.onnx import MAX_TOKENS, EncoderClassifier, Margins, load_onnx, padded
from monitor.label.codebook import load_codebook
from monitor.label.features import fingerprint
from monitor.label.registry import load_classifier
from monitor.types import Classifier, Depth
from tests.label.conftest import FRAMES

HEADS = heads_of(FRAMES)
FAILED = "Social workers ignored nine calls from neighbours before the boy was found dead"
PRAISED = "Social workers praised by judge for their tireless and compassionate work"
RAIN = "Rain ends play at the test match"
WORDS = {"[PAD]": 0, "[UNK]": 1, "ignored": 2, "praised": 3}


def network(unknown: float = 0.0) -> bytes:
    """Return a network that gives each text the mean of its words' margins; unknown words add theirs."""
    margins = np.zeros((len(WORDS), len(HEADS)), dtype=np.float32)
    margins[:, 0] = 3.0
    margins[:, 1:] = -3.0
    margins[1] += unknown
    margins[2, [HEADS.index("incompetent"), HEADS.index("tone negative")]] = 200.0
    margins[3, [HEADS.index("positive"), HEADS.index("tone positive")]] = 200.0
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["each"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["each", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "one"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["wide", "one"], ["count"], keepdims=0),
        helper.make_node("Div", ["sum", "count"], ["margins"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in INPUTS],
        [helper.make_tensor_value_info("margins", TensorProto.FLOAT, ["texts", len(HEADS)])],
        [_tensor("words", margins), _tensor("last", np.array([-1])), _tensor("one", np.array([1]))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


INPUTS = ("input_ids", "attention_mask")


def _tensor(name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> TensorProto:
    return numpy_helper.from_array(values, name)


def tokenizer() -> bytes:
    made = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made.to_str().encode()


@pytest.fixture
def tiny(tmp_path: Path, model_folder: Path) -> Path:
    """Return the folder of a tiny encoder beside the linear weights of the small corpus."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    files = {
        "model.onnx": network(),
        "tokenizer.json": tokenizer(),
        "linear.npz": (model_folder / "weights.npz").read_bytes(),
    }
    parts = {}
    for name, data in files.items():
        (folder / name).write_bytes(data)
        parts[name] = {"artefact": name, "sha256": hashlib.sha256(data).hexdigest()}
    manifest = {
        "kind": "onnx",
        "codebook": load_codebook().version,
        "frames": list(FRAMES),
        **parts["model.onnx"],
        "files": {"tokenizer": parts["tokenizer.json"], "linear": parts["linear.npz"]},
        "features": fingerprint(),
        "calibration": {head: [1.0, 0.1, 0.0] for head in HEADS},
        "thresholds": dict.fromkeys(["relevant", *FRAMES], 0.5),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.fixture
def model(tiny: Path) -> EncoderClassifier:
    return load_onnx(tiny)


def test_an_encoder_is_a_classifier(tiny: Path, model: EncoderClassifier) -> None:
    classifier: Classifier = model
    assert tuple(classifier.frames) == FRAMES
    assert classifier.version.startswith("tiny@")
    assert load_classifier(str(tiny)).version == classifier.version


def test_it_tells_failure_from_praise(model: EncoderClassifier) -> None:
    failed, praised = model.scores([FAILED, PRAISED])
    assert failed.relevant > 0.5
    assert max(failed.frames, key=lambda frame: failed.frames[frame]) == "incompetent"
    assert max(praised.frames, key=lambda frame: praised.frames[frame]) == "positive"
    assert failed.tone[0] > failed.tone[2]
    assert praised.tone[2] > praised.tone[0]


def test_a_text_that_names_nothing_of_social_work_is_not_relevant(model: EncoderClassifier) -> None:
    (scores,) = model.scores([RAIN])
    assert scores.relevant < 0.001
    assert max(scores.frames.values()) < 0.001


def test_scores_come_in_the_order_of_the_texts(model: EncoderClassifier) -> None:
    texts = [PRAISED, RAIN, FAILED, PRAISED, FAILED + ". " + PRAISED, ""] * 20
    scores = model.scores(texts)
    assert len(scores) == len(texts)
    assert scores[-6:] == [model.scores([text])[0] for text in texts[:6]]


def test_equal_texts_are_read_once_and_score_alike() -> None:
    asked: list[int] = []

    def source(texts: Sequence[str]) -> Margins:
        asked.append(len(texts))
        return np.zeros((len(texts), 1 + len(FRAMES) + 3))

    slopes = np.ones((1 + len(FRAMES) + 3, 2))
    classifier = EncoderClassifier("x", "x@1", FRAMES, (source,), slopes, {})
    first, rain, second = classifier.scores([FAILED, RAIN, FAILED])
    assert asked == [1]
    assert first == second != rain


def test_texts_off_topic_do_not_reach_the_network() -> None:
    def source(texts: Sequence[str]) -> Margins:
        raise AssertionError("asked")

    classifier = EncoderClassifier("x", "x@1", FRAMES, (source,), np.ones((16, 2)), {})
    assert len(classifier.scores([RAIN, ""])) == 2
    assert classifier.scores([]) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "社会工作",
        "social worker " * 20_000,
        "social work " + "é " * 100_000,
        "\x00 social work \ud800",
    ],
)
def test_any_text_is_scored(model: EncoderClassifier, text: str) -> None:
    (scores,) = model.scores([text])
    assert np.isfinite([scores.relevant, *scores.frames.values(), *scores.tone]).all()
    assert sum(scores.tone) == pytest.approx(1)


def test_evidence_is_a_span_of_the_text(model: EncoderClassifier) -> None:
    title, text = "Review of boy's death published", "It rained. " * 90 + FAILED + ". The council apologised."
    found = judge(title, text, Depth.FULL, model)
    assert found.evidence
    whole = f"{title}\n{text}"
    assert all(whole[part.start : part.end] == part.text for part in found.evidence)


def test_a_batch_of_items_is_judged_in_order(model: EncoderClassifier) -> None:
    judged = judge_all([(RAIN, "", Depth.TITLE), (FAILED, "", Depth.TITLE), (RAIN, "", Depth.TITLE)], model)
    assert [judgement.relevant for judgement in judged] == [False, True, False]


def test_padding_is_masked() -> None:
    inputs = padded([[5, 6, 7], [8]])
    assert inputs["input_ids"].tolist() == [[5, 6, 7], [8, 0, 0]]
    assert inputs["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]


def test_a_long_text_is_cut(model: EncoderClassifier) -> None:
    (scores,) = model.scores(["social work " * MAX_TOKENS + "ignored"])
    assert scores.frames["incompetent"] < 0.5


def test_loading_and_scoring_import_neither_torch_nor_scientific_libraries(tiny: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from monitor.label.classifiers.onnx import load_onnx;"
        f"load_onnx(Path({str(tiny)!r})).scores(['Social workers']);"
        "sys.exit(any(name in sys.modules for name in ('sklearn', 'scipy', 'torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# ---------------------------------------------------------------- damaged files


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "linear.npz"])
def test_an_altered_file_is_refused(tiny: Path, name: str) -> None:
    path = tiny / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="SHA-256"):
        load_onnx(tiny)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda manifest: manifest["calibration"].pop("relevant"), "json: lacks calibration.relevant"),
        (
            lambda manifest: manifest["calibration"].update(relevant=[1.0, 0.0]),
            "calibration.relevant must be",
        ),
        (lambda manifest: manifest["thresholds"].update(reform=1.5), "json: thresholds.reform must be"),
        (lambda manifest: manifest["thresholds"].update(reform=True), "json: thresholds.reform must be"),
        (lambda manifest: manifest.pop("thresholds"), "json: lacks thresholds"),
        (lambda manifest: manifest.pop("files"), "json: lacks files"),
        (lambda manifest: manifest["files"].pop("linear"), "json: lacks files.linear"),
        (lambda manifest: manifest["files"]["linear"].pop("sha256"), "json: lacks files.linear.sha256"),
        (lambda manifest: manifest.update(features="other"), "features"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    tiny: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    path = tiny / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ModelError, match=said):
        load_onnx(tiny)


def test_a_network_whose_margins_are_no_numbers_is_refused(tiny: Path) -> None:
    restamp(tiny, "model.onnx", network(unknown=float("nan")))
    with pytest.raises(ModelError, match="no finite numbers"):
        load_onnx(tiny)


def restamp(folder: Path, name: str, data: bytes) -> None:
    """Put other bytes in a file's place, and their digest in the manifest."""
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    described = [manifest, *manifest["files"].values()]
    for entry in described:
        if entry["artefact"] == name:
            entry["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "linear.npz"])
@pytest.mark.parametrize("data", [b"", b"garbage", b"PK\x03\x04 garbage"])
def test_a_file_of_garbage_is_refused_in_one_line_though_its_digest_is_right(
    tiny: Path, name: str, data: bytes
) -> None:
    restamp(tiny, name, data)
    with pytest.raises(ModelError, match="does not hold an encoder") as caught:
        load_onnx(tiny)
    assert "\n" not in str(caught.value)


def test_a_network_that_takes_other_inputs_is_refused(tiny: Path) -> None:
    restamp(tiny, "model.onnx", network().replace(b"attention_mask", b"attention_musk"))
    with pytest.raises(ModelError, match="does not hold an encoder") as caught:
        load_onnx(tiny)
    assert "\n" not in str(caught.value)
