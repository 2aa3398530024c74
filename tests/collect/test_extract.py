"""Article texts from a process that may be killed at any time."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import pytest

from monitor.collect import loop
from monitor.collect.extract import Extractor
from monitor.collect.extract_worker import article_text

PARAGRAPHS = [
    "The council said that its social workers had visited the family eleven times in the spring of 2008.",
    "A review found that the team had carried twice the caseload that the guidance of the time allowed.",
    "The union called for more staff, and said that nobody becomes a social worker in order to fail a child.",
]
PAGE = (
    "<!doctype html><html><head><title>Council</title></head><body>"
    "<nav><ul><li><a href='/'>Home</a></li><li><a href='/news'>News</a></li></ul></nav>"
    f"<article><h1>Council under review</h1>{''.join(f'<p>{p}</p>' for p in PARAGRAPHS)}</article>"
    "<table><tr><td>Weather table</td></tr></table>"
    "<section id='comments'><p class='comment'>First! I never trusted them, said a commenter.</p></section>"
    "<footer>Copyright notice of the paper</footer></body></html>"
).encode()
URL = "https://news.example/1"


def run(claim: Callable[[Extractor], Awaitable[None]], deadline: float = 20.0, pages: int = 200) -> None:
    async def body() -> None:
        async with Extractor(deadline=deadline, pages_per_process=pages) as extractor:
            await claim(extractor)

    loop.run(body())


def worker_of(extractor: Extractor) -> int:
    assert extractor._worker is not None
    return extractor._worker.pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_article_is_read_without_menus_tables_and_comments() -> None:
    text = article_text(PAGE, URL)
    assert [line for line in text.splitlines() if line in PARAGRAPHS] == PARAGRAPHS
    for other in ("Home", "Weather", "commenter", "Copyright"):
        assert other not in text


def test_a_page_that_is_laid_out_in_tables_is_read() -> None:
    cells = "".join(f"<tr><td><font size=2>{paragraph}</font></td></tr>" for paragraph in PARAGRAPHS)
    page = f"<html><body><table width=760><tr><td><table>{cells}</table></td></tr></table></body></html>"
    text = article_text(page.encode(), URL)
    assert all(paragraph in text for paragraph in PARAGRAPHS)


@pytest.mark.parametrize("html", [b"", b"<html></html>", b"\xff\xfe\x00", b"%PDF-1.7 binary", b"<" * 999])
def test_a_page_without_an_article_has_no_text(html: bytes) -> None:
    assert article_text(html, URL) == ""


def test_one_process_serves_many_pages_and_ends_with_the_extractor() -> None:
    pids: list[int] = []

    async def claim(extractor: Extractor) -> None:
        for _ in range(3):
            assert PARAGRAPHS[0] in await extractor.text_of(PAGE, URL)
            pids.append(worker_of(extractor))
        assert await extractor.text_of(b"", URL) == ""
        assert extractor.failures == 0

    run(claim)
    assert len(set(pids)) == 1
    assert not is_running(pids[0])


def test_no_process_is_started_before_the_first_page() -> None:
    async def claim(extractor: Extractor) -> None:
        assert extractor._worker is None

    run(claim)


def test_a_page_over_the_deadline_costs_its_text_and_the_next_is_read() -> None:
    async def claim(extractor: Extractor) -> None:
        await extractor.text_of(PAGE, URL)
        slow = worker_of(extractor)
        extractor._deadline = 0.0
        assert await extractor.text_of(PAGE, URL) == ""
        assert not is_running(slow)
        extractor._deadline = 20.0
        assert PARAGRAPHS[0] in await extractor.text_of(PAGE, URL)
        assert extractor.failures == 1

    run(claim)


def test_a_process_that_dies_costs_one_text() -> None:
    async def claim(extractor: Extractor) -> None:
        await extractor.text_of(PAGE, URL)
        os.kill(worker_of(extractor), signal.SIGKILL)
        assert await extractor.text_of(PAGE, URL) == ""
        assert PARAGRAPHS[0] in await extractor.text_of(PAGE, URL)
        assert extractor.failures == 1

    run(claim)


def test_a_page_given_up_by_its_reader_does_not_answer_for_the_next() -> None:
    async def claim(extractor: Extractor) -> None:
        await extractor.text_of(PAGE, URL)
        os.kill(worker_of(extractor), signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await extractor.text_of(PAGE, URL)
        assert await extractor.text_of(PAGE.replace(b"eleven", b"twelve"), URL) != ""
        assert "twelve" in await extractor.text_of(PAGE.replace(b"eleven", b"twelve"), URL)

    run(claim)


def test_the_event_loop_goes_on_while_a_page_hangs() -> None:
    async def claim(extractor: Extractor) -> None:
        await extractor.text_of(PAGE, URL)
        os.kill(worker_of(extractor), signal.SIGSTOP)
        hanging = asyncio.create_task(extractor.text_of(PAGE, URL))
        ticks = 0
        while not hanging.done():
            await asyncio.sleep(0.02)
            ticks += 1
        assert hanging.result() == ""
        assert ticks > 5

    run(claim, deadline=0.5)


def test_pages_asked_for_at_once_each_get_their_own_text() -> None:
    async def claim(extractor: Extractor) -> None:
        pages = [PAGE.replace(b"eleven", str(n).encode()) for n in range(101, 106)]
        texts = await asyncio.gather(*(extractor.text_of(page, URL) for page in pages))
        assert [f"family {n} times" in text for n, text in zip(range(101, 106), texts, strict=True)] == [
            True
        ] * 5

    run(claim)


def test_a_process_is_replaced_after_its_share_of_pages() -> None:
    async def claim(extractor: Extractor) -> None:
        await extractor.text_of(PAGE, URL)
        first = worker_of(extractor)
        await extractor.text_of(PAGE, URL)
        assert extractor._worker is None
        assert PARAGRAPHS[0] in await extractor.text_of(PAGE, URL)
        assert worker_of(extractor) != first
        assert extractor.failures == 0

    run(claim, pages=2)
