"""What goes over the wire: TLS whose certificate is checked, and errors of the connection."""

import sys
from collections.abc import Iterator

import pytest

from monitor.collect import guard, loop
from monitor.collect.http import Fetched, fetch, open_client
from monitor.errors import FetchError
from tests.certificate import Certificate, make_certificate
from tests.collect.site import a_site, answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def known(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let our certificate be one that the system trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    guard._ssl_context.cache_clear()
    yield
    guard._ssl_context.cache_clear()


def over_tls(certificate: Certificate, host: str = "localhost", body: bytes = b"<rss/>") -> Fetched:
    async def run() -> Fetched:
        async with (
            open_client(None) as client,
            a_site({"*": answer(body)}, certificate.server_context()) as site,
        ):
            return await fetch(client, f"https://{host}:{site.port}/feed", trusted=True)

    return loop.run(run())


@pytest.mark.usefixtures("known")
def test_a_feed_is_read_over_tls(certificate: Certificate) -> None:
    body = b"<rss>" + b"x" * 300_000 + b"</rss>"
    assert over_tls(certificate, body=body).body == body


def test_a_server_whose_certificate_nobody_vouches_for_is_not_read(certificate: Certificate) -> None:
    with pytest.raises(FetchError, match="certificate verify failed"):
        over_tls(certificate)


@pytest.mark.usefixtures("known")
def test_a_certificate_for_another_name_is_refused(certificate: Certificate) -> None:
    with pytest.raises(FetchError, match="certificate verify failed"):
        over_tls(certificate, host="127.0.0.1")


@pytest.mark.usefixtures("known")
def test_a_server_that_speaks_no_tls_is_an_error_of_the_connection() -> None:
    async def run() -> None:
        async with open_client(None) as client, a_site({"*": answer(b"")}) as site:
            await fetch(client, f"https://localhost:{site.port}/", trusted=True, deadline=5)

    with pytest.raises(FetchError) as refused:
        loop.run(run())
    assert refused.value.unreachable


def test_a_port_where_nobody_listens_is_an_error_of_the_connection() -> None:
    async def run() -> None:
        async with a_site() as site:
            port = site.port
        async with open_client(None) as client:
            await fetch(client, f"http://127.0.0.1:{port}/", trusted=True)

    with pytest.raises(FetchError) as refused:
        loop.run(run())
    assert refused.value.unreachable


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop for Windows")
def test_collecting_runs_on_libuv() -> None:
    async def named() -> str:
        import asyncio

        return type(asyncio.get_running_loop()).__module__

    assert loop.run(named()) == "uvloop"
