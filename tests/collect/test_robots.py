"""Which pages a site lets us read."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from monitor.collect import loop
from monitor.collect.http import Fetched, open_client
from monitor.collect.robots import RobotsRules, reserves_mining
from monitor.errors import FetchError
from monitor.types import Validators
from tests.collect.site import Answer, a_site, answer, redirect

NOW = datetime(2008, 11, 11, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def allowed(robots: Answer, path: str) -> bool:
    async def run() -> bool:
        async with a_site({"/robots.txt": robots}) as site, open_client(None) as client:
            return await RobotsRules(client, Clock()).allowed(site.url(path), trusted=True)

    return loop.run(run())


RULES = answer(
    """\ufeffUser-agent: *
Disallow: /private/
Disallow: /*?print=
Crawl-delay: 7

User-agent: other-monitor
Disallow: /
"""
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/news/1", True),
        ("/private/1", False),
        ("/news/1?print=1", False),
        ("/", True),
        ("/robots.txt", True),
    ],
)
def test_the_rules_for_everyone_hold_for_us(path: str, expected: bool) -> None:
    assert allowed(RULES, path) is expected


@pytest.mark.parametrize("name", ["social-work-monitor", "Social-Work-Monitor"])
def test_rules_that_name_us_come_before_those_for_everyone(name: str) -> None:
    rules = answer(f"User-agent: *\nAllow: /\n\nUser-agent: {name}\nDisallow: /\n")
    assert not allowed(rules, "/news/1")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("404 Not Found", True),
        ("403 Forbidden", True),
        ("410 Gone", True),
        ("429 Too Many Requests", False),
        ("500 Internal Server Error", False),
        ("503 Service Unavailable", False),
    ],
)
def test_a_4xx_opens_a_site_and_a_5xx_closes_it_for_now(status: str, expected: bool) -> None:
    assert allowed(answer(status=status), "/news/1") is expected


@pytest.mark.parametrize("broken", [b"", b"nonsense\r\n\r\n", answer(b"\xff\x00\xfe" * 10), answer(b"")])
def test_only_an_answer_that_came_can_open_a_site(broken: bytes) -> None:
    assert allowed(broken, "/news/1") is broken.startswith(b"HTTP/1.1 200")


def test_a_robots_txt_too_large_to_read_closes_the_site() -> None:
    assert not allowed(answer(b"#" * 700_000), "/news/1")


def test_a_redirected_robots_txt_counts() -> None:
    async def run() -> bool:
        answers: dict[str, Answer] = {"/robots.txt": redirect("/rules"), "/rules": RULES}
        async with a_site(answers) as site, open_client(None) as client:
            return await RobotsRules(client, Clock()).allowed(site.url("/private/1"), trusted=True)

    assert not loop.run(run())


def test_a_site_that_the_guard_refuses_is_closed_but_not_to_a_trusted_source() -> None:
    async def run() -> tuple[bool, bool]:
        async with a_site({"/robots.txt": RULES}) as site, open_client(None) as client:
            robots = RobotsRules(client, Clock())
            return await robots.allowed(site.url("/a")), await robots.allowed(site.url("/a"), trusted=True)

    assert loop.run(run()) == (False, True)


def test_what_is_no_address_is_an_error() -> None:
    async def run() -> None:
        async with open_client(None) as client:
            with pytest.raises(FetchError, match="not a web address"):
                await RobotsRules(client, Clock()).allowed("http://news.example:x/")

    loop.run(run())


def test_robots_txt_is_asked_once_a_day_by_however_many_pages_at_once() -> None:
    async def run() -> None:
        clock = Clock()
        async with a_site({"/robots.txt": RULES}) as site, open_client(None) as client:
            robots = RobotsRules(client, clock)
            pages = [site.url(f"/news/{n}") for n in range(5)]
            assert all(await asyncio.gather(*(robots.allowed(page, trusted=True) for page in pages)))
            clock.now += timedelta(hours=23)
            await robots.allowed(pages[0], trusted=True)
            assert len(site.paths) == 1
            clock.now += timedelta(hours=2)
            await robots.allowed(pages[0], trusted=True)
            assert len(site.paths) == 2

    loop.run(run())


def test_a_silent_robots_txt_is_asked_again_after_an_hour() -> None:
    async def run() -> None:
        clock = Clock()
        async with (
            a_site({"/robots.txt": answer(status="503 Unavailable")}) as site,
            open_client(None) as client,
        ):
            robots = RobotsRules(client, clock)
            assert not await robots.allowed(site.url("/news/1"), trusted=True)
            site.answers["/robots.txt"] = RULES
            assert not await robots.allowed(site.url("/news/1"), trusted=True)
            clock.now += timedelta(minutes=61)
            assert await robots.allowed(site.url("/news/1"), trusted=True)

    loop.run(run())


@pytest.mark.parametrize(("robots", "delay"), [(RULES, 7.0), (answer("User-agent: *\nAllow: /"), None)])
def test_the_crawl_delay_is_known(robots: bytes, delay: float | None) -> None:
    async def run() -> float | None:
        async with a_site({"/robots.txt": robots}) as site, open_client(None) as client:
            return await RobotsRules(client, Clock()).crawl_delay(site.url("/"), trusted=True)

    assert loop.run(run()) == delay


def page(body: str = "", **headers: str) -> Fetched:
    return Fetched(200, "http://news.example/1", body.encode(), "text/html", Validators(), headers)


@pytest.mark.parametrize(
    ("reserved", "fetched"),
    [
        (True, page(**{"tdm-reservation": "1"})),
        (True, page(**{"tdm-reservation": " 1 "})),
        (False, page(**{"tdm-reservation": "0"})),
        (True, page('<head><meta name="tdm-reservation" content="1"></head>')),
        (True, page("<META content='1' data-x=2\n NAME='TDM-Reservation' />")),
        (True, page("<meta name=tdm-reservation content=1>")),
        (False, page('<meta name="tdm-reservation" content="0">')),
        (False, page('<meta name="tdm-reservation" content="10">')),
        (False, page('<meta name="tdm-policy" content="1"><meta name="tdm-reservation" content="0">')),
        (False, page("")),
    ],
)
def test_a_reservation_of_text_and_data_mining_is_seen_in_header_and_page(
    reserved: bool, fetched: Fetched
) -> None:
    assert reserves_mining(fetched) is reserved
