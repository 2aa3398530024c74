import hashlib
from collections.abc import Sequence
from datetime import timedelta

import pytest

from monitor.collect.archives.base import Archive
from monitor.collect.archives.calls import Calls
from monitor.collect.archives.gkg import THEMES, Gkg
from tests.collect.archives.asking import GAZETTE, NOW, OUTLETS, SPAN, Read, read_archive
from tests.collect.archives.fakes import GdeltBulk
from tests.collect.archives.server import DAY, Server, Story, planted, serving, urls


def read(server: Server) -> Read:
    def make(calls: Calls) -> Archive:
        return Gkg(calls, OUTLETS, *SPAN, NOW, lambda title: "Social workers" in title, THEMES, server.url)

    return read_archive(make)


def row(story: Story, *, url: str = "", themes: str = "", extras: str = "") -> str:
    columns = GdeltBulk([]).row(story).split("\t")
    columns[4], columns[7] = url or story.url, themes
    columns[26] = extras or columns[26]
    return "\t".join(columns)


class Rows(GdeltBulk):
    """One file of the rows given."""

    def __init__(self, rows: Sequence[str]) -> None:
        self._rows = list(rows)
        super().__init__([Story(0, DAY)])

    def row(self, story: Story) -> str:
        return "\n".join(getattr(self, "_rows", [])) or super().row(story)

    def other(self, at: object) -> str:
        return ""


def test_the_files_of_a_day_are_read_hour_by_hour_and_only_our_outlets_stories_are_kept() -> None:
    stories = planted(200)
    with serving(GdeltBulk([*stories, Story(900, DAY + timedelta(days=1))])) as server:
        found = read(server)

    assert [window.key for window in found.windows] == [f"2018-11-13T{hour:02}" for hour in range(24)]
    assert {window.calls for window in found.windows} == {4}
    assert found.urls == urls(stories)
    assert {item.outlet for item in found.items} == {GAZETTE.outlet}


def test_the_page_s_own_date_is_taken_unless_it_lies_after_the_sighting() -> None:
    own = row(Story(1, DAY - timedelta(hours=3)))
    late = row(Story(2, DAY + timedelta(hours=5))).split("\t")
    late[1] = f"{DAY:%Y%m%d%H%M%S}"
    with serving(Rows([own, "\t".join(late)])) as server:
        first, second = read(server).items

    assert (first.published.at, first.published.source) == (DAY - timedelta(hours=3), "page")
    assert (second.published.at, second.published.source) == (DAY, "archive")
    assert first.title == "Social workers praised in case 1 – live"


def test_a_story_is_kept_for_its_title_its_address_or_its_theme() -> None:
    story, plain = Story(1, DAY), "<PAGE_TITLE>Village bakery wins prize</PAGE_TITLE>"
    rows = [
        row(story),
        row(story, url="https://gazette.example/social-services-cuts", extras=plain),
        row(story, url="https://gazette.example/2", themes=f"EDUCATION;{THEMES[0]};X", extras=plain),
        row(story, url="https://gazette.example/3", themes="EDUCATION", extras=plain),
        row(story, url="https://gazette.example/social-work-4", extras="<PAGE_LINKS>x</PAGE_LINKS>"),
        "cut\tshort",
    ]
    with serving(Rows(rows)) as server:
        found = read(server)

    assert [item.url for item in found.items] == [
        story.url,
        "https://gazette.example/social-services-cuts",
        "https://gazette.example/2",
    ]
    assert found.reasons == {"no-title": 1}


@pytest.mark.parametrize("damage", ["missing", "other bytes", "no zip"])
def test_a_file_that_is_missing_or_damaged_costs_that_file(damage: str) -> None:
    stories = planted(96)
    bulk = GdeltBulk(stories)
    name = f"{DAY:%Y%m%d}001500.gkg.csv.zip"
    if damage == "missing":
        del bulk.files[name]
    elif damage == "other bytes":
        bulk.files[name] = bulk.files[name][:-1] + b"?"
    else:
        digest = hashlib.md5(bulk.files[name]).hexdigest()
        bulk.files[name] = b"no zip"
        bulk.listed = bulk.listed.replace(digest, hashlib.md5(b"no zip").hexdigest())
    with serving(bulk) as server:
        found = read(server)

    assert found.reasons == {"missing-file" if damage == "missing" else "damaged-file": 1}
    assert len(found.items) == 95
