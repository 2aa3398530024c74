"""Coding by people, over real HTTP."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from monitor.pipeline.gold import coded_items_of, draw_sample
from monitor.store.open import Store, open_store
from monitor.store.schema import CodeRow
from monitor.types import StoredModel
from tests.web.conftest import LATER, SECRET, a_site, served

SAMPLE = "/code/random-1"


@pytest.fixture
def store(filled_path: Path, tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{shutil.copy(filled_path, tmp_path / 'coded.db')}")
    yield store
    store.close()


@pytest.fixture
def address(store: Store) -> Iterator[str]:
    with served(a_site(store, secret=SECRET)) as address:
        yield address


@pytest.fixture
def ann(address: str) -> Iterator[httpx.Client]:
    with coder(address, "Ann") as client:
        yield client


@contextmanager
def coder(address: str, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as client:
        begin(client, name)
        yield client


def begin(client: httpx.Client, name: str) -> None:
    answer = client.post("/code", data={"token": hidden(client, "token"), "coder": name, "then": "random-1"})
    assert (answer.status_code, answer.headers["location"]) == (303, SAMPLE)


def hidden(client: httpx.Client, name: str, page: str = SAMPLE) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', client.get(page).text)
    assert found is not None
    return found[1]


def save(client: httpx.Client, unit: str = "", **fields: str | list[str]) -> httpx.Response:
    given = {"token": hidden(client, "token"), "unit": unit or hidden(client, "unit"), **fields}
    return client.post(SAMPLE, data=given)


def progress(client: httpx.Client) -> tuple[int, int]:
    found = client.get(SAMPLE, params={"format": "json"}).json()
    return found["coded"], found["units"]


def test_nobody_codes_without_a_name(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        assert "Who codes?" in client.get(SAMPLE).text
        assert client.post(SAMPLE, data={"unit": "1r1", "relevant": "yes"}).status_code == 404


@pytest.mark.parametrize("name", ["model: linear", "linear", "ai/x", "x" * 81])
def test_a_name_that_is_no_persons_is_refused(address: str, name: str) -> None:
    with httpx.Client(base_url=address) as client:
        answer = client.post(
            "/code", data={"token": hidden(client, "token"), "coder": name, "then": "random-1"}
        )

        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert "Who codes?" in client.get(SAMPLE).text


def test_a_coder_sees_the_text_and_nothing_that_the_model_said(ann: httpx.Client) -> None:
    page = ann.get(SAMPLE).text
    shown = page + ann.get(SAMPLE, params={"format": "json"}).text

    assert "missed sign" in shown or "Praise for team" in shown or "Weather" in shown
    for told in (
        "0.91",
        "test@1",
        "Daily Post",
        "Evening Echo",
        "/items/1",
        "post.example",
        "no page may show",
    ):
        assert told not in shown, told
    assert "checked" not in page


def test_what_is_saved_is_kept_under_the_coders_name_and_the_next_unit_comes(
    ann: httpx.Client, store: Store
) -> None:
    first = hidden(ann, "unit")
    answer = save(
        ann, relevant="yes", frames=["positive", "incompetent"], tone="-1", status="found",
        target=["EMPLOYER"], reply="yes", note="A “note”.",
    )  # fmt: skip

    assert (answer.status_code, answer.headers["location"]) == (303, SAMPLE)
    assert hidden(ann, "unit") != first
    assert progress(ann) == (1, 20)
    (code,) = coded_items_of(store, "random-1")
    assert (code.id, code.author, code.relevant, code.frames) == (
        first,
        "Ann",
        True,
        ("incompetent", "positive"),
    )
    assert (code.tone, code.status, code.target) == (-1, "found", "EMPLOYER")
    with store.reading() as session:
        assert session.scalars(select(CodeRow.reply)).all() == [True]


def test_a_mistake_is_named_and_what_was_entered_stays(ann: httpx.Client, store: Store) -> None:
    answer = save(ann, relevant="no", frames=["positive"], note="kept")

    assert answer.status_code == 422
    assert "Has frames, but is not relevant." in answer.text
    assert ">kept</textarea>" in answer.text
    assert answer.text.count(" checked") == 2
    assert coded_items_of(store, "random-1") == []


def test_undoing_is_a_newer_code_and_shows_what_was_said_before(ann: httpx.Client, store: Store) -> None:
    unit = hidden(ann, "unit")
    save(ann, relevant="yes", frames=["positive"], tone="1")
    page = ann.get(SAMPLE, params={"unit": unit}).text
    save(ann, unit, relevant="no")

    assert page.count(" checked") == 4  # yes, the frame, the tone, and the status "none"
    assert [code.relevant for code in coded_items_of(store, "random-1")] == [False]
    assert progress(ann) == (1, 20)
    assert unit in ann.get(SAMPLE).text


def test_two_coders_get_the_same_units_and_neither_sees_the_others_codes(
    ann: httpx.Client, address: str, store: Store
) -> None:
    unit = hidden(ann, "unit")
    save(ann, relevant="yes", note="Ann's own words")
    with coder(address, "Bob") as bob:
        assert hidden(bob, "unit") == unit
        page = bob.get(SAMPLE, params={"unit": unit}).text
        assert "Ann" not in page
        assert page.count(" checked") == 0
        save(bob, relevant="no")

    assert [(one.author, one.relevant) for one in coded_items_of(store, "random-1")] == [
        ("Ann", True),
        ("Bob", False),
    ]


def test_all_units_can_be_coded_and_then_agreement_has_figures(ann: httpx.Client, address: str) -> None:
    assert "Not estimable" in ann.get(f"{SAMPLE}/agreement").text
    with coder(address, "Bob") as bob:
        for n in range(6):
            save(ann, relevant="yes" if n % 2 else "no")
            save(bob, relevant="yes" if n % 3 else "no")
        for _ in range(14):
            save(ann, relevant="no")

        assert "You have coded every unit" in ann.get(SAMPLE).text
        assert progress(ann) == (20, 20)


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
def test_a_form_without_its_token_stores_nothing(ann: httpx.Client, store: Store, token: str) -> None:
    answer = ann.post(SAMPLE, data={"token": token, "unit": hidden(ann, "unit"), "relevant": "yes"})

    assert answer.status_code == 404
    assert coded_items_of(store, "random-1") == []


def test_another_visits_token_stores_nothing(ann: httpx.Client, address: str, store: Store) -> None:
    with coder(address, "Bob") as bob:
        token = hidden(bob, "token")
    answer = ann.post(SAMPLE, data={"token": token, "unit": hidden(ann, "unit"), "relevant": "yes"})

    assert answer.status_code == 404
    assert coded_items_of(store, "random-1") == []


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_no_other_name_can_be_put_in(
    address: str,
) -> None:
    with httpx.Client(base_url=address) as client:
        cookie = client.get("/code").headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/code" in cookie
        value = cookie.partition("=")[2].partition(";")[0]
    with httpx.Client(base_url=address, cookies={"monitor_coder": "x" + value}) as client:
        assert "Who codes?" in client.get(SAMPLE).text


@pytest.mark.parametrize("unit", ["1r999", "999r1", "x", "1", ""])
def test_a_unit_of_no_sample_is_refused(ann: httpx.Client, unit: str, store: Store) -> None:
    answer = ann.post(SAMPLE, data={"token": hidden(ann, "token"), "unit": unit, "relevant": "yes"})

    assert answer.status_code == 404
    assert coded_items_of(store, "random-1") == []


def test_samples_are_listed_with_how_far_each_is(ann: httpx.Client, store: Store) -> None:
    with store.reading() as session:
        from monitor.store.models import stored_models

        (model,) = stored_models(session)
    _draw(store, model)
    save(ann, relevant="no")
    found = ann.get("/code", params={"format": "json"}).json()["samples"]

    assert [(one["sample"]["name"], one["progress"]["coded"]) for one in found] == [
        ("a/b c", 0),
        ("random-1", 1),
    ]
    assert ann.get("/code/a%2Fb%20c", params={"format": "json"}).json()["units"] == 8
    assert ann.get("/code/a%2Fb%20c/agreement").status_code == 200


def _draw(store: Store, model: StoredModel) -> None:
    draw_sample(store, model, lambda: LATER, size=8, name="a/b c")
