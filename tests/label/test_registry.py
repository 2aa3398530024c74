import json
from pathlib import Path

import pytest

from monitor.errors import ModelError, UsageError
from monitor.label.registry import (
    ModelFolder,
    examined,
    find_models,
    load_classifier,
    read_manifest,
    require_model,
    require_model_name,
    shipped_models,
    version_of,
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
        ({"artefact": "weights\0.npz"}, "artefact must be a text without NUL"),
        ({"artefact": "\ud800.npz"}, "artefact must be a text without NUL"),
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


def test_a_folder_without_a_manifest_is_told_as_that_by_name_and_by_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "own").mkdir(parents=True)
    for named in (lambda: load_classifier("own"), lambda: require_model("own")):
        with pytest.raises(ModelError, match=r"models/own/manifest\.json: is missing"):
            named()
    with pytest.raises(ModelError, match=r"models/own/manifest\.json: no manifest to be read"):
        load_classifier("models/own")


@pytest.mark.parametrize("name", ["", ".", "..", "a\0b", "x" * 300, "a/b"])
def test_what_can_be_no_models_name_is_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no model"):
        require_model(name)


def problem_of(folder: Path) -> str | None:
    found: ModelFolder = find_models([folder.parent])[folder.name]
    return examined(found).problem


def test_a_model_is_examined_for_all_that_shows_without_loading_it(
    model_folder: Path, tmp_path: Path
) -> None:
    assert problem_of(altered(model_folder, tmp_path / "whole")) is None
    for name, changes, said in (
        ("older", {"codebook": "0.1"}, "made for codebook 0.1"),
        ("guru", {"frames": ["guru"]}, "does not have: guru"),
        ("half", {"frames": ["\ud800"]}, "does not have: ?"),
        ("oracle", {"kind": "oracle"}, "kind 'oracle' is unknown"),
        ("features", {"features": "x"}, "another version of the features"),
        ("none", {"artefact": "none.npz"}, "none.npz: No such file"),
        ("hash", {"sha256": "0" * 64}, "SHA-256"),
        ("parts", {"kind": "onnx", "files": {"linear": 1}}, "lacks files.linear.artefact"),
        ("nofiles", {"kind": "transformer", "weights": "x", "files": {"a": "b"}}, "x/a: No such file"),
    ):
        folder = altered(model_folder, tmp_path / name, **changes)
        assert said in str(problem_of(folder)), name


def test_a_large_file_is_only_looked_for(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = altered(model_folder, tmp_path / "large", sha256="0" * 64)
    monkeypatch.setattr("monitor.label.registry.MOST_HASHED", 100)
    assert problem_of(folder) is None
    (folder / "weights.npz").unlink()
    assert "No such file" in str(problem_of(folder))


def test_a_model_that_is_being_replaced_is_not_listed(model_folder: Path, tmp_path: Path) -> None:
    altered(model_folder, tmp_path / ".own-x.old")
    assert find_models([tmp_path]) == {}


def test_another_rule_beside_the_model_gives_its_labels_another_stamp(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = version_of("m", {"kind": "linear"})
    monkeypatch.setattr("monitor.label.aggregate.FULL_CAUTION", 9.0)
    assert version_of("m", {"kind": "linear"}) != before
