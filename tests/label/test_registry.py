import json
from pathlib import Path

import pytest

from monitor.errors import ModelError, UsageError
from monitor.label.registry import (
    find_models,
    load_classifier,
    read_manifest,
    require_model_name,
    shipped_models,
)


def test_a_model_is_found_by_its_folders_name(model_folder: Path) -> None:
    models = find_models([model_folder.parent])
    assert models["small"].kind == "linear"


def test_a_model_is_loaded_from_a_path(model_folder: Path) -> None:
    assert load_classifier(str(model_folder)).name == "small"


def test_the_shipped_model_is_found_wherever_the_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shipped_models().is_dir()
    assert load_classifier("linear").name == "linear"


def test_the_users_own_model_wins_over_a_shipped_one_of_its_name(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "models" / "linear"
    own.mkdir(parents=True)
    for path in model_folder.iterdir():
        (own / path.name).write_bytes(path.read_bytes())
    assert find_models()["linear"].path == Path("models/linear")


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(UsageError, match="linear"):
        load_classifier("nosuch")


def test_an_unknown_kind_says_which_are_known(tmp_path: Path) -> None:
    manifest = {"kind": "oracle", "codebook": "0.2", "frames": [], "artefact": "x", "sha256": ""}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ModelError, match="known: linear"):
        load_classifier(str(tmp_path))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"kind"'])
def test_a_manifest_that_is_none_is_a_model_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(ModelError, match="train the model again"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": ["onnx"]}, "kind must be a text"),
        ({"codebook": 2}, "codebook must be a text"),
        ({"artefact": None}, "artefact must be a text"),
        ({"frames": "incompetent"}, "frames must be a list"),
        ({"frames": [1]}, "frames must be a list"),
        ({"frames": ["incompetent", "reform", "incompetent"]}, "names frame incompetent more than once"),
    ],
)
def test_a_manifest_with_a_value_of_another_type_says_which_in_one_line(
    model_folder: Path, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    folder = altered(model_folder, tmp_path / "odd", **changes)
    with pytest.raises(ModelError, match=said) as caught:
        load_classifier(str(folder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", " ", "..", "../../x", "a/b", "/tmp/x", "a\\b", ".hidden", "c:x"])
def test_a_name_that_leads_out_of_the_folder_of_models_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="plain folder name"):
        require_model_name(name)


def test_of_names_only_plain_ones_are_taken() -> None:
    def is_taken(name: str) -> bool:
        try:
            require_model_name(name)
        except UsageError:
            return False
        return True

    assert [name for name in ("nli-large.v2", "a/b", "ours_2", "..") if is_taken(name)] == [
        "nli-large.v2",
        "ours_2",
    ]


def altered(model_folder: Path, folder: Path, **changes: object) -> Path:
    """Copy a model, with changes to its manifest."""
    folder.mkdir(parents=True)
    for path in model_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    manifest = json.dumps(read_manifest(model_folder) | changes)
    (folder / "manifest.json").write_text(manifest, "utf-8")
    return folder


def test_a_model_of_another_codebook_is_refused(model_folder: Path, tmp_path: Path) -> None:
    older = altered(model_folder, tmp_path / "older", codebook="0.1")
    with pytest.raises(ModelError, match=r"made for codebook 0\.1"):
        load_classifier(str(older))


def test_a_model_with_frames_that_the_codebook_lacks_is_refused_and_they_are_named(
    model_folder: Path, tmp_path: Path
) -> None:
    frames = [*read_manifest(model_folder)["frames"][:-1], "guru"]
    other = altered(model_folder, tmp_path / "other", frames=frames)
    with pytest.raises(ModelError, match="does not have: guru"):
        load_classifier(str(other))


def test_a_broken_model_stands_in_no_other_models_way(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    altered(model_folder, tmp_path / "models" / "whole")
    broken = tmp_path / "models" / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_text("{", "utf-8")
    assert load_classifier("whole").name == "whole"
    listed = find_models()
    assert (listed["whole"].kind, listed["whole"].problem) == ("linear", None)
    assert (listed["broken"].kind, "no manifest to be read" in str(listed["broken"].problem)) == (
        "broken",
        True,
    )
    with pytest.raises(UsageError, match="broken, linear"):
        load_classifier("nosuch")
    with pytest.raises(ModelError, match="broken"):
        load_classifier("broken")
