"""Lists that want some frames or outlets alone, or less detail."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from monitor.config.load import parse_config
from monitor.deliver.message import read_message
from monitor.pipeline.deliver import enqueue_report
from monitor.pipeline.listmail import list_mails, scope_sentence
from monitor.pipeline.reportdata import week_asked
from monitor.report.data import FrameText
from monitor.store.open import Store, open_store
from monitor.store.outbox import claim
from monitor.types import StoredModel
from tests.deliver.mails import a_report
from tests.store.builders import NOW, WEEK, a_model, a_source, an_item, an_outlet, label_all, put

FEEDS = """\
contact: editor@ngo.example
sources: []
lists:
  all: {recipients: [all@x.example]}
  failures: {recipients: [f@x.example], frames: [incompetent]}
  echo: {recipients: [e@x.example], outlets: [Evening Echo], detail: brief}
  echo-too: {recipients: [g@x.example], outlets: [Evening Echo], detail: brief}
"""
CONFIG = parse_config(FEEDS, "feeds.yaml")
LATER = NOW + timedelta(weeks=1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('lists') / 'monitor.db'}", create=True)
    yield store
    store.close()


@pytest.fixture(scope="module")
def model(store: Store) -> StoredModel:
    """Ten failures in one paper, thirty items of praise in the other."""
    echo = a_source("echo", an_outlet("Evening Echo"))
    with store.writing() as session:
        model = a_model(session, "test")
        put(
            session,
            *(an_item(f"https://post.example/{n}", title=f"Workers missed sign {n}") for n in range(10)),
        )
        label_all(session, model, hits={"incompetent": 0.9})
        praise = [an_item(f"https://echo.example/{n}", title=f"Praise {n}", source=echo) for n in range(30)]
        put(session, *praise, source=echo)
        label_all(session, model, hits={"positive": 0.8}, band="positive")
    return model


@pytest.fixture(scope="module")
def mails(store: Store, model: StoredModel) -> dict[str, str]:
    """The plain text of each list's own mail."""
    found = list_mails(store, CONFIG, model, lambda: LATER, week_asked(WEEK))
    return {name: _text(eml) for name, eml in found.items()}


def _text(eml: bytes) -> str:
    body = read_message(eml).get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def test_a_list_without_wishes_gets_the_whole_report(mails: dict[str, str]) -> None:
    assert sorted(mails) == ["echo", "echo-too", "failures"]


def test_a_mail_says_what_it_is_confined_to(mails: dict[str, str]) -> None:
    assert "This mail holds only the frame Failure, as its list asks." in mails["failures"]
    assert "This mail holds only coverage by Evening Echo, as its list asks." in mails["echo"]


def test_a_list_of_outlets_counts_those_alone(mails: dict[str, str]) -> None:
    assert "Items about social work: 30" in mails["echo"]
    assert "Items about social work: 40" in mails["failures"]
    assert "missed sign" not in mails["echo"]


def test_a_list_of_frames_shows_no_story_and_no_figure_of_another(mails: dict[str, str]) -> None:
    assert "missed sign" in mails["failures"]
    assert "Praise" not in mails["failures"]
    assert "Over-reach" not in mails["failures"].partition("CONTEST")[0].partition("HOW THE LABELS")[0]


def test_a_brief_mail_leaves_tables_and_method_out_and_still_says_how_to_leave(mails: dict[str, str]) -> None:
    assert "CHECKS" not in mails["echo"]
    assert "unsubscribe" in mails["echo"]
    assert len(mails["echo"]) < len(mails["failures"]) / 2


def test_lists_that_want_the_same_get_the_same(mails: dict[str, str]) -> None:
    assert mails["echo"] == mails["echo-too"]


def test_each_list_is_queued_its_own_mail(store: Store, model: StoredModel) -> None:
    own = list_mails(store, CONFIG, model, lambda: LATER, week_asked(WEEK))
    enqueue_report(store, CONFIG, WEEK, a_report(), lambda: LATER, own=own)
    held: dict[str, bytes] = {}
    while True:
        with store.writing() as session:
            claimed = claim(session, "w", LATER, timedelta(hours=1))
        if claimed is None:
            break
        held[claimed.recipient] = claimed.content

    assert "as its list asks" in _text(held["f@x.example"])
    assert "Coverage of “failures” is up." in _text(held["all@x.example"])
    assert str(read_message(held["e@x.example"])["Subject"]) != str(
        read_message(held["all@x.example"])["Subject"]
    )


def test_the_sentence_names_frames_and_outlets() -> None:
    frames = [FrameText("incompetent", "", "", True), FrameText("positive", "", "", True)]

    assert scope_sentence(frames, ["A", "B", "C"]) == (
        "This mail holds only the frames Failure and Positive and only coverage by A, B and C, "
        "as its list asks."
    )
    assert scope_sentence((), ()) == ""
