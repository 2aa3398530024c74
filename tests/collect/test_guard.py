"""Which addresses may be connected to, and that no way round the check is left."""

import asyncio
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect import loop
from monitor.collect.guard import checked_addresses, host_port, refusal
from monitor.collect.http import fetch, open_client
from monitor.errors import FetchError
from tests.collect.site import a_site, answer, redirect

REFUSED = {
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "100.64.0.1": "carrier NAT",
    "100.127.255.254": "carrier NAT",
    "100.100.100.200": "cloud metadata",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "cloud metadata",
    "169.254.0.1": "link-local",
    "169.254.169.254": "cloud metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.8": "reserved",
    "192.0.0.192": "cloud metadata",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarking",
    "198.19.255.255": "benchmarking",
    "198.51.100.7": "documentation",
    "203.0.113.7": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "::7f00:1": "loopback",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::ffff:169.254.169.254": "cloud metadata",
    "::ffff:100.64.0.1": "carrier NAT",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::a9fe:a9fe": "cloud metadata",
    "64:ff9b::a00:1": "private",
    "64:ff9b:1::5db8:d822": "local NAT64",
    "100::1": "reserved",
    "2001::1": "Teredo",
    "2001:2::1": "reserved",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4",
    "2002:5db8:d822::1": "6to4",
    "3fff::1": "documentation",
    "4000::1": "reserved",
    "5f00::1": "reserved",
    "fc00::1": "private",
    "fd00:ec2::254": "cloud metadata",
    "fd12:3456:789a::1": "private",
    "fe80::1": "link-local",
    "fe80::1%1": "link-local",
    "febf::1": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
}
ALLOWED = [
    "1.1.1.1",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2a00:1450:4009::1",
    "2606:4700:4700::1111",
    "::ffff:93.184.216.34",
    "64:ff9b::5db8:d822",
]


@pytest.mark.parametrize(("text", "kind"), REFUSED.items())
def test_an_address_that_is_not_public_is_refused_by_its_kind(text: str, kind: str) -> None:
    assert refusal(ip_address(text)) == kind


@pytest.mark.parametrize("text", ALLOWED)
def test_a_public_address_is_allowed(text: str) -> None:
    assert refusal(ip_address(text)) is None


@pytest.mark.parametrize("text", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd12::1", "100.64.0.1"])
def test_a_trusted_source_may_live_on_a_private_address(text: str) -> None:
    assert refusal(ip_address(text), trusted=True) is None


@pytest.mark.parametrize("text", ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"])
def test_even_a_trusted_source_may_not_reach_a_cloud_metadata_service(text: str) -> None:
    assert refusal(ip_address(text), trusted=True) == "cloud metadata"


@given(st.ip_addresses(v=4))
def test_no_allowed_ipv4_address_is_private_to_python(address: IPv4Address) -> None:
    assert refusal(address) is not None or (address.is_global and not address.is_multicast)


@given(st.ip_addresses(v=6))
def test_no_allowed_ipv6_address_is_private_to_python(address: IPv6Address) -> None:
    assert refusal(address) is not None or address.is_global


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.1", "::1", "0"]
)
def test_every_spelling_of_loopback_is_refused(host: str) -> None:
    with pytest.raises(FetchError, match=r"refused to connect .* (loopback|unspecified) address; .*trusted"):
        loop.run(checked_addresses(host, 80, trusted=False))


def test_a_name_that_cannot_be_a_name_does_not_resolve() -> None:
    with pytest.raises(FetchError, match="does not resolve"):
        loop.run(checked_addresses("a" * 70, 80, trusted=False))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://news.example/a", "news.example:80"),
        ("https://news.example/a", "news.example:443"),
        ("http://NEWS.example:8080/a", "news.example:8080"),
        ("http://[::1]/a", "[::1]:80"),
    ],
)
def test_a_host_is_its_name_and_port(url: str, host: str) -> None:
    assert host_port(url) == host


def test_an_untrusted_request_to_loopback_never_arrives() -> None:
    async def claim() -> None:
        async with a_site({"/": answer("secret")}) as site, open_client(None) as client:
            with pytest.raises(FetchError, match="loopback"):
                await fetch(client, site.url())
            assert site.paths == []

    loop.run(claim())


def test_a_connection_of_a_trusted_source_is_not_lent_to_another() -> None:
    keep_alive = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    async def stay(writer: asyncio.StreamWriter) -> None:
        writer.write(keep_alive)
        await writer.drain()
        await asyncio.sleep(0.2)

    async def claim() -> None:
        async with a_site({"/": stay}) as site, open_client(None) as client:
            assert (await fetch(client, site.url(), trusted=True)).body == b"ok"
            with pytest.raises(FetchError, match="loopback"):
                await fetch(client, site.url())

    loop.run(claim())


def test_a_trusted_host_may_be_named_to_the_client() -> None:
    async def claim() -> None:
        async with a_site({"/": answer("ok")}) as site:
            hosts = frozenset({f"127.0.0.1:{site.port}"})
            async with open_client(None, trusted_hosts=hosts) as client:
                assert (await fetch(client, site.url())).body == b"ok"

    loop.run(claim())


def test_a_redirect_to_a_private_address_is_refused() -> None:
    async def claim() -> None:
        async with a_site({"/inside": answer("secret")}) as inner:
            async with a_site({"/": redirect(inner.url("/inside"))}) as outer:
                hosts = frozenset({f"127.0.0.1:{outer.port}"})
                async with open_client(None, trusted_hosts=hosts) as client:
                    with pytest.raises(FetchError, match="loopback"):
                        await fetch(client, outer.url())
            assert inner.paths == []

    loop.run(claim())


def test_a_trusted_source_is_not_redirected_to_cloud_metadata() -> None:
    async def claim() -> None:
        hop = redirect("http://169.254.169.254/latest/")
        async with a_site({"/": hop}) as site, open_client(None) as client:
            with pytest.raises(FetchError, match="cloud metadata"):
                await fetch(client, site.url(), trusted=True)

    loop.run(claim())


@pytest.mark.parametrize(
    "spelling",
    ["http://news.example\\@127.0.0.1:{port}/", "http://user@127.0.0.1:{port}/", "http://127.1:{port}/"],
)
def test_an_address_that_hides_its_host_is_refused(spelling: str) -> None:
    async def claim() -> None:
        async with a_site({"*": answer("secret")}) as site, open_client(None) as client:
            with pytest.raises(FetchError):
                await fetch(client, spelling.format(port=site.port))
            assert site.paths == []

    loop.run(claim())
