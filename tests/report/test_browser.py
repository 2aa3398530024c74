"""The page in a real browser; skipped by name where there is no Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

PAGE = Path(__file__).parents[2] / "reports" / "example" / "2026-W46.html"
CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package chromium)")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize("width", [390, 1100])
def test_the_page_fits_a_phone_and_a_screen_without_scrolling_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(PAGE.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_asks_for_nothing_from_elsewhere_and_raises_no_error(page: Page) -> None:
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(PAGE.as_uri())

    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert wrong == []


def test_every_chart_is_drawn_and_described(page: Page) -> None:
    page.goto(PAGE.as_uri())
    charts = page.evaluate(
        "[...document.querySelectorAll('figure img')].map(i => [i.naturalWidth, i.alt.length])"
    )

    assert len(charts) == 2
    assert all(width > 300 and alt > 20 for width, alt in charts)
