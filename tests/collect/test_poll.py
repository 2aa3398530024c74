"""Polling sources over real connections: feeds, article pages, and what goes wrong with either."""

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from monitor.collect import loop
from monitor.collect.guard import GuardedTransport
from monitor.collect.poll import Collected, check_source, collect_source, collect_sources
from monitor.collect.web import Web, open_web
from monitor.types import Item, Outlet, OutletType, PollState, Source, Validators
from tests.collect.site import Answer, Site, a_site, answer, in_pieces, redirect
from tests.collect.test_extract import PAGE, PARAGRAPHS

NOW = datetime(2008, 11, 11, 12, 0, tzinfo=UTC)
OUTLET = Outlet("The Paper", OutletType.REGIONAL, "England")

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>Council under review</title><link>{site}/news/1</link><guid>1</guid>
<description>A short teaser.</description><pubDate>Mon, 10 Nov 2008 09:00:00 GMT</pubDate></item>
<item><title>Library reopens</title><link>{site}/news/2</link><guid>2</guid>
<description>Another.</description><pubDate>Sun, 09 Nov 2008 09:00:00 GMT</pubDate></item>
</channel></rss>"""


def a_source(site: Site, path: str = "/feed", *, id: str = "paper", trusted: bool = True) -> Source:
    return Source(id, site.url(path), OUTLET, trusted=trusted)


def feed_of(site: Site, **headers: str) -> bytes:
    return answer(FEED.format(site=site.url("")), content_type="application/rss+xml", **headers)


def page(html: bytes = PAGE, **headers: str) -> bytes:
    return answer(html, content_type="text/html; charset=utf-8", **headers)


def on_a_site(
    claim: Callable[[Site, Web], Awaitable[None]], *, pause: float = 0.0, page_deadline: float = 20.0
) -> None:
    """Run a claim against a site with the feed above and a page for each of its items."""

    async def run() -> None:
        async with (
            a_site({"/news/1": page(), "/news/2": page()}) as site,
            open_web(None, lambda: NOW, pause=pause, page_deadline=page_deadline) as web,
        ):
            site.answers["/feed"] = feed_of(site)
            await claim(site, web)

    loop.run(run())


def allow(web: Web, site: Site) -> None:
    """Let untrusted sources reach a site of ours, as if it stood on a public address."""
    transport = web.client._transport
    assert isinstance(transport, GuardedTransport)
    transport._hosts |= {f"127.0.0.1:{site.port}"}


async def poll(web: Web, source: Source, state: PollState | None = None, *, pages: bool = False) -> Collected:
    collected = await collect_source(web, source, state or PollState(), wants_page=lambda item: pages)
    assert collected is not None
    return collected


def items(collected: Collected) -> list[Item]:
    return [entry for entry in collected.entries if isinstance(entry, Item)]


# ---------------------------------------------------------------- feeds


def test_a_feed_gives_its_items_and_what_the_next_poll_needs() -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers["/feed"] = feed_of(site, etag='"v1"')
        collected = await poll(web, a_source(site))
        assert (collected.outcome, collected.status, collected.error) == ("ok", 200, None)
        assert [item.title for item in items(collected)] == ["Council under review", "Library reopens"]
        assert collected.validators == Validators('"v1"')
        assert collected.body_hash is not None
        assert len(collected.body_hash) == 64
        assert (collected.started_at, collected.retry_after) == (NOW, None)
        assert collected.seconds > 0

    on_a_site(claim)


def test_a_304_is_unchanged_and_its_validators_are_kept() -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers["/feed"] = answer(status="304 Not Modified", etag='"v2"')
        state = PollState(Validators('"v1"', "Mon, 10 Nov 2008 08:00:00 GMT"), "hash")
        collected = await poll(web, a_source(site), state)
        assert site.headers[0]["if-none-match"] == '"v1"'
        assert (collected.outcome, collected.status, collected.entries) == ("unchanged", 304, ())
        assert collected.validators == Validators('"v2"', "Mon, 10 Nov 2008 08:00:00 GMT")
        assert collected.body_hash is None

    on_a_site(claim)


def test_the_body_of_last_time_is_unchanged_and_is_not_parsed() -> None:
    async def claim(site: Site, web: Web) -> None:
        # A body that no parser takes: were it parsed again, the poll would fail.
        site.answers["/feed"] = answer("<html>no feed</html>", etag='"v3"')
        failed = await poll(web, a_source(site))
        assert failed.outcome == "failed"
        body_hash = sha256(b"<html>no feed</html>").hexdigest()
        collected = await poll(web, a_source(site), PollState(body_hash=body_hash))
        assert (collected.outcome, collected.status, collected.entries) == ("unchanged", 200, ())
        assert (collected.validators, collected.body_hash) == (Validators('"v3"'), body_hash)

    on_a_site(claim)


def test_a_feed_seen_again_is_unchanged() -> None:
    async def claim(site: Site, web: Web) -> None:
        first = await poll(web, a_source(site))
        again = await poll(web, a_source(site), PollState(first.validators, first.body_hash))
        assert (first.outcome, again.outcome, again.body_hash) == ("ok", "unchanged", first.body_hash)

    on_a_site(claim)


@pytest.mark.parametrize(
    ("sent", "status", "error"),
    [
        (
            answer("<!doctype html><title>Log in</title>", content_type="text/html"),
            200,
            "HTML page, not a feed",
        ),
        (answer(""), 200, "empty"),
        (answer(status="500 Internal Server Error"), 500, "HTTP 500 Internal Server Error"),
        (answer(status="404 Not Found"), 404, "HTTP 404 Not Found"),
        (redirect("/feed"), None, "more than 5 redirects"),
        (b"", None, "no usable answer"),
        (
            answer(gzip.compress(bytes(20_000_000)), content_encoding="gzip"),
            200,
            "larger than 10,000,000 bytes",
        ),
    ],
)
def test_what_goes_wrong_with_a_feed_is_told_in_one_line(sent: bytes, status: int | None, error: str) -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers["/feed"] = sent
        collected = await poll(web, a_source(site), PollState(Validators('"v1"'), "hash"))
        assert (collected.outcome, collected.status, collected.entries) == ("failed", status, ())
        assert collected.error is not None
        assert error in collected.error
        assert "\n" not in collected.error
        assert (collected.validators, collected.body_hash) == (Validators(), None)

    on_a_site(claim)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_busy_server_says_when_to_come_back(status: str) -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers["/feed"] = answer(status=status, retry_after="3600")
        collected = await poll(web, a_source(site))
        assert (collected.outcome, collected.status) == ("failed", int(status[:3]))
        assert collected.retry_after == 3600.0

    on_a_site(claim)


def test_an_untrusted_source_does_not_reach_a_private_address() -> None:
    async def claim(site: Site, web: Web) -> None:
        collected = await poll(web, a_source(site, trusted=False))
        assert collected.outcome == "failed"
        assert "loopback" in str(collected.error)
        assert site.paths == []

    on_a_site(claim)


def test_an_address_that_is_none_fails_its_source_alone() -> None:
    async def claim(site: Site, web: Web) -> None:
        collected = await poll(web, Source("typo", "http://news.example:x/", OUTLET))
        assert (collected.outcome, collected.status) == ("failed", None)
        assert "not a web address" in str(collected.error)

    on_a_site(claim)


# ---------------------------------------------------------------- pages


def test_a_wanted_item_gets_the_text_of_its_page() -> None:
    async def claim(site: Site, web: Web) -> None:
        wants = {"Council under review"}
        collected = await collect_source(
            web, a_source(site), PollState(), wants_page=lambda item: item.title in wants
        )
        assert collected is not None
        first, second = items(collected)
        assert all(paragraph in first.text for paragraph in PARAGRAPHS)
        assert second.text == ""
        assert site.paths == ["/feed", "/robots.txt", "/news/1"]

    on_a_site(claim)


def test_a_source_without_pages_is_read_by_its_feed_alone() -> None:
    async def claim(site: Site, web: Web) -> None:
        source = Source("paper", site.url("/feed"), OUTLET, trusted=True, pages=False)
        assert len(items(await poll(web, source, pages=True))) == 2
        assert site.paths == ["/feed"]

    on_a_site(claim)


def test_the_text_of_a_feed_stays_where_the_page_says_less() -> None:
    async def claim(site: Site, web: Web) -> None:
        long = "The whole story stands in the feed. " * 40
        namespace = 'version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        feed = FEED.format(site=site.url("")).replace('version="2.0"', namespace)
        full = f"<content:encoded>{long}</content:encoded><pubDate>Mon"
        site.answers["/feed"] = answer(feed.replace("<pubDate>Mon", full))
        first, second = items(await poll(web, a_source(site), pages=True))
        assert first.text == long.strip()
        assert PARAGRAPHS[0] in second.text

    on_a_site(claim)


ROBOTS_CLOSED = answer("User-agent: *\nDisallow: /news/\n")


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/robots.txt", ROBOTS_CLOSED),
        ("/robots.txt", answer(status="500 Internal Server Error")),
        ("/robots.txt", answer("User-agent: *\nCrawl-delay: 3600\n")),
        ("/news/1", page(tdm_reservation="1")),
        ("/news/1", page(PAGE.replace(b"<head>", b'<head><meta name="tdm-reservation" content="1">'))),
        ("/news/1", answer(status="404 Not Found")),
        ("/news/1", answer(status="403 Forbidden")),
        ("/news/1", answer(PAGE, content_type="application/pdf")),
        ("/news/1", page(b"")),
        ("/news/1", b""),
        ("/news/1", redirect("/news/1")),
        ("/news/1", redirect("ftp://news.example/")),
        ("/news/1", redirect("http://169.254.169.254/latest/")),
        ("/news/1", page(gzip.compress(bytes(20_000_000)), content_encoding="gzip")),
    ],
)
def test_a_page_that_may_not_or_cannot_be_read_costs_its_text_and_no_item(path: str, sent: Answer) -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers[path] = sent
        collected = await poll(web, a_source(site), pages=True)
        assert collected.outcome == "ok"
        first, second = items(collected)
        assert (first.title, first.text) == ("Council under review", "")
        assert (PARAGRAPHS[0] in second.text) is (path == "/news/1")

    on_a_site(claim)


def test_a_redirect_to_where_robots_txt_keeps_us_out_is_not_followed() -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers |= {"/robots.txt": answer("User-agent: *\nDisallow: /closed/\n"), "/closed/1": page()}
        site.answers["/news/1"] = redirect("/closed/1")
        first, _ = items(await poll(web, a_source(site), pages=True))
        assert first.text == ""
        assert "/closed/1" not in site.paths

    on_a_site(claim)


def test_a_page_that_hangs_the_extractor_costs_its_text_alone() -> None:
    async def claim(site: Site, web: Web) -> None:
        collected = await poll(web, a_source(site), pages=True)
        assert collected.outcome == "ok"
        assert [item.text for item in items(collected)] == ["", ""]
        assert web.extractor.failures == 2

    on_a_site(claim, page_deadline=0.0)


def test_the_feed_of_a_public_site_cannot_send_us_to_private_pages() -> None:
    async def claim(site: Site, web: Web) -> None:
        async with a_site({"/secret": page()}) as inner:
            site.answers["/news/1"] = site.answers["/news/2"] = redirect(inner.url("/secret"))
            allow(web, site)
            collected = await poll(web, a_source(site, trusted=False), pages=True)
            assert [item.text for item in items(collected)] == ["", ""]
            assert inner.paths == []
            assert "/news/1" in site.paths

    on_a_site(claim)


def many_items(site: Site, count: int) -> bytes:
    one = "<item><title>Story {n}</title><link>{site}/news/{n}</link><guid>{n}</guid></item>"
    listed = "".join(one.format(n=n, site=site.url("")) for n in range(count))
    return answer(f'<rss version="2.0"><channel><title>News</title>{listed}</channel></rss>')


@pytest.mark.parametrize(("status", "asked"), [("404 Not Found", 3), ("429 Too Many Requests", 1)])
def test_a_site_whose_pages_keep_failing_is_left_alone(status: str, asked: int) -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers = {"/feed": many_items(site, 9), "*": answer(status=status), "/robots.txt": answer()}
        assert len(items(await poll(web, a_source(site), pages=True))) == 9
        assert len([path for path in site.paths if path.startswith("/news/")]) == asked

    on_a_site(claim)


# ---------------------------------------------------------------- many sources


async def gather(web: Web, sources: list[Source]) -> list[Collected]:
    jobs = [(source, PollState()) for source in sources]
    return [c async for c in collect_sources(web, jobs, wants_page=lambda item: False)]


def test_every_source_is_yielded_once_and_one_that_fails_stops_no_other() -> None:
    async def claim(site: Site, web: Web) -> None:
        paths = ["/feed", "/gone"] * 100
        sources = [a_source(site, path, id=f"s{n}") for n, path in enumerate(paths)]
        collected = await gather(web, sources)
        assert sorted(c.source.id for c in collected) == sorted(s.id for s in sources)
        assert [c.outcome for c in collected].count("failed") == 100
        assert 1 < site.most_at_once <= 20

    on_a_site(claim)


def test_no_sources_give_nothing() -> None:
    async def claim(site: Site, web: Web) -> None:
        assert await gather(web, []) == []

    on_a_site(claim)


def test_the_first_source_to_finish_is_the_first_to_come() -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers["/slow"] = slow_answer(0.3)
        collected = await gather(web, [a_source(site, "/slow", id="slow"), a_source(site, id="fast")])
        assert [c.source.id for c in collected] == ["fast", "slow"]

    on_a_site(claim)


def slow_answer(seconds: float) -> Answer:
    async def send(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        writer.write(answer("<html>"))

    return send


def test_a_host_is_asked_one_thing_at_a_time_with_a_pause_after_each() -> None:
    async def claim(site: Site, web: Web) -> None:
        allow(web, site)
        started = time.monotonic()
        collected = await gather(web, [a_source(site, id=f"s{n}", trusted=False) for n in range(4)])
        assert [c.outcome for c in collected] == ["ok"] * 4
        assert time.monotonic() - started >= 0.3
        assert site.most_at_once == 1

    on_a_site(claim, pause=0.1)


def test_the_crawl_delay_is_kept_between_two_pages() -> None:
    async def claim(site: Site, web: Web) -> None:
        allow(web, site)
        site.answers["/robots.txt"] = answer("User-agent: *\nCrawl-delay: 0.4\n")
        asked: dict[str, float] = {}
        for path in ("/news/1", "/news/2"):
            site.answers[path] = noted(asked, path)
        await poll(web, a_source(site, trusted=False), pages=True)
        assert asked["/news/2"] - asked["/news/1"] >= 0.4

    on_a_site(claim)


def noted(asked: dict[str, float], path: str) -> Answer:
    async def send(writer: asyncio.StreamWriter) -> None:
        asked[path] = time.monotonic()
        writer.write(answer(PAGE, content_type="application/pdf"))  # whose text nobody stays to extract

    return send


def test_a_trusted_host_needs_no_pause() -> None:
    async def claim(site: Site, web: Web) -> None:
        collected = await gather(web, [a_source(site, id=f"s{n}") for n in range(4)])
        assert [c.outcome for c in collected] == ["ok"] * 4

    started = time.monotonic()
    on_a_site(claim, pause=60)
    assert time.monotonic() - started < 30


def test_leaving_early_stops_what_is_under_way() -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers["/hangs"] = in_pieces(b"", b"x", 0.05)
        sources = [a_source(site, id="fast"), *(a_source(site, "/hangs", id=f"h{n}") for n in range(5))]
        jobs = [(source, PollState()) for source in sources]
        async with aclosing(collect_sources(web, jobs, wants_page=lambda item: False)) as results:
            async for collected in results:
                assert collected.source.id == "fast"
                break
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [task for task in others if "collect_source" in str(task.get_coro())]

    on_a_site(claim)


def test_a_bug_is_raised_and_stops_the_rest() -> None:
    async def claim(site: Site, web: Web) -> None:
        def broken(item: Item) -> bool:
            raise ZeroDivisionError(item.title)

        jobs = [(a_source(site, id=f"s{n}"), PollState()) for n in range(5)]
        with pytest.raises(ZeroDivisionError):
            async for _ in collect_sources(web, jobs, wants_page=broken):
                pass

    on_a_site(claim)


# ---------------------------------------------------------------- check


@pytest.mark.parametrize(
    ("path", "finding"),
    [
        ("/feed", (True, "200, 2 entries, newest 2008-11-10")),
        ("/empty", (True, "200, a feed without entries")),
        ("/gone", (False, "HTTP 404 Not Found")),
    ],
)
def test_the_check_of_a_source_tells_in_one_line_what_its_address_gives(
    path: str, finding: tuple[bool, str]
) -> None:
    async def claim(site: Site, web: Web) -> None:
        site.answers["/empty"] = many_items(site, 0)
        assert await check_source(web, a_source(site, path)) == finding

    on_a_site(claim)


def test_the_check_of_a_page_that_is_no_feed_says_so() -> None:
    async def claim(site: Site, web: Web) -> None:
        good, finding = await check_source(web, a_source(site, "/news/1"))
        assert not good
        assert "HTML page, not a feed" in finding

    on_a_site(claim)
