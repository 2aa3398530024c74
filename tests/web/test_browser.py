"""The pages in a real browser; skipped by name where there is no Chromium."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from monitor.pipeline.gold import coded_items_of
from monitor.web.site import Site

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PAGES = [
    "/",
    "/trend",
    "/items",
    "/items/1",
    "/events",
    "/events/E49",
    "/status",
    "/code",
    "/code/random-1",
    "/nix",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package chromium)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def begin(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/code/random-1")
    page.fill("input[name=coder]", name)
    page.press("input[name=coder]", "Enter")
    page.wait_for_selector("form#unit")


def test_every_page_fits_a_phone_loads_nothing_from_elsewhere_and_raises_no_error(
    browser: Browser, address: str
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 700})
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    for path in PAGES:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    page.close()

    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert [text for text in wrong if "404" not in text] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_keeps_its_contrast_by_day_and_by_night(browser: Browser, address: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    for path in ("/", "/items", "/status", "/code"):
        page.goto(address + path)
        for selector in ("body", "h1", ".note, footer, .meta", "a", "thead th", ".state"):
            for ratio in page.eval_on_selector_all(selector, CONTRAST):
                assert ratio >= 4.5, (path, selector, ratio)
    page.close()


CONTRAST = """elements => elements.map(element => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).slice(0, 3).map(value => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let ground = element;
  while (ground.parentElement && getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)")
    ground = ground.parentElement;
  const pair = [light(getComputedStyle(element).color), light(getComputedStyle(ground).backgroundColor)];
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
})"""
"""The contrast of each element's text with its ground, as WCAG 2.2 defines it."""


def test_a_unit_is_coded_with_the_keys_alone(page: Page, address: str, site: Site) -> None:
    begin(page, address, "Kay")
    title = page.inner_text("article h1")
    for key in ("y", "1", "a", "w", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector(".progress:has-text('1 of 20')")

    (code,) = [one for one in coded_items_of(site.store, "random-1") if one.author == "Kay"]
    assert (code.title, code.relevant, code.frames, code.tone) == (
        title,
        True,
        ("incompetent", "positive"),
        -1,
    )
    assert page.inner_text("article h1") != title


def test_keys_typed_into_the_note_code_nothing(page: Page, address: str) -> None:
    begin(page, address, "Lee")
    page.fill("textarea", "")
    page.type("textarea", "yn1a")

    assert page.input_value("textarea") == "yn1a"
    assert page.eval_on_selector_all("form#unit :checked", "found => found.length") == 0


def test_coding_and_undoing_work_without_javascript(browser: Browser, address: str, site: Site) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    begin(page, address, "Mo")
    page.check("input[name=relevant][value=no]")
    page.click("text=Save and next")
    page.click("text=Change")
    assert page.is_checked("input[name=relevant][value=no]")
    page.check("input[name=relevant][value=yes]")
    page.click("text=Save and next")
    page.context.close()

    (code,) = [one for one in coded_items_of(site.store, "random-1") if one.author == "Mo"]
    assert code.relevant


def test_leaving_a_list_is_one_click_on_a_page(page: Page, address: str, site: Site) -> None:
    from monitor.deliver.unsubscribe import Subscription

    assert site.links is not None
    page.goto(address + site.links.link(Subscription("team", "zoe@council.example")))
    page.click("button:has-text('Unsubscribe')")

    assert page.inner_text("h1") == "You are unsubscribed"
