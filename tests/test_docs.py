"""The documents say what the program does."""

from pathlib import Path

import click
import pytest

from monitor.cli import main
from monitor.config.file import FeedsFile, ListEntry, SourceEntry
from monitor.label.codebook import load_codebook
from monitor.label.registry import find_models

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def all_commands(group: click.Group, words: tuple[str, ...] = ("monitor",)) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        found.append((*words, name))
        if isinstance(command, click.Group):
            found += all_commands(command, (*words, name))
    return found


def test_every_command_is_documented() -> None:
    said = (DOCS / "commands.md").read_text("utf-8")

    assert [words for words in all_commands(main) if words[-1] not in said] == []


@pytest.mark.parametrize("section", [FeedsFile, SourceEntry, ListEntry])
def test_every_key_of_feeds_yaml_is_documented(section: type[FeedsFile]) -> None:
    said = (DOCS / "feeds.md").read_text("utf-8")

    assert [key for key in section.model_fields if f"`{key}`" not in said and f"{key}:" not in said] == []


def test_every_frame_has_a_definition_examples_and_a_hypothesis() -> None:
    frames = load_codebook().frames

    assert len(frames) == 12
    assert [frame.id for frame in frames if frame.core] == ["incompetent", "over_zealous", "positive"]
    assert all(frame.definition and len(frame.examples) >= 3 and frame.hypothesis for frame in frames)


def test_every_model_says_in_its_card_who_wrote_what_it_learnt_from() -> None:
    for model in find_models([ROOT / "models"]).values():
        card = (model.path / "README.md").read_text("utf-8")
        assert "anguage models wrote" in card, model.name


def test_every_link_between_the_documents_leads_somewhere() -> None:
    import re

    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
