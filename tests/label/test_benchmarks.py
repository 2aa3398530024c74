"""The scripts in benchmarks/ that make claims about models: what they read, keep and time."""

import gzip
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.errors import print_off_topic, read_headlines
from benchmarks.label_speed import peak_mb, timed
from benchmarks.learning_curve import SHARES, parts_of
from monitor.label.corpus import Coded
from monitor.label.sheet import sheet_of
from tests.label.conftest import FRAMES, ToldClassifier, say

# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lines.txt", 'Storm shuts "road\nSocial workers meet\n\n'),
        (
            "abc.csv",
            'publish_date,headline_text\n20030219,"Storm shuts ""road"\n20030220,Social workers meet\n',
        ),
        ("rss.csv", ',title,link\n0,"Storm shuts ""road",x\n1,Social workers meet,y\n'),
    ],
)
def test_headlines_are_read_of_lines_and_of_tables_packed_or_not(
    tmp_path: Path, name: str, text: str, packed: bool
) -> None:
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    items = read_headlines(path)
    assert [item.title for item in items] == ['Storm shuts "road', "Social workers meet"]
    assert not any(item.relevant for item in items)


def test_a_description_is_read_after_its_title(tmp_path: Path) -> None:
    (tmp_path / "rss.csv").write_text("title,description\nStorm,Roads shut.\n", "utf-8")
    (item,) = read_headlines(tmp_path / "rss.csv")
    assert (item.title, item.text) == ("Storm", "Roads shut.")


def test_a_table_without_headlines_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("link\nx\n", "utf-8")
    with pytest.raises(SystemExit, match=r"odd\.csv: no column headline_text or title"):
        read_headlines(tmp_path / "odd.csv")


def test_headlines_that_are_wrongly_said_relevant_are_listed_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "off.txt").write_text("Storm\nSocial workers in a soap\nFlood\nTide\n", "utf-8")
    told = ToldClassifier({"soap": say(relevant=0.8), "": say(relevant=0.1)})
    print_off_topic(tmp_path / "off.txt", told)
    assert capsys.readouterr().out.splitlines() == [
        "0.80 Social workers in a soap",
        "1 of 4 said relevant: 2500.0 in 10,000",
    ]


# ---------------------------------------------------------------- speed


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read as Linux tells it")
def test_a_model_is_timed_from_before_its_process_begins_and_by_its_own_memory(model_folder: Path) -> None:
    ballast = np.ones(60_000_000)  # 480 MB that are not the child's
    found = timed([str(model_folder)], None, 20)
    figures = found[str(model_folder)]
    assert peak_mb() > ballast.nbytes / 2**20
    assert 20 < figures["peak_mb"] < 300
    assert figures["first"] > 0.05  # numpy alone takes longer to import
    assert figures["rate"] > 0


# ---------------------------------------------------------------- held-out authors


def test_parts_of_the_corpus_grow_each_within_the_next(coded: list[Coded]) -> None:
    parts = [set(part.coded) for part in parts_of(sheet_of(coded))]
    assert [round(len(part) / len(parts[-1]), 2) for part in parts] == [round(share, 2) for share in SHARES]
    assert all(small < large for small, large in pairwise(parts))


def test_a_network_is_kept_under_another_name_once_its_recipe_or_passages_change(
    coded: list[Coded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from benchmarks import recipes

    bench = recipes.Bench(tmp_path, "base", b"{}", sheet_of(coded))
    kept = bench.path("kept")
    assert bench.path("kept") == kept
    assert len({bench.path(name) for name in recipes.RECIPES}) == len(recipes.RECIPES)
    assert replace(bench, learnt=sheet_of(coded[1:])).path("kept") != kept
    frames = [replace(coded[0], frames=(FRAMES[1],)), *coded[1:]]
    assert replace(bench, learnt=sheet_of(frames)).path("kept") != kept
    hard = bench.path("hard negatives twice")
    changed = {**recipes.RECIPES, "kept": recipes.Recipe(epochs=9)}
    monkeypatch.setattr(recipes, "RECIPES", changed)
    assert bench.path("kept") != kept
    assert bench.path("hard negatives twice") != hard


def test_temperature_and_steps_are_fitted_on_what_teaches_a_head_alone(coded: list[Coded]) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from benchmarks.calibrations import WAYS

    sheet = sheet_of([*coded, *(replace(item, id=f"{item.id} again", tone=None) for item in coded[:60])])
    rng = np.random.default_rng(1)
    margins = np.where(sheet.targets, 1.0, -1.0)[..., None] + rng.normal(size=(*sheet.targets.shape, 1))
    disturbed = np.where(sheet.taught[..., None], margins, 50.0)
    assert not sheet.taught.all()
    for way in WAYS.values():
        assert np.allclose(way(sheet, margins)(margins), way(sheet, disturbed)(margins))
