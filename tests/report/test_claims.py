"""What a story card says of claim status, target and right of reply."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.report.claims import is_finding
from monitor.report.render import write_report
from monitor.report.stories import choose_stories
from monitor.types import Said
from tests.report.conftest import a_story, report_data

CORPUS = Path(__file__).parents[2] / "models" / "corpus"
FINDING = "Inspectors found that visits were late."


def claim_of(text: str, said: Said | None = None) -> str:
    story = replace(a_story(evidence=text), said=said)
    return choose_stories(report_data(stories=[story]), frozenset()).clusters[0].claim


def marked(files: tuple[str, ...]) -> Counter[str]:
    """The coded status of the passages with a frame that the rule takes for findings."""
    rows = [
        json.loads(line)
        for name in files
        for line in (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    return Counter(
        row["status"] for row in rows if row["frames"] and is_finding(f"{row['title']}. {row['text']}")
    )


def test_at_least_17_of_20_passages_that_the_rule_takes_for_findings_are_findings() -> None:
    found = marked(("eval-d", "eval-k"))
    assert found.total() >= 50
    assert found["found"] / found.total() >= 0.85


@pytest.mark.parametrize(
    "text",
    [
        "The court heard that a judge said so.",
        "Inspectors found gaps, the council denies it.",
        "The tribunal ruled, and she was cleared.",
        "The council apologised after the review found delays.",
        "Inspectors allegedly found nothing.",
        "Parents want answers.",
    ],
)
def test_words_that_are_alleged_denied_admitted_or_cleared_are_no_finding(text: str) -> None:
    assert not is_finding(text)
    assert claim_of(text) == ""


def test_a_finding_is_told_as_one_by_rule_and_only_of_a_story_that_carries_a_frame() -> None:
    assert claim_of(FINDING) == "Claim: a finding (by rule, from its words)."
    bare = report_data(stories=[a_story(evidence=FINDING, frames={})])
    assert choose_stories(bare, frozenset()).clusters[0].claim == ""


def test_what_people_coded_stands_in_place_of_the_rule() -> None:
    said = Said(True, ("incompetent",), -1, "alleged", ("EMPLOYER", "POLICE"), reply=True)
    assert claim_of(FINDING, said) == (
        "Coded by people: claim alleged; aimed at the employer and the police; right of reply given."
    )
    assert claim_of(FINDING, Said(True, ("blamed",), reply=False)) == (
        "Coded by people: frames Blame; right of reply not given."
    )
    assert claim_of(FINDING, Said(False)) == "Coded by people: not about social work."
    assert claim_of(FINDING, Said(True, ("incompetent",))) == "", (
        "nothing is known that the card does not say"
    )


def test_every_form_of_the_report_tells_the_claim() -> None:
    files = write_report(report_data(stories=[a_story(evidence=FINDING)])).files
    for ending in (".html", ".txt", ".eml"):
        text = next(content for name, content in files.items() if name.endswith(ending)).decode()
        assert "Claim: a finding" in text, ending
