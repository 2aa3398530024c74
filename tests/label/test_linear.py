import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitor.clock import stopwatch
from monitor.errors import InputError, ModelError
from monitor.label.aggregate import judge_all
from monitor.label.calibrate import best_threshold
from monitor.label.classifiers.linear import (
    LinearClassifier,
    load_linear,
    pack_artefact,
    unpack_artefact,
)
from monitor.label.corpus import Coded
from monitor.label.sheet import FOLDS, authors_of, folds_of, sheet_of
from monitor.label.train import train_linear
from monitor.types import Classifier, Depth
from tests.label.conftest import FRAMES


def test_a_trained_model_finds_what_it_was_taught(small_model: LinearClassifier) -> None:
    (scores,) = small_model.scores(
        ["Brinley social workers: Social workers ignored nine calls from neighbours"]
    )
    assert scores.relevant > 0.5
    assert max(scores.frames, key=lambda frame: scores.frames[frame]) == "incompetent"
    assert sum(scores.tone) == pytest.approx(1)


def test_a_model_is_a_classifier(small_model: LinearClassifier) -> None:
    classifier: Classifier = small_model
    assert tuple(classifier.frames) == FRAMES
    assert classifier.version.startswith(f"{classifier.name}@")


def test_a_text_that_names_nothing_of_social_work_is_not_relevant(small_model: LinearClassifier) -> None:
    (scores,) = small_model.scores(["Rain ends play at the test match"])
    assert scores.relevant < 0.001
    assert max(scores.frames.values()) < 0.001


@pytest.mark.parametrize("text", ["", "\n", "社会工作", "social worker " * 20_000, "\x00 social work \ud800"])
def test_any_text_is_scored(small_model: LinearClassifier, text: str) -> None:
    (scores,) = small_model.scores([text])
    assert np.isfinite([scores.relevant, *scores.frames.values(), *scores.tone]).all()


def test_a_score_does_not_depend_on_the_other_texts_of_its_batch(small_model: LinearClassifier) -> None:
    texts = ["Social workers praised", "Council sorry for taking baby", "Rain"]
    assert small_model.scores(texts) == [small_model.scores([text])[0] for text in texts]


def test_headlines_off_topic_are_labelled_at_more_than_a_thousand_a_second(
    small_model: LinearClassifier,
) -> None:
    texts = [(f"Storm {n} closes the coast road for a day", "", Depth.TITLE) for n in range(5_000)]
    seconds = stopwatch()
    judge_all(texts, small_model)
    assert 5_000 / seconds() > 1_000


def test_the_same_data_gives_the_same_bytes_in_another_process(
    coded: list[Coded], model_folder: Path, tmp_path: Path
) -> None:
    lines = [json.dumps({name: getattr(item, name) for name in Coded.__slots__}) for item in coded]
    (tmp_path / "author-x.jsonl").write_text("\n".join(lines), "utf-8")
    script = (
        "import sys; from pathlib import Path; from monitor.label.corpus import read_corpus;"
        "from monitor.label.train import train_linear; folder = Path(sys.argv[1]);"
        "train_linear(read_corpus(folder).training, seed=1, folder=folder / 'small')"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, env={"PYTHONHASHSEED": "7"})
    for name in ("weights.npz", "manifest.json", "README.md"):
        assert (tmp_path / "small" / name).read_bytes() == (model_folder / name).read_bytes()


def test_loading_and_scoring_import_no_scientific_library_but_numpy(model_folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from monitor.label.classifiers.linear import load_linear;"
        f"load_linear(Path({str(model_folder)!r})).scores(['Social workers']);"
        "sys.exit(any(name in sys.modules for name in ('sklearn', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# ---------------------------------------------------------------- damaged files


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_folder, tmp_path / "copy")


def rewrite(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), "utf-8")


def test_a_changed_artefact_is_refused(copy: Path) -> None:
    path = copy / "weights.npz"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="SHA-256"):
        load_linear(copy)


def test_a_missing_artefact_is_refused(copy: Path) -> None:
    (copy / "weights.npz").unlink()
    with pytest.raises(ModelError, match="train the model again"):
        load_linear(copy)


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_an_artefact_that_is_no_archive_is_refused_though_its_digest_is_right(
    copy: Path, data: bytes
) -> None:
    (copy / "weights.npz").write_bytes(data)
    rewrite(copy, lambda manifest: manifest.update(sha256=hashlib.sha256(data).hexdigest()))
    with pytest.raises(ModelError, match="does not hold a linear model"):
        load_linear(copy)


def test_a_model_made_for_other_features_is_refused(copy: Path) -> None:
    rewrite(copy, lambda manifest: manifest.update(features="other"))
    with pytest.raises(ModelError, match="features"):
        load_linear(copy)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda manifest: manifest["calibration"].pop("relevant"), "json: lacks calibration.relevant"),
        (
            lambda manifest: manifest["calibration"].update(reform=[1.0, float("nan")]),
            "json: calibration.reform must be a list of 2 finite numbers",
        ),
        (
            lambda manifest: manifest["calibration"].update(reform=[1, 10**400]),
            "json: calibration.reform must",
        ),
        (lambda manifest: manifest["thresholds"].update(reform=1.5), "json: thresholds.reform must be"),
        (lambda manifest: manifest["thresholds"].update(reform=float("nan")), "json: thresholds.reform must"),
        (lambda manifest: manifest["frames"].pop(), "does not hold a linear model"),
        (lambda manifest: manifest.update(thresholds=None), "json: lacks thresholds.relevant"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    copy: Path, change: Callable[[dict[str, object]], object], said: str
) -> None:
    rewrite(copy, change)
    with pytest.raises(ModelError, match=said):
        load_linear(copy)


def test_weights_that_are_no_numbers_are_refused(small_model: LinearClassifier) -> None:
    weights = small_model.weights.copy()
    weights[0, 0] = np.nan
    with pytest.raises(ValueError, match="no finite number"):
        unpack_artefact(pack_artefact(small_model.vocabulary, weights, small_model.intercepts))


def test_what_thresholds_and_weights_say_is_in_the_version(copy: Path, small_model: LinearClassifier) -> None:
    rewrite(copy, lambda manifest: manifest["thresholds"].update(reform=0.33))  # type: ignore[attr-defined]
    shutil.move(copy, copy.parent / "small")
    other = load_linear(copy.parent / "small")
    assert other.name == small_model.name
    assert other.version != small_model.version


# ---------------------------------------------------------------- training


def test_one_text_is_not_enough(coded: list[Coded], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least two authors, or two texts"):
        train_linear(coded[:1], seed=1, folder=tmp_path)


def test_a_frame_that_only_one_part_holds_is_refused_with_the_remedy(
    coded: list[Coded], tmp_path: Path
) -> None:
    reform = next(item for item in coded if "reform" in item.frames)
    poor = [item for item in coded if item is reform or "reform" not in item.frames]
    with pytest.raises(InputError, match=r"reform = yes .* --with-corpus"):
        train_linear(poor, seed=1, folder=tmp_path)


def test_an_author_of_off_topic_items_alone_is_not_left_out(coded: list[Coded], tmp_path: Path) -> None:
    background = [Coded(f"z{n}", f"Social worker {n} wins quiz", "", False, author="zero") for n in range(9)]
    figures = train_linear([*coded, *background], seed=1, folder=tmp_path / "m")
    assert figures["n"] == len(coded)


def test_authors_are_left_out_whole_each_once_and_in_at_most_twelve_fits(coded: list[Coded]) -> None:
    many = [replace(item, author=f"{item.author}{again}") for again in range(10) for item in coded]
    sheet = sheet_of(many)
    folds = folds_of(sheet)
    assert len(authors_of(sheet)) > FOLDS == len(set(folds))
    for author in authors_of(sheet):
        own = {fold for fold, item in zip(folds, many, strict=True) if item.author == author}
        assert len(own) == 1


def test_the_card_shows_every_frame(model_folder: Path) -> None:
    card = (model_folder / "README.md").read_text("utf-8")
    assert all(f"`{frame}`" in card for frame in FRAMES)


def test_the_best_threshold_separates_what_can_be_separated() -> None:
    chances = np.array([0.9, 0.2, 0.6, 0.1])
    assert 0.2 < best_threshold(chances, np.array([True, False, True, False])) < 0.6
