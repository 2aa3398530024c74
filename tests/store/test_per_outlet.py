"""Stories counted for every outlet that carried them, by a scan."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.open import Store
from monitor.store.per_outlet import per_outlet_counts
from monitor.store.rollups import weekly_counts
from monitor.types import Depth, OutletType, StoredModel, WeekCount
from tests.store.builders import (
    NOW,
    WEEK,
    a_model,
    a_source,
    an_item,
    an_outlet,
    label_all,
    put,
)

STORY = "Social workers missed nine chances to save boy"
OUTLETS = {"agency": OutletType.AGENCY, "post": OutletType.NATIONAL, "blog": OutletType.BLOG}


def carry(session: Session, place: str, days: float = 0, *, number: int = 1, title: str = STORY) -> None:
    """Store a copy of a story at an outlet, published and seen so many days later."""
    source = a_source(place, an_outlet(place, OUTLETS[place]))
    at = NOW + timedelta(days=days)
    item = an_item(f"https://{place}.example/{number}", title=title, source=source, at=at)
    put(session, item, source=source, seen_at=at)


def counts_of(session: Session, model: StoredModel, **chosen: Any) -> list[tuple[Week, str, int]]:
    found = per_outlet_counts(session, model.id, WEEK.plus(-9), WEEK.plus(9), **chosen)
    return [(count.week, count.group, count.labelled) for count in found]


def test_each_outlet_counts_a_story_once_in_the_week_of_its_own_copy(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        carry(session, "agency")
        carry(session, "post", 1)
        carry(session, "post", 2, number=2)
        carry(session, "blog", 6)
        label_all(session, model, hits={"incompetent": 0.9})
        assert counts_of(session, model, by="outlet") == [
            (WEEK, "agency", 1),
            (WEEK, "post", 1),
            (WEEK.plus(1), "blog", 1),
        ]
        assert counts_of(session, model) == [(WEEK, "all", 2), (WEEK.plus(1), "all", 1)]
        assert counts_of(session, model, outlets=("post", "blog")) == [
            (WEEK, "all", 1),
            (WEEK.plus(1), "all", 1),
        ]
        once = weekly_counts(session, model.id, WEEK, WEEK.plus(1))
    assert [(count.week, count.labelled) for count in once] == [(WEEK, 1)]


def test_without_copies_the_scan_gives_what_the_rollups_give(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item("https://post.example/1", title="One", summary="Said.", text="An article."))
        put(session, an_item("https://post.example/2", title="Two"))
        label_all(session, model, hits={"positive": 0.9}, mentions=3, band="positive")
        put(session, an_item("https://post.example/3", title="Three", at=NOW - timedelta(weeks=1)))
        label_all(session, model, relevant=False)
        chosen: list[dict[str, Any]] = [
            {},
            {"unit": "mention"},
            {"series": "strict", "by": "outlet_type"},
            {"reading": "full"},
            {"depth": Depth.TITLE, "by": "nation"},
        ]
        span = (session, model.id, WEEK.plus(-1), WEEK)
        for one in chosen:
            assert per_outlet_counts(*span, **one) == weekly_counts(*span, **one), one


def test_only_the_revision_that_stands_for_a_copy_counts(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        carry(session, "agency")
        carry(session, "post", 1)
        label_all(session, model, hits={"positive": 0.9})
        carry(session, "post", 3, title="Boy was failed by his social workers, a review says")
        label_all(session, model, hits={"incompetent": 0.9})
        (count,) = per_outlet_counts(session, model.id, WEEK, WEEK, outlets=("post",))
    assert isinstance(count, WeekCount)
    assert (count.labelled, count.hits) == (1, {"incompetent": 1})
