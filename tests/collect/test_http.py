"""The conditional GET: what it returns, and every bound that it keeps."""

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest

from monitor.collect import loop
from monitor.collect.http import Fetched, fetch, fresh_seconds, open_client, retry_after, user_agent
from monitor.errors import FetchError
from monitor.types import Validators
from tests.collect.site import Answer, Site, a_site, answer, in_pieces, redirect

MEGABYTE = 1_000_000


def get(answers: dict[str, Answer], path: str = "/", **options: Any) -> tuple[Fetched, Site]:
    """Serve, and fetch one path as a trusted source."""

    async def run() -> tuple[Fetched, Site]:
        async with a_site(answers) as site, open_client("desk@example.org") as client:
            return await fetch(client, site.url(path), trusted=True, **options), site

    return loop.run(run())


def error_of(answers: dict[str, Answer], path: str = "/", **options: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(answers, path, **options)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_feed_comes_with_its_body_type_and_validators() -> None:
    validators = {"etag": '"v1"', "last_modified": "Mon, 10 Nov 2008 08:00:00 GMT"}
    fetched, site = get({"/": answer("<rss/>", content_type="application/rss+xml", **validators)})
    assert (fetched.status, fetched.body, fetched.content_type) == (200, b"<rss/>", "application/rss+xml")
    assert fetched.validators == Validators('"v1"', "Mon, 10 Nov 2008 08:00:00 GMT")
    assert fetched.url == site.url()


def test_a_request_says_who_we_are_and_whom_to_ask() -> None:
    _, site = get({"/": answer()})
    assert site.headers[0]["user-agent"].startswith("social-work-monitor/")
    assert site.headers[0]["user-agent"].endswith(" (+desk@example.org)")
    assert site.headers[0]["accept-encoding"] == "gzip, deflate, br"


@pytest.mark.parametrize("contact", [None, "", "  "])
def test_without_a_contact_the_user_agent_names_the_product_alone(contact: str | None) -> None:
    assert "(" not in user_agent(contact)


def test_a_contact_cannot_add_a_header() -> None:
    assert user_agent("müller\r\nX-Evil: 1").endswith("(+m?ller X-Evil: 1)")


def test_validators_are_sent_and_a_304_keeps_those_that_it_does_not_name() -> None:
    sent = Validators('"v1"', "Mon, 10 Nov 2008 08:00:00 GMT")
    fetched, site = get({"/": answer(status="304 Not Modified", etag='"v2"')}, validators=sent)
    assert site.headers[0]["if-none-match"] == '"v1"'
    assert site.headers[0]["if-modified-since"] == "mon, 10 nov 2008 08:00:00 gmt"
    assert (fetched.status, fetched.body) == (304, b"")
    assert fetched.validators == Validators('"v2"', "Mon, 10 Nov 2008 08:00:00 GMT")


@pytest.mark.parametrize("validators", [None, Validators()])
def test_a_304_that_nobody_asked_for_is_an_error(validators: Validators | None) -> None:
    assert error_of({"/": answer(status="304 Not Modified")}, validators=validators).status == 304


def test_a_validator_that_we_could_not_send_back_is_dropped() -> None:
    fetched, _ = get({"/": answer(etag='"é"')})
    assert fetched.validators == Validators()


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("404 Not Found", "HTTP 404 Not Found"),
        ("410 Gone", "HTTP 410 Gone"),
        ("500 Internal Server Error", "HTTP 500 Internal Server Error"),
        ("204 No Content", "HTTP 204 No Content"),
        ("302 Found", "HTTP 302 Found"),
        ("599 Whatever", "HTTP 599"),
    ],
)
def test_any_other_status_is_an_error_of_one_line(status: str, message: str) -> None:
    error = error_of({"/": answer(status=status)})
    assert (str(error), error.status) == (message, int(status[:3]))


def test_a_429_carries_the_wait_that_the_server_asks_for() -> None:
    error = error_of({"/": answer(status="429 Too Many Requests", retry_after="120")})
    assert (error.status, error.retry_after) == (429, 120.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 90 ", 90.0),
        ("Tue, 11 Nov 2008 09:00:00 GMT", 3600.0),
        ("Tue, 11 Nov 2008 07:00:00 GMT", 0.0),
        ("Tue, 11 Nov 2008 09:00:00", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("9" * 400, None),
        ("²", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_held_against_the_servers_own(
    value: str | None, seconds: float | None
) -> None:
    assert retry_after(value, "Tue, 11 Nov 2008 08:00:00 GMT") == seconds


def test_retry_after_needs_no_date_of_the_server() -> None:
    assert retry_after("Tue, 11 Nov 2008 08:00:00 GMT") == 0.0


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize(
    ("hops", "moved_to"),
    [
        (["301 Moved Permanently"], "/1"),
        (["308 Permanent Redirect", "301 Moved Permanently"], "/2"),
        (["301 Moved Permanently", "302 Found"], "/1"),
        (["302 Found", "301 Moved Permanently"], None),
        (["307 Temporary Redirect"], None),
        (["303 See Other"], None),
        ([], None),
    ],
)
def test_only_redirects_that_say_so_tell_that_a_feed_has_moved(hops: list[str], moved_to: str | None) -> None:
    paths = ["/", *(f"/{number + 1}" for number in range(len(hops)))]
    answers: dict[str, Answer] = {
        path: redirect(f"/{number + 1}", status)
        for number, (path, status) in enumerate(zip(paths, hops, strict=False))
    }
    fetched, site = get({**answers, paths[-1]: answer("end")})
    assert fetched.moved_to == (moved_to and site.url(moved_to))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, Max-Age = 600, s-maxage=1"}, 600),
        ({"cache-control": "s-maxage=600"}, 0),
        ({"cache-control": "no-cache, max-age=600"}, 0),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "9000"}, 0),
        ({"cache-control": "max-age=-5"}, 0),
    ],
)
def test_an_answer_is_fresh_for_what_is_left_of_its_max_age(headers: dict[str, str], seconds: float) -> None:
    assert fresh_seconds(headers) == seconds


def test_redirects_are_followed_to_where_they_end() -> None:
    answers: dict[str, Answer] = {"/": redirect("/two#top"), "/two": redirect("three", "308 Moved")}
    fetched, site = get(answers | {"/three": answer("ok")})
    assert (fetched.body, fetched.url) == (b"ok", site.url("/three"))


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Moved"])
def test_a_redirect_loop_ends_after_five_hops(status: str) -> None:
    paths: list[str] = []

    async def run() -> None:
        async with a_site({"*": redirect("/again", status)}) as site, open_client(None) as client:
            with pytest.raises(FetchError, match="more than 5 redirects"):
                await fetch(client, site.url(), trusted=True)
            paths.extend(site.paths)

    loop.run(run())
    assert len(paths) == 6


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("ftp://news.example/", "not a web address"),
        ("file:///etc/passwd", "not a web address"),
        ("javascript:1", "not a web address"),
        ("http://news.example:x/", "Invalid port"),
        ("http:////[05/", "Invalid IPv6 URL"),
    ],
)
def test_a_redirect_leads_to_web_addresses_only(to: str, message: str) -> None:
    assert message in str(error_of({"/": redirect(to)}))


@pytest.mark.parametrize(
    "url", ["", "news.example/feed", "ftp://news.example", "http://", "http://[::1", "http://news.example:x/"]
)
def test_what_is_no_web_address_is_refused_by_name(url: str) -> None:
    async def run() -> None:
        async with open_client(None) as client:
            with pytest.raises(FetchError, match="not a web address"):
                await fetch(client, url)

    loop.run(run())


def test_a_hop_can_be_vetoed_but_the_first_address_is_not_asked_about() -> None:
    asked: list[str] = []

    async def veto(url: str) -> None:
        asked.append(url)
        raise FetchError("no further")

    assert str(error_of({"/": redirect("/two")}, check_hop=veto)) == "no further"
    assert [url.rpartition("/")[2] for url in asked] == ["two"]


def test_no_cookie_is_kept() -> None:
    answers: dict[str, Answer] = {"/": answer(status="302 Found", location="/b", set_cookie="id=1; Path=/")}
    _, site = get(answers | {"/b": answer()})
    assert "cookie" not in site.headers[1]


# ---------------------------------------------------------------- bodies


def raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without wrapping": ("deflate", raw_deflate),
    "brotli": ("br", brotli.compress),
    "capitals": ("GZIP", gzip.compress),
    "identity": ("identity", bytes),
    "gzip in two members": ("gzip", lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:])),
    "gzip with padding": ("gzip", lambda body: gzip.compress(body) + bytes(64)),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_a_compressed_body_comes_out_as_it_went_in(name: str) -> None:
    encoding, encode = ENCODERS[name]
    body = b"".join(b"<item>%d</item>" % n for n in range(20_000))
    fetched, _ = get({"/": answer(encode(body), content_encoding=encoding)})
    assert fetched.body == body


@pytest.mark.parametrize("name", ["gzip", "deflate", "deflate without wrapping", "brotli"])
def test_a_body_compressed_and_sent_byte_by_byte_is_read(name: str) -> None:
    encoding, encode = ENCODERS[name]
    sent = encode(b"<rss/>" * 5)

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: %s\r\n\r\n" % encoding.encode()
        )
        for byte in sent:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    assert get({"/": drip})[0].body == b"<rss/>" * 5


def gzip_bomb() -> bytes:
    return gzip.compress(bytes(200 * MEGABYTE), 9)


def brotli_bomb() -> bytes:
    stream = brotli.Compressor(quality=1)
    return b"".join(stream.process(bytes(MEGABYTE)) for _ in range(200)) + bytes(stream.finish())


@pytest.mark.parametrize(("encoding", "bomb"), [("gzip", gzip_bomb), ("br", brotli_bomb)])
def test_a_decompression_bomb_stops_at_the_bound(encoding: str, bomb: Callable[[], bytes]) -> None:
    sent = answer(bomb(), content_encoding=encoding)
    assert len(sent) < MEGABYTE
    tracemalloc.start()
    try:
        error = error_of({"/": sent}, most_bytes=MEGABYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(error) == "larger than 1,000,000 bytes"
    assert peak < 12 * MEGABYTE


def test_a_body_of_exactly_the_bound_is_read_and_one_byte_more_is_not() -> None:
    body = bytes(MEGABYTE)
    for sent in (answer(body), answer(gzip.compress(body), content_encoding="gzip")):
        assert len(get({"/": sent}, most_bytes=MEGABYTE)[0].body) == MEGABYTE
    for sent in (answer(body + b"x"), answer(gzip.compress(body + b"x"), content_encoding="gzip")):
        assert "larger than" in str(error_of({"/": sent}, most_bytes=MEGABYTE))


def test_an_endless_body_stops_at_the_bound() -> None:
    endless = in_pieces(b"HTTP/1.1 200 OK\r\n\r\n", bytes(100_000), 0)
    assert "larger than" in str(error_of({"/": endless}, most_bytes=MEGABYTE))


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (answer(gzip.compress(b"<rss/>" * 99)[:-12], content_encoding="gzip"), "ends early"),
        (answer(brotli.compress(b"<rss/>" * 99)[:-2], content_encoding="br"), "ends early"),
        (answer(b"<rss/>", content_encoding="gzip"), "cannot be decompressed"),
        (answer(b"<rss/>", content_encoding="br"), "cannot be decompressed"),
        (answer(b"\xff" * 9, content_encoding="deflate"), "cannot be decompressed"),
        (answer(b"<rss/>", content_encoding="zstd"), "did not ask for"),
        (answer(b"<rss/>", content_encoding="gzip, gzip"), "did not ask for"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<rss/>", "no usable answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "no usable answer"),
        (b"220 mail.example ESMTP\r\n", "no usable answer"),
        (b"", "no usable answer"),
    ],
)
def test_a_broken_answer_is_an_error_that_says_so(sent: bytes, message: str) -> None:
    assert message in str(error_of({"/": sent}))


def test_an_empty_body_is_a_body() -> None:
    assert get({"/": answer(content_encoding="gzip")})[0].body == b""


# ---------------------------------------------------------------- time


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_slow_drip_meets_the_total_deadline(head: bytes) -> None:
    started = time.monotonic()
    error = error_of({"/": in_pieces(head, b"X-A: b\r\n", 0.05)}, deadline=0.3)
    assert str(error) == "no complete answer within 0.3 s"
    assert time.monotonic() - started < 2


def test_slow_redirects_share_one_deadline() -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        writer.write(redirect("/again"))

    assert "within 0.4 s" in str(error_of({"*": slow}, deadline=0.4))


def test_a_port_where_nothing_listens_is_an_error() -> None:
    async def run() -> None:
        async with a_site() as site:
            url = site.url()
        async with open_client(None) as client:
            with pytest.raises(FetchError, match="no usable answer: ") as caught:
                await fetch(client, url, trusted=True)
        assert caught.value.status is None

    loop.run(run())


def test_the_client_goes_on_after_a_request_that_was_cut_off() -> None:
    async def run() -> None:
        answers: dict[str, Answer] = {"/slow": in_pieces(b"", b"x", 0.05), "/": answer("ok")}
        async with a_site(answers) as site, open_client(None) as client:
            with pytest.raises(FetchError):
                await fetch(client, site.url("/slow"), trusted=True, deadline=0.1)
            assert (await fetch(client, site.url(), trusted=True)).body == b"ok"

    loop.run(run())
