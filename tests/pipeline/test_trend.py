"""From labels and people's codes to corrected shares, on a real database."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha1
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from monitor.pipeline.export import SHARE_COLUMNS, export_rows, write_rows
from monitor.pipeline.trend import Trend, TrendQuery, balance_json, read_trend, share_json, volume_json
from monitor.store.codes import add_codes
from monitor.store.labels import add_labels
from monitor.store.open import Store, open_store
from monitor.store.samples import Sample, add_sample
from monitor.types import Code, Depth, Label, OutletType, Said, StoredModel, Stratum
from tests.store.builders import NOW, WEEK, a_judgement, a_model, a_source, an_item, an_outlet, put, unread

FRAME = "incompetent"
SAID, FOUND, ALL = 30, 130, 180
"""Of each week: items said to carry FRAME, those found relevant, and all."""


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trend") / "empty.db"
    open_store(f"sqlite:///{path}", create=True).close()
    return path


@pytest.fixture
def store(empty_database: Path, tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{shutil.copy(empty_database, tmp_path / 'monitor.db')}")
    yield store
    store.close()


def title(*parts: object) -> str:
    """Return a headline that no other one is a copy of."""
    return " ".join(sha1(repr((*parts, word)).encode()).hexdigest()[:9] for word in range(9))


def fill(session: Session, model: StoredModel, *, ago: int = 0, summary: str = "") -> list[tuple[int, int]]:
    """Store and label a week's items; return their ids and revisions: FRAME first, irrelevant ones last."""
    at = NOW - timedelta(weeks=ago)
    items = [
        an_item(f"https://post.example/{ago}/{n}", title=title(ago, n), summary=summary, at=at)
        for n in range(ALL)
    ]
    put(session, *items, seen_at=at)
    readings = unread(session, model)
    labels = [
        Label(
            reading.revision_id,
            reading.item_id,
            a_judgement(reading.depth, hits={FRAME: 0.9} if n < SAID else {}, relevant=n < FOUND),
        )
        for n, reading in enumerate(readings)
    ]
    add_labels(session, model, labels, NOW)
    return [(reading.item_id, reading.revision_id) for reading in readings]


def code(session: Session, items: list[tuple[int, int]], *, kind: str = "random") -> None:
    """Have a person code all of a week: 18 of those said to carry FRAME, and 12 others, do."""
    strata: dict[int, Stratum] = {
        item: "relevant" if n < FOUND else "irrelevant" for n, (item, _) in enumerate(items)
    }
    held: dict[Stratum, int] = {"relevant": FOUND, "irrelevant": ALL - FOUND}
    sample = Sample(0, kind, kind, 1, "linear@1", (WEEK, WEEK), NOW, held, held)  # type: ignore[arg-type]
    add_sample(session, sample, strata)
    carrying = {*range(18), *range(SAID, SAID + 12)}
    codes = [
        Code(revision, Depth.TITLE, "ann", Said(n < FOUND, (FRAME,) if n in carrying else (), 0))
        for n, (_, revision) in enumerate(items)
    ]
    add_codes(session, codes, "0.2", NOW)


def filled(store: Store, *, weeks: int = 1, coded: bool = True, kind: str = "random") -> StoredModel:
    with store.writing() as session:
        model = a_model(session)
        for ago in reversed(range(weeks)):
            items = fill(session, model, ago=ago)
        if coded:
            code(session, items, kind=kind)
    return model


def trend(store: Store, model: StoredModel, **query: object) -> Trend:
    return read_trend(store, model, TrendQuery(frames=(FRAME,), **query))  # type: ignore[arg-type]


def test_a_week_that_people_have_coded_is_corrected_by_their_codes(store: Store) -> None:
    model = filled(store)
    (point,) = trend(store, model).shares
    assert (point.hits, point.n, point.raw_share) == (30, 130, 30 / 130)
    assert point.share == pytest.approx(30 / 130)  # 12 of 30 were said wrongly, and 12 were missed
    assert (point.corrected, point.method, point.n_codes, point.reason) == (True, "ppi", 180, "")
    (plain,) = trend(store, model, correction="none").shares
    assert (point.low or 0) < (plain.low or 0) < (plain.high or 0) < (point.high or 0)


def test_codes_of_a_sample_that_is_not_random_correct_nothing(store: Store) -> None:
    model = filled(store, kind="uncertain")
    (point,) = trend(store, model).shares
    assert (point.corrected, point.reason) == (False, "no codes by people")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"unit": "mention"}, "people code items, not mentions"),
        ({"series": "strict"}, "people code the broad series"),
        ({"correction": "none"}, "no correction asked for"),
    ],
)
def test_what_codes_cannot_correct_says_so(store: Store, query: dict[str, str], reason: str) -> None:
    model = filled(store)
    found = trend(store, model, **query)
    assert [(point.corrected, point.reason) for point in found.shares] == [(False, reason)]
    assert [(point.corrected, point.reason) for point in found.balance] == [(False, reason)]


def test_a_later_week_is_corrected_by_codes_of_before_unless_something_changed_between(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        code(session, fill(session, model, ago=1))
        fill(session, model)
    before, now = trend(store, model).shares
    assert (before.pool_weeks, now.corrected, now.n_codes) == (1, True, 180)
    assert (now.high or 0) - (now.low or 0) > (before.high or 0) - (before.low or 0)
    _, apart = trend(store, model, changes=(WEEK,)).shares
    assert (apart.corrected, apart.reason) == (False, "no codes by people")
    _, short = trend(store, model, pool=1).shares
    assert not short.corrected


def test_weeks_are_taken_together_by_month_quarter_and_year(store: Store) -> None:
    model = filled(store, weeks=8, coded=False)
    months = trend(store, model, period="month").shares
    assert [(one.period, one.n) for one in months] == [("2026-09", 130), ("2026-10", 650), ("2026-11", 260)]
    (year,) = trend(store, model, period="year").shares
    assert share_json(year, "year") | {"reason": ""} == {
        "period": "2026",
        "first_week": str(WEEK.plus(-7)),
        "group": "all",
        "frame": FRAME,
        "n": 1040,
        "hits": 240,
        "share": 240 / 1040,
        "low": year.low,
        "high": year.high,
        "corrected": False,
        "raw_share": 240 / 1040,
        "method": "wilson",
        "n_codes": 0,
        "pool_weeks": 0,
        "reason": "",
    }


def test_depths_of_headline_readings_are_told_apart(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        fill(session, model, ago=1)
        fill(session, model, summary="A summary.")
    by_depth = {
        depth: [point.n for point in trend(store, model, depth=depth).shares]
        for depth in ("headline", "title", "summary", "full")
    }
    assert by_depth == {"headline": [130, 130], "title": [130, 0], "summary": [0, 130], "full": []}


def test_a_story_counts_for_every_outlet_that_carried_it_where_asked(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        for place, kind in (("agency", OutletType.AGENCY), ("post", OutletType.NATIONAL)):
            source = a_source(place, an_outlet(place, kind))
            put(
                session,
                an_item(f"https://{place}.example/1", title=title("copy"), source=source),
                source=source,
            )
        readings = unread(session, model)
        labels = [Label(r.revision_id, r.item_id, a_judgement(hits={FRAME: 0.9})) for r in readings]
        add_labels(session, model, labels, NOW)
    once = trend(store, model, by="outlet_type")
    each = trend(store, model, by="outlet_type", copies="per-outlet")
    assert [(point.group, point.hits) for point in once.shares] == [("agency", 1)]
    assert [(point.group, point.hits) for point in each.shares] == [("agency", 1), ("national", 1)]
    (whole,) = trend(store, model, copies="per-outlet").shares
    assert (whole.group, whole.n, whole.hits) == ("all", 2, 2)


def test_the_constant_panel_leaves_out_an_outlet_that_came_later(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        for ago in (8, 4, 0):
            fill(session, model, ago=ago)
        late = a_source("late", an_outlet("Latecomer"))
        put(session, an_item("https://late.example/1", title=title("late"), source=late), source=late)
        (reading,) = unread(session, model)
        add_labels(session, model, [Label(reading.revision_id, reading.item_id, a_judgement())], NOW)
    assert [point.n for point in trend(store, model).shares if point.n] == [130, 130, 131]
    panel = trend(store, model, panel=True)
    assert panel.panel == ("Daily Post",)
    assert [point.n for point in panel.shares if point.n] == [130, 130, 130]


def test_a_span_without_a_constant_panel_is_not_estimable(store: Store) -> None:
    model = filled(store, coded=False)
    found = trend(store, model, panel=True, first=WEEK.plus(-52), last=WEEK)
    assert (found.panel, list(found.shares)) == ((), [])
    assert found.reason == "no outlet was read in 90 % of the months asked for"


def test_volume_and_balance_stand_beside_the_shares(store: Store) -> None:
    found = trend(store, filled(store))
    (dated,) = found.volume
    assert volume_json(dated) == {"week": str(WEEK), "group": "all", "labelled": 180, "relevant": 130}
    (balance,) = found.balance
    row = balance_json(balance)
    assert (row["week"], row["n"], row["negative"], row["raw_net"]) == (str(WEEK), 130, 130, -1.0)
    assert (row["corrected"], row["net"], row["n_codes"]) == (True, 0.0, 180)  # people found it neutral
    assert (row["failed_to_protect"], row["over_zealous"], row["ratio"]) == (30, 0, None)
    assert row["ratio_low"] is not None


def test_nothing_labelled_gives_nothing(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
    assert trend(store, model) == Trend()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_exported_shares_hold_every_column_whatever_the_first_rows_lack(
    store: Store, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.pipeline.export.BATCH", 1)
    model = filled(store)
    out = tmp_path / f"shares.{form}"
    with export_rows(store, "shares", model, (WEEK.plus(-2), WEEK), with_text=False) as table:
        assert write_rows(table, form, out) == 3 * len(model.frames)
    row = _last_row(out, form)
    assert list(row) == list(SHARE_COLUMNS)
    assert (row["frame"], row["week"], row["model"]) == (model.frames[-1], str(WEEK), "linear@1")


def _last_row(path: Path, form: str) -> dict[str, object]:
    if form == "parquet":
        from pyarrow import parquet

        table = parquet.read_table(path)
        assert [str(table.schema.field(name).type) for name in ("n", "share", "corrected")] == [
            "int64",
            "double",
            "bool",
        ]
        rows: list[dict[str, object]] = table.to_pylist()
        return rows[-1]
    lines = path.read_text("utf-8").splitlines()
    if form == "jsonl":
        found: dict[str, object] = json.loads(lines[-1])
        return found
    return dict(zip(lines[0].split(","), lines[-1].split(","), strict=True))
