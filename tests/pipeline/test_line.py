"""The line from feed to label, on a real site on loopback and a real database."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from monitor.config.load import Config, parse_config
from monitor.label.aggregate import judge, needed_by
from monitor.label.registry import load_classifier
from monitor.pipeline.collect import run_collect
from monitor.pipeline.label import run_label, run_relabel
from monitor.pipeline.status import run_status
from monitor.store.labels import label_of
from monitor.store.models import stored_models
from monitor.store.open import Store, open_store
from monitor.store.readings import ReadingKind
from tests.collect.site import Answer, Site, answer
from tests.label.conftest import ToldClassifier, say
from tests.store.builders import an_item, put

NOW = datetime(2026, 11, 16, 7, tzinfo=UTC)
ITEM = """<item><title>Social workers missed nine warnings, review finds</title>
<link>{base}/story</link><guid>s1</guid><pubDate>Sun, 15 Nov 2026 09:00:00 GMT</pubDate>
<description>A review has criticised the council.</description></item>"""
RSS = '<?xml version="1.0"?><rss version="2.0"><channel><title>Gazette</title>{items}</channel></rss>'
PAGE = (
    "<html><body><nav>Menu</nav><article><h1>Review</h1>"
    + "".join(
        f"<p>{line}</p>"
        for line in (
            "Social workers visited the family four times and never asked to see the boy alone, it found.",
            "The town's new bridge, meanwhile, will open to traffic in the spring after a long delay.",
            "Its piers were strengthened over the summer at a cost that has not been made public so far.",
            "Residents on both banks have waited for eleven years and look forward to the first crossing.",
        )
    )
    + "</article></body></html>"
)


def clock() -> datetime:
    return NOW


def an_hour_later() -> datetime:
    return NOW + timedelta(hours=1)


@contextmanager
def serving(answers: dict[str, Answer]) -> Iterator[Site]:
    """Serve in a thread of its own, since `run_collect` brings its own event loop."""
    site, loop = Site(answers), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(site.serve, "127.0.0.1", 0))
    site.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield site
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


def configured(site: Site, *ids: str, extra: str = "") -> Config:
    sources = "".join(
        f"  - {{id: {key}, name: {key}, url: '{site.url('/' + key)}', trusted: true, "
        "outlet_type: regional, nation: Wales}\n"
        for key in ids
    )
    return parse_config(f"{extra}sources:\n{sources}", "feeds.yaml")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'monitor.db'}", create=True)
    yield opened
    opened.close()


def stored_text(store: Store) -> str:
    with store.reading() as session:
        return str(session.execute(sql("SELECT text FROM revisions ORDER BY id DESC LIMIT 1")).scalar_one())


def good_site(site: Site) -> None:
    site.answers["/gazette"] = answer(
        RSS.format(items=ITEM.format(base=site.url(""))), content_type="text/xml"
    )
    site.answers["/story"] = answer(PAGE, content_type="text/html")


@pytest.mark.parametrize(
    ("policy", "kept", "left"), [("passages", True, False), ("full", True, True), ("none", False, False)]
)
def test_of_an_article_only_what_the_text_policy_allows_is_stored(
    store: Store, policy: str, kept: bool, left: bool
) -> None:
    with serving({}) as site:
        good_site(site)
        run_collect(store, configured(site, "gazette", extra=f"text: {policy}\n"), clock)

    stored = stored_text(store)
    assert ("never asked to see the boy alone" in stored) is kept
    assert ("Residents on both banks" in stored) is left


def test_a_feed_that_is_none_costs_that_feed_and_status_says_so(store: Store) -> None:
    with serving({}) as site:
        good_site(site)
        site.answers |= {
            "/page": answer("<html><body>Gone fishing</body></html>", content_type="text/html"),
            "/empty": answer(b""),
            "/down": answer(status="500 Oh no"),
        }
        config = configured(site, "page", "gazette", "empty", "down")
        outcomes = {outcome.source: outcome for outcome in run_collect(store, config, clock)}

    assert outcomes["gazette"].intake.new == 1
    assert {key for key, outcome in outcomes.items() if outcome.outcome == "failed"} == {
        "page",
        "empty",
        "down",
    }
    states = {source.source: source for source in run_status(store, config, an_hour_later).sources}
    assert states["gazette"].state == "ok"
    assert states["page"].state == "failing"
    assert "HTML page" in states["page"].remark
    assert "500" in states["down"].remark


def test_entries_that_can_be_read_are_stored_from_a_truncated_and_from_a_wrongly_encoded_feed(
    store: Store,
) -> None:
    two = ITEM + ITEM.replace("/story", "/other").replace("s1", "s2").replace("nine", "caf\xe9")
    with serving({}) as site:
        whole = RSS.format(items=two.format(base=site.url("")))
        site.answers["/cut"] = answer(whole[: whole.rindex("<description>")], content_type="text/xml")
        site.answers["/latin"] = answer(
            whole.replace("/story", "/l1").replace("/other", "/l2").encode("latin-1")
        )
        outcomes = {o.source: o.intake for o in run_collect(store, configured(site, "cut", "latin"), clock)}

    assert outcomes["cut"].new >= 1
    assert outcomes["latin"].new == 2


def test_a_source_is_not_polled_again_before_it_is_due_unless_forced(store: Store) -> None:
    with serving({}) as site:
        good_site(site)
        config = configured(site, "gazette")
        run_collect(store, config, clock)
        assert run_collect(store, config, clock) == []
        (forced,) = run_collect(store, config, clock, force=True)

    assert (forced.outcome, forced.intake.duplicate) == ("ok", 1)


def test_labelling_keeps_what_the_model_needs_so_that_margins_can_be_told_later(store: Store) -> None:
    told = ToldClassifier({"missed": say(0.55, incompetent=0.9)}, thresholds={"relevant": 0.5})
    article = "The ferries ran on time all day long. " * 40 + "Social workers missed it."
    with store.writing() as session:
        put(session, an_item(title="Social workers", summary="They missed it.", text=article))
    run_label(store, told, clock)
    texts: tuple[tuple[ReadingKind, str], ...] = (("headline", "They missed it."), ("full", article))
    with store.reading() as session:
        (model,) = stored_models(session)
        assert model.needed == needed_by(told)
        for reading, text in texts:
            found = label_of(session, 1, model, reading)
            assert found is not None
            made = judge("Social workers", text, found.judgement.depth, told)
            assert found.judgement.relevant_margin == pytest.approx(made.relevant_margin)
            for frame, label in made.frames.items():
                assert found.judgement.frames[frame].margin == pytest.approx(label.margin, abs=2e-5)
                assert found.judgement.frames[frame].cautious == label.cautious


def test_relabelling_keeps_the_old_labels_and_counts_what_changed(store: Store, tmp_path: Path) -> None:
    with serving({}) as site:
        good_site(site)
        run_collect(store, configured(site, "gazette"), clock)
    first = load_classifier("linear")
    assert run_label(store, first, clock).labelled == 1
    assert run_label(store, first, clock).labelled == 0

    other = tmp_path / "other"
    shipped = Path(__file__).parents[2] / "models" / "linear"
    other.mkdir()
    manifest = json.loads((shipped / "manifest.json").read_text("utf-8"))
    (other / manifest["artefact"]).write_bytes((shipped / manifest["artefact"]).read_bytes())
    (other / "manifest.json").write_text(json.dumps({**manifest, "note": "another digest"}), "utf-8")
    result = run_relabel(store, load_classifier(str(other)), "linear", clock)

    assert result.run.labelled == 1
    assert result.before is not None
    assert result.before.version == first.version != result.run.model.version
    assert all(change.old == change.new == change.both for change in result.changes)
    with store.reading() as session:
        labels = session.execute(sql("SELECT count(DISTINCT model_id) FROM labels")).scalar_one()
    assert labels == 2
