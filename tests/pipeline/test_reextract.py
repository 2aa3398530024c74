"""What sources answered is kept as WARC, makes the same items again offline, and holds nothing erased."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text as sql
from warcio.archiveiterator import ArchiveIterator

from monitor.cli import main
from monitor.clock import Clock
from monitor.collect.rawfile import raw_files, raw_polls
from monitor.config.load import Config, load_config
from monitor.errors import UsageError
from monitor.pipeline.collect import run_collect
from monitor.pipeline.reextract import run_reextract
from monitor.pipeline.upkeep import run_forget, run_retention
from monitor.store.maintain import check
from monitor.store.open import Store, open_store
from monitor.types import Outlet
from tests.collect.site import Site, answer
from tests.pipeline.test_line import NOW, PAGE, RSS, configured, serving

ENTRY = """<item><title>{title}</title><link>{link}</link><guid>{guid}</guid>{date}
<description>&lt;p&gt;{summary}&lt;/p&gt;</description></item>"""
SECRET = "Social workers knew about Quillfeather, inquest told"
WIRE = (
    "Social workers visited the home of a two-year-old boy nine times in the months before he died, a review"
    " has found, and bruises noted by a health visitor were put down to clumsiness each time they were seen."
)
STORE_SAYS = (
    """SELECT i.id, i.identity, s.key, o.name, o.outlet_type, i.url, i.guid, i.published_at, i.published_raw,
       i.published_source, i.published_precision, i.week, i.first_seen_at, i.story, i.cluster_id
       FROM items i JOIN sources s ON s.id = i.source_id JOIN outlets o ON o.id = i.outlet_id
       ORDER BY i.id""",
    """SELECT id, item_id, number, seen_at, content_hash, title, summary, text FROM revisions ORDER BY id""",
    "SELECT item_id, sketch FROM sketches ORDER BY item_id",
)


def entry(title: str, link: str = "", *, guid: str = "", date: str = "", summary: str = "") -> str:
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    return ENTRY.format(title=title, link=link, guid=guid or link, date=dated, summary=summary)


def feed(*entries: str) -> bytes:
    return answer(RSS.format(items="".join(entries)), content_type="text/xml", set_cookie="id=31415")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({}) as site:
        story, other = site.url("/story"), site.url("/secret")
        day = "Sun, 15 Nov 2026 09:00:00 GMT"
        site.answers["/story"] = answer(PAGE, content_type="text/html; charset=utf-8")
        site.answers["/secret"] = answer(PAGE.replace("Review", SECRET), content_type="text/html")
        site.answers["/closed"] = answer(PAGE, content_type="text/html", tdm_reservation="1")
        site.answers["/gazette"] = feed(
            entry("Social workers missed nine warnings", story, date=day, summary="A council is criticised."),
            entry(SECRET, other, date=day, summary="Of Quillfeather nobody spoke."),
            entry("Social workers praised by judge", site.url("/closed"), date=day),
            entry("Social workers to march in Cardiff today", guid="undated"),
            entry("Social work day is coming soon", site.url("/ahead"), date="Thu, 19 Nov 2026 09:00:00 GMT"),
            entry("", guid="nameless"),
        )
        site.answers["/echo"] = feed(entry("Review into boy", site.url("/e1"), date=day, summary=WIRE))
        site.answers["/star"] = answer(
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "title": "Star",
                    "items": [
                        {"id": "1", "url": site.url("/s1"), "title": "Boy's death", "content_text": WIRE},
                    ],
                }
            ),
            content_type="application/feed+json",
        )
        yield site


@pytest.fixture
def config(site: Site, tmp_path: Path) -> Config:
    return configured(site, "gazette", "echo", "star", extra=f"raw: '{tmp_path / 'raw'}'\n")


@pytest.fixture
def folder(config: Config) -> Path:
    assert config.raw is not None
    return config.raw


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    yield from opened(tmp_path / "live.db")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Store]:
    yield from opened(tmp_path / "fresh.db")


def opened(path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{path}", create=True)
    yield store
    store.close()


def at(hours: float) -> Clock:
    return lambda: NOW + timedelta(hours=hours)


def said(store: Store) -> list[list[tuple[object, ...]]]:
    with store.reading() as session:
        return [[tuple(row) for row in session.execute(sql(query))] for query in STORE_SAYS]


def everything(folder: Path) -> bytes:
    """All bytes of the raw answers, decompressed, with those of a torn end."""
    return b"".join(gzip.decompress(path.read_bytes()) for path in sorted(folder.glob("*.warc.gz")))


def collected(store: Store, config: Config, site: Site) -> None:
    """Three rounds of polls: as it is; a headline changed and an entry added; when the early one is due."""
    run_collect(store, config, at(0))
    first = site.answers["/gazette"]
    assert isinstance(first, bytes)
    body = first.split(b"\r\n\r\n", 1)[1].decode().replace("missed nine", "missed eleven")
    added = entry("Foster carers and social workers at odds", site.url("/new"), summary="Said on Monday.")
    site.answers["/gazette"] = answer(body.replace("<channel>", f"<channel>{added}"), content_type="text/xml")
    run_collect(store, config, at(30), force=True)
    run_collect(store, config, at(24 * 4), force=True)


# ---------------------------------------------------------------- reading again


def test_the_raw_answers_make_the_items_that_collecting_made(
    store: Store, fresh: Store, config: Config, site: Site
) -> None:
    collected(store, config, site)
    asked = len(site.paths)
    done = run_reextract(fresh, config)
    items, revisions, sketches = said(store)
    assert said(fresh) == [items, revisions, sketches]
    assert len(items) == 8
    assert sum(bool(row[-1]) for row in items) == 1  # a wire copy
    assert any("never asked to see the boy" in str(row[-1]) for row in revisions)
    assert len(revisions) > len(items)
    assert (done.polls, done.failed, done.intake.new) == (len(list(polls(config))), 0, 7)
    assert len(site.paths) == asked
    assert check(fresh) == []


def polls(config: Config) -> Iterator[object]:
    assert config.raw is not None
    for path in raw_files(config.raw):
        yield from raw_polls(path)


def test_reading_again_into_the_same_database_adds_nothing(store: Store, config: Config, site: Site) -> None:
    collected(store, config, site)
    before = said(store)
    intake = run_reextract(store, config).intake
    assert (intake.new, intake.revised) == (0, 0)
    assert said(store) == before


def test_only_the_days_that_are_named_are_read(
    store: Store, fresh: Store, config: Config, site: Site
) -> None:
    collected(store, config, site)
    today = NOW.date()
    assert run_reextract(fresh, config, first=today, last=today).intake.new == 6
    assert run_reextract(fresh, config, first=today + timedelta(days=9)).polls == 0


def test_sources_that_are_no_longer_configured_are_read_as_they_were(
    store: Store, fresh: Store, config: Config, site: Site, folder: Path
) -> None:
    collected(store, config, site)
    run_reextract(fresh, configured(site, "gazette", extra=f"raw: '{folder}'\n"))
    assert said(fresh) == said(store)


def test_items_get_the_outlet_that_is_configured_now(
    store: Store, fresh: Store, config: Config, site: Site, folder: Path
) -> None:
    run_collect(store, config, at(0))
    named = config.sources[0]
    renamed = replace(config, sources=(replace(named, outlet=Outlet("The Gazette")), *config.sources[1:]))
    run_reextract(fresh, renamed)
    assert {row[3] for row in said(fresh)[0] if row[2] == named.id} == {"The Gazette"}


# ---------------------------------------------------------------- what is kept


def test_nothing_is_kept_unless_it_is_switched_on(store: Store, site: Site, tmp_path: Path) -> None:
    config = configured(site, "gazette")
    run_collect(store, config, at(0))
    assert list(tmp_path.rglob("*.warc.gz")) == []
    with pytest.raises(UsageError, match="no raw: folder is named"):
        run_reextract(store, config)


def test_the_files_are_warc_1_1_whose_digests_hold(store: Store, config: Config, folder: Path) -> None:
    run_collect(store, config, at(0))
    (path,) = raw_files(folder)
    with path.open("rb") as file:
        records = list(ArchiveIterator(file, check_digests="raise"))
    kinds = [record.rec_type for record in records]
    assert {record.rec_headers.protocol for record in records} == {"WARC/1.1"}
    assert (kinds[0], kinds.count("response"), kinds.count("metadata")) == ("warcinfo", 5, 3)


def test_unchanged_answers_cookies_and_reserved_pages_are_not_kept(
    store: Store, config: Config, site: Site, folder: Path
) -> None:
    run_collect(store, config, at(0))
    kept = everything(folder)
    run_collect(store, config, at(48))
    assert everything(folder) == kept
    assert b"31415" not in kept
    assert site.paths.count("/closed") == 1
    assert f"WARC-Target-URI: {site.url('/closed')}".encode() not in kept


def test_a_relative_folder_lies_beside_feeds_yaml(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("raw: answers\nsources: []\n")
    assert load_config(tmp_path / "feeds.yaml").raw == tmp_path / "answers"


# ---------------------------------------------------------------- erasing


def test_a_forgotten_item_is_erased_from_the_raw_answers_and_nothing_else_is(
    store: Store, fresh: Store, config: Config, site: Site, folder: Path
) -> None:
    collected(store, config, site)
    assert b"Quillfeather" in everything(folder)
    assert run_forget(store, at(97), url=site.url("/secret"), raw=folder) == 1
    left = everything(folder)
    assert b"Quillfeather" not in left
    assert b"/secret" not in left
    run_reextract(fresh, config)
    with fresh.reading() as session:
        found = {tuple(row) for row in session.execute(sql(WORDS))}
    with store.reading() as session:
        assert found == {tuple(row) for row in session.execute(sql(WORDS))}
    assert len(found) == 8


WORDS = """SELECT i.identity, i.published_at, i.published_raw, i.first_seen_at, i.story, r.number, r.seen_at,
    r.title, r.summary, r.text FROM items i JOIN revisions r ON r.item_id = i.id"""


def test_a_feed_that_goes_on_listing_a_forgotten_item_does_not_bring_it_back(
    store: Store, config: Config, site: Site, folder: Path
) -> None:
    run_collect(store, config, at(0))
    run_forget(store, at(1), url=site.url("/secret"), raw=folder)
    run_collect(store, config, at(2), force=True)
    assert site.paths.count("/secret") == 1
    assert b"Quillfeather" not in everything(folder)
    assert b"missed nine" in everything(folder)


def test_a_torn_end_goes_with_what_is_erased(store: Store, config: Config, site: Site, folder: Path) -> None:
    run_collect(store, config, at(0))
    (path,) = raw_files(folder)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-40])
    run_forget(store, at(1), url=site.url("/secret"), raw=folder)
    assert b"Quillfeather" not in everything(folder)
    assert len(list(raw_polls(path))) == 5


def test_files_in_which_nothing_is_erased_are_left_as_they_are(
    store: Store, config: Config, site: Site, folder: Path
) -> None:
    run_collect(store, config, at(0))
    (path,) = raw_files(folder)
    before = path.stat()
    run_forget(store, at(1), url="https://elsewhere.example/1", raw=folder)
    assert path.stat().st_ino == before.st_ino
    assert list(folder.iterdir()) == [path]


def test_raw_answers_go_when_the_time_of_texts_is_up(
    store: Store, site: Site, tmp_path: Path, folder: Path
) -> None:
    config = configured(site, "gazette", extra=f"raw: '{folder}'\nkeep: 2 days\n")
    run_collect(store, config, at(0))
    run_retention(store, config, at(47))
    assert len(raw_files(folder)) == 1
    run_retention(store, config, at(24 * 3))
    assert raw_files(folder) == []


# ---------------------------------------------------------------- the command


def test_the_command_reads_again_and_says_what_came_of_it(
    store: Store, config: Config, site: Site, folder: Path, tmp_path: Path
) -> None:
    run_collect(store, config, at(0))
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(f"raw: '{folder}'\nsources: []\n")
    common = ["collect", "--db", f"sqlite:///{tmp_path / 'again.db'}", "--feeds", str(feeds), "--reextract"]
    result = CliRunner().invoke(main, [*common, "--from", "2026-11-16", "--to", "2026-11-16", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["polls"], found["failed"], found["new"], found["rejected"]) == (3, 0, 6, 2)
    assert "3 polls read again: " in CliRunner().invoke(main, common).stdout


@pytest.mark.parametrize("options", [["--reextract", "--force"], ["--from", "2026-11-16"]])
def test_options_that_do_not_go_together_are_refused(options: list[str]) -> None:
    assert CliRunner().invoke(main, ["collect", *options]).exit_code == 2
