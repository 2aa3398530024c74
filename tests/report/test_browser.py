"""The page and the mail in a real browser; skipped by name where there is no Chromium."""

import shutil
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from monitor.report.data import Report

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package chromium)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(full_report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report's files, and its mail as a page with its pictures beside it."""
    found = tmp_path_factory.mktemp("report")
    for name, content in full_report.files.items():
        (found / name).write_bytes(content)
    message = message_from_bytes(full_report.files["2026-W46.eml"], policy=default)
    body = message.get_body(("html",))
    assert body is not None
    html = str(body.get_content())
    for part in message.walk():
        if part.get_content_type() == "image/png":
            id_ = str(part["Content-ID"]).strip("<>")
            (found / f"{id_}.png").write_bytes(part.get_payload(decode=True))  # type: ignore[arg-type]
            html = html.replace(f"cid:{id_}", f"{id_}.png")
    (found / "mail.html").write_text(html, "utf-8")
    return found


@pytest.fixture(scope="module")
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    """The live page on a screen, its charts drawn, with all that it asked for and complained of."""
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type != "log" else None)
    page.goto((folder / "2026-W46.html").as_uri())
    page.wait_for_function("document.querySelectorAll('figure.drawn').length == 4")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert wrong == []
    yield page
    page.close()


def test_the_page_draws_its_charts_from_the_file_system_and_asks_for_nothing(page: Page) -> None:
    assert page.evaluate("[...document.querySelectorAll('.live svg')].length") == 4
    assert page.evaluate("document.documentElement.scrollWidth") <= 1100


def test_a_chart_tells_its_figures_under_the_pointer(page: Page) -> None:
    page.locator("[data-chart=volume] .live svg .mark-rect path").first.hover()
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "items" in page.inner_text("#vg-tooltip-element")


def test_any_frame_can_be_chosen_from_the_list(page: Page) -> None:
    line = "[data-chart=explorer] .live svg .mark-line"
    before = page.inner_html(line)
    page.select_option("[data-chart=explorer] select", label="Reform")
    page.wait_for_function(
        "([line, old]) => document.querySelector(line).innerHTML != old", arg=[line, before]
    )
    reform = page.inner_html(line)
    page.select_option("[data-chart=explorer] select", label="Positive")
    page.wait_for_function(
        "([line, old]) => document.querySelector(line).innerHTML != old", arg=[line, reform]
    )

    assert len({before, reform, page.inner_html(line)}) == 3, "each frame draws a line of its own"


def test_the_page_fits_a_phone_and_turns_dark_with_the_readers_device(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900}, color_scheme="dark")
    page.goto((folder / "2026-W46.html").as_uri())
    page.wait_for_function("document.querySelectorAll('figure.drawn').length == 4")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 28)"
    chart = "getComputedStyle(document.querySelector('.live svg')).backgroundColor"
    assert page.evaluate(chart) == "rgb(20, 24, 28)"
    page.close()


@pytest.mark.parametrize("width", [320, 600])
@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 24, 28)")])
def test_the_mail_can_be_read_at_both_widths_by_day_and_by_night(
    browser: Browser, folder: Path, width: int, scheme: str, ground: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto((folder / "mail.html").as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 300)")
    sizes = (
        "[...document.querySelectorAll('p, td, th, li')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(page.evaluate(sizes)) >= 13
    page.close()


@pytest.mark.parametrize("width", [320, 600])
def test_a_table_of_the_mail_stands_in_columns_where_there_is_room_and_is_labelled_where_there_is_not(
    browser: Browser, folder: Path, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((folder / "mail.html").as_uri())
    frames = page.locator("table.data", has_text="Mean of four before").last
    week = page.locator("table.data", has_text="Four weeks to").first.locator("tr:nth-child(2) th")

    assert frames.locator("tr.head").is_visible() == (width == 600)
    assert frames.locator(".of").first.is_visible() == (width == 320)
    lines = "cell => { const r = new Range(); r.selectNodeContents(cell); return r.getClientRects().length }"
    assert week.evaluate(lines) == 1, "a date stands on one line"
    page.close()
