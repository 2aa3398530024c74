"""How a model's folder is replaced; see also test_origin."""

import shutil
from pathlib import Path

import pytest

from monitor.errors import InputError
from monitor.label.modelfolder import replacing, require_place


def folder_with(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text)
    return folder


def test_of_the_model_before_only_its_floors_are_kept(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "own", manifest="old", tokenizer="old", floors="floors")
    (folder / "weights").mkdir()
    with replacing(folder) as new:
        (new / "manifest.json").write_text("new")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "manifest.json": "new",
        "floors.json": "floors",
    }
    assert list(tmp_path.iterdir()) == [folder]


def test_what_is_named_is_kept_with_all_that_it_holds(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "own", manifest="old", floors="floors")
    folder_with(folder / "weights", config="c")
    with replacing(folder, ("weights",)) as new:
        (new / "manifest.json").write_text("new")
    assert (folder / "weights" / "config.json").read_text() == "c"
    assert not (folder / "floors.json").exists()


@pytest.mark.parametrize("floors", [{}, {"floors": "floors"}])
def test_where_the_last_step_fails_the_model_before_stays(tmp_path: Path, floors: dict[str, str]) -> None:
    folder = folder_with(tmp_path / "own", manifest="old", **floors)
    with pytest.raises(InputError, match="own: No such file"), replacing(folder) as new:
        shutil.rmtree(new)
    left = {path.stem: path.read_text() for path in folder.iterdir()}
    assert left == {"manifest": "old", **floors}
    assert list(tmp_path.iterdir()) == [folder]


def test_a_link_to_a_folder_gives_way_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    elsewhere = folder_with(tmp_path / "elsewhere", manifest="old")
    folder = tmp_path / "own"
    folder.symlink_to(elsewhere)
    with replacing(folder) as new:
        (new / "manifest.json").write_text("new")
    assert (folder / "manifest.json").read_text() == "new"
    assert (elsewhere / "manifest.json").read_text() == "old"


def test_what_is_kept_from_where_a_link_leads_stays_there_too(tmp_path: Path) -> None:
    elsewhere = folder_with(tmp_path / "elsewhere", manifest="old", floors="floors")
    folder_with(elsewhere / "weights", config="c")
    folder = tmp_path / "own"
    folder.symlink_to(elsewhere)
    with replacing(folder, ("floors.json", "weights")) as new:
        (new / "manifest.json").write_text("new")
    for place in (folder, elsewhere):
        assert (place / "floors.json").read_text() == "floors"
        assert (place / "weights" / "config.json").read_text() == "c"


def test_what_fails_while_a_model_is_written_is_not_put_down_to_its_place(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="base"), replacing(tmp_path / "own"):
        (tmp_path / "base").read_bytes()
    assert not list(tmp_path.iterdir())


def test_a_place_is_tried_before_training_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    require_place(tmp_path / "models" / "own")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="name another place with --out"):
        require_place(tmp_path / "file" / "models" / "own")
