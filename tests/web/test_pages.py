"""The pages to read, over real HTTP."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.store.forget import forget
from monitor.store.labels import add_labels
from monitor.store.open import Store
from monitor.types import Label
from monitor.web.site import Site
from tests.store.builders import NOW, WEEK, a_judgement, a_model, an_item, half, put
from tests.web.conftest import LATER, fill

PAGES = ["/", "/trend", "/items", "/items/1", "/events", "/events/E49", "/status", "/code"]
Serve = Callable[..., httpx.Client]


def as_json(client: httpx.Client, address: str, **params: str) -> Any:
    found = client.get(address, params={**params, "format": "json"})
    assert found.status_code == 200, found.text
    return found.json()


def titles(page: Any) -> list[str]:
    return [item["title"] for item in page["items"]]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_as_html_and_as_json(client: httpx.Client, page: str) -> None:
    html, data = client.get(page), client.get(page, params={"format": "json"})

    assert (html.status_code, data.status_code) == (200, 200)
    assert html.headers["content-type"].startswith("text/html")
    assert isinstance(data.json(), dict)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_anything_that_a_browser_would_load_from_elsewhere(
    client: httpx.Client, page: str
) -> None:
    loads = re.findall(
        r'<(?:link|script|img|iframe|source)[^>]+?(?:src|href)="([^"]+)"', client.get(page).text
    )

    assert loads
    assert [one for one in loads if not one.startswith(("/static/", "data:"))] == []


def test_pages_answer_before_anything_is_stored(serve: Serve) -> None:
    client = serve()

    assert [client.get(page).status_code for page in ("/", "/items", "/status", "/code", "/events")] == [
        200
    ] * 5
    assert client.get("/trend").status_code == 404
    assert "monitor label" in client.get("/trend").text


def test_the_overview_gives_each_core_frame_with_interval_and_n(store: Store, serve: Serve) -> None:
    fill(store)
    found = as_json(serve(), "/")

    assert found["week"] == str(WEEK)
    now = {row["frame"]: row for row in found["shares"] if row["week"] == str(WEEK)}
    assert (now["incompetent"]["n"], now["incompetent"]["hits"], now["incompetent"]["share"]) == (10, 10, 1.0)
    assert 0.6 < now["incompetent"]["low"] < 1.0
    assert "10 of 10" in serve().get("/").text


def test_the_running_week_is_no_week_of_the_overview(store: Store, serve: Serve) -> None:
    fill(store)

    assert as_json(serve(clock=lambda: NOW), "/")["week"] == str(WEEK.plus(-1))


def test_pages_of_items_hold_each_story_once_newest_week_first(store: Store, serve: Serve) -> None:
    fill(store)
    client = serve()
    first = as_json(client, "/items")
    second = as_json(client, "/items", before=first["next"])

    ids = [item["id"] for item in first["items"] + second["items"]]
    assert (len(first["items"]), len(ids), len(set(ids)), second["next"]) == (25, 40, 40, None)
    assert [title for title in titles(first)[:10] if "missed sign" not in title] == []


def test_a_new_item_does_not_shift_the_next_page(store: Store, serve: Serve) -> None:
    fill(store)
    client = serve()
    first = as_json(client, "/items", all="1")
    with store.writing() as session:
        put(session, an_item("https://post.example/new", title="New"))
    second = as_json(client, "/items", all="1", before=first["next"])

    assert not set(titles(first)) & set(titles(second))
    assert len(first["items"]) + len(second["items"]) == 45


FOUND: list[tuple[dict[str, str], int]] = [
    ({"frame": "incompetent"}, 10),
    ({"frame": "over_zealous", "outlet": "Evening Echo"}, 25),
    ({"frame": "over_zealous", "outlet": "Daily Post"}, 0),
    ({"outlet": "Daily Post"}, 10),
    ({"week": str(WEEK)}, 10),
    ({"week": str(WEEK.plus(-1))}, 5),
    ({"week": str(WEEK), "all": "1"}, 15),
    ({"week": str(WEEK), "all": "1", "outlet": "Evening Echo"}, 0),
    ({"q": "MISSED sign"}, 10),
    ({"q": "sign 7"}, 1),
    ({"q": "weather"}, 0),
    ({"q": "weather", "all": "1"}, 5),
    ({"q": "praise", "frame": "positive"}, 25),
    ({"q": "praise", "frame": "incompetent"}, 0),
    ({"q": "praise", "week": str(WEEK.plus(-2))}, 5),
    ({"q": '"; DROP TABLE items; -- ('}, 0),
]


def test_items_are_found_by_frame_outlet_week_and_words(store: Store, serve: Serve) -> None:
    fill(store)
    client = serve()

    for asked, number in FOUND:
        assert len(as_json(client, "/items", **asked)["items"]) == number, asked


def test_a_search_goes_on_after_its_first_page(store: Store, serve: Serve) -> None:
    fill(store)
    client = serve()
    first = as_json(client, "/items", q="praise")
    second = as_json(client, "/items", q="praise", before=first["next"])

    assert len({*titles(first), *titles(second)}) == 30


@pytest.mark.parametrize(
    "page",
    [
        "/items?frame=nix", "/items?week=2026-W99", "/items?before=7", "/items?q=x&before=202646-1",
        "/items?all=1&outlet=Daily%20Post", "/items/999999", "/trend?frame=nix", "/events/nix", "/nix",
        "/code/nix", "/code/nix/agreement", "/reports/2026-W46/2026-W46.html",
    ],
)  # fmt: skip
def test_what_does_not_exist_is_said_in_one_sentence(client: httpx.Client, page: str) -> None:
    found = client.get(page)

    assert found.status_code == 404
    assert "Traceback" not in found.text
    assert found.text.count('class="lead"') == 1


@pytest.mark.parametrize("page", ["/items/x", "/items/99999999999999999999", "/trend?weeks=x", "/items/-1"])
def test_what_cannot_be_read_is_said_to_be_so(client: httpx.Client, page: str) -> None:
    assert client.get(page).status_code == 422


def test_an_item_shows_labels_with_their_margins_and_passages_but_never_its_text(
    client: httpx.Client,
) -> None:
    page, found = client.get("/items/1").text, as_json(client, "/items/1")

    headline = found["readings"][0]
    assert headline["frames"]["incompetent"]["label"]
    assert headline["frames"]["incompetent"]["p"] == pytest.approx(0.91, abs=0.001)
    assert headline["evidence"]["incompetent"].startswith("Staff missed every sign")
    assert "How to contest a label" in page
    assert "editor@ngo.example" in page
    assert "no page may show" not in page + json.dumps(found)


def test_no_list_shows_an_articles_text(client: httpx.Client) -> None:
    said = client.get("/items?all=1").text + client.get("/items?q=missed").text + client.get("/").text

    assert "no page may show" not in said


def test_names_beside_a_workers_title_are_masked(store: Store, serve: Serve) -> None:
    with store.writing() as session:
        put(session, an_item("https://post.example/n", title="Social worker Jane Smithson sacked"))
    client = serve()

    assert titles(as_json(client, "/items", all="1")) == ["Social worker [name] sacked"]
    assert "Smithson" not in client.get("/items/1").text + client.get("/items?all=1").text


def test_text_of_others_is_escaped_and_their_links_are_web_addresses_or_none(
    store: Store, serve: Serve
) -> None:
    with store.writing() as session:
        put(session, an_item("javascript:alert(1)", title="<script>alert(1)</script> & co"))
    client = serve()

    for page in ("/items?all=1", "/items/1"):
        html = client.get(page).text
        assert "<script>alert" not in html
        assert "javascript:" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in html


def test_a_changed_headline_shows_as_a_revision(store: Store, serve: Serve) -> None:
    with store.writing() as session:
        put(session, an_item(title="First words"))
        put(session, an_item(title="Other words"), seen_at=NOW + timedelta(hours=1))
    found = as_json(serve(), "/items/1")

    assert [one["title"] for one in found["revisions"]] == ["First words", "Other words"]
    assert found["title"] == "Other words"


def test_close_calls_are_said_to_be_so_on_the_list_and_on_the_item(store: Store, serve: Serve) -> None:
    sure, close = a_judgement(hits={"positive": 0.95}), a_judgement(hits={"positive": 0.55})
    frames = {**close.frames, "positive": replace(close.frames["positive"], unclear=True)}
    close = replace(close, relevant_p=0.56, tone_score=-0.3, frames=frames)
    with store.writing() as session:
        model = a_model(session, "test", needed=half())
        for n, judgement in enumerate((sure, close, replace(a_judgement(relevant=False), relevant_p=0.45))):
            put(session, an_item(f"https://post.example/{n}", title=f"Story number {n} of its own kind"))
            add_labels(session, model, [Label(n + 1, n + 1, judgement)], NOW)
    client = serve()
    listed = {item["id"]: item["unclear"] for item in as_json(client, "/items", all="1")["items"]}
    assert listed == {1: [], 2: ["relevant", "tone", "positive"], 3: ["relevant"]}
    html = client.get("/items?all=1").text
    assert "0.55, a close call" in html
    assert "tone negative, a close call" in html
    assert "not about social work, a close call" in html
    assert html.count(", a close call") == 4

    (reading,) = as_json(client, "/items/2")["readings"]
    assert (reading["relevant_unclear"], reading["tone_unclear"]) == (True, True)
    assert reading["relevant_margin"] == pytest.approx(0.06)
    assert reading["frames"]["positive"]["margin"] == pytest.approx(0.05, abs=1e-4)
    assert client.get("/items/2").text.count("a close call") == 3
    assert "could easily have gone the other way" in client.get("/items/2").text
    assert "close call" not in client.get("/items/1").text


def test_an_erased_item_is_gone_from_every_page(store: Store, serve: Serve) -> None:
    fill(store)
    client = serve()
    with store.writing() as session:
        forget(session, item_id=1, now=LATER)

    assert client.get("/items/1").status_code == 404
    assert "missed sign 0" not in client.get("/items").text
    assert as_json(client, "/items", q="sign 0")["items"] == []


def test_the_trend_has_a_row_for_every_week_and_says_what_is_not_corrected(
    store: Store, serve: Serve
) -> None:
    fill(store)
    client = serve()
    rows = as_json(client, "/trend", frame="positive")["rows"]

    assert [row["week"] for row in rows] == [str(week) for week in WEEK.plus(-6).until(WEEK)]
    assert [row["n"] for row in rows] == [5] * 6 + [10]
    assert "Uncorrected: no codes by people" in client.get("/trend?frame=positive").text


def test_an_event_that_cannot_be_estimated_says_why(client: httpx.Client) -> None:
    found = as_json(client, "/events/E49")["study"]

    assert (found["status"], bool(found["reason"])) == ("not_estimable", True)
    assert "Not estimable: " in client.get("/events/E49").text


def test_a_report_opens_in_a_sandbox_and_nothing_else_of_the_disk_does(
    site: Site, tmp_path: Path, serve: Serve
) -> None:
    folder = tmp_path / "reports" / "2026-W46"
    folder.mkdir(parents=True)
    (folder / "2026-W46.html").write_text("<script>1</script>")
    (folder / "2026-W46.eml").write_text("To: ann@council.example")
    (tmp_path / "secret.html").write_text("secret")
    (folder / "link.html").symlink_to(tmp_path / "secret.html")
    client = serve(reports=tmp_path / "reports")

    found = client.get("/reports/2026-W46/2026-W46.html")
    assert found.status_code == 200
    assert found.headers["content-security-policy"].startswith("sandbox ")
    assert "allow-same-origin" not in found.headers["content-security-policy"]
    assert '/reports/2026-W46/2026-W46.html"' in client.get("/").text
    for path in (
        "2026-W46/2026-W46.eml",
        "2026-W46/link.html",
        "..%2fsecret.html",
        "2026-W46/..%2f..%2fsecret.html",
    ):
        assert client.get(f"/reports/{path}").status_code == 404, path
