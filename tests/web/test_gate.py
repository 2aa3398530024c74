"""Who gets in, by which name, and what every answer tells the browser."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest

from monitor.config.load import parse_config
from monitor.config.web import leave_links, web_secrets
from monitor.errors import ConfigError
from monitor.web.gate import host_name
from monitor.web.guesses import MOST_ADDRESSES, MOST_WRONG, Guesses
from monitor.web.serve import host_names, is_loopback
from tests.web.conftest import FEEDS, LATER, PASSWORD, SECRET

Serve = Callable[..., httpx.Client]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8464", "127.0.0.1.evil.example", "", "[::2]"])
def test_another_sites_name_for_this_machine_gets_nothing(client: httpx.Client, host: str) -> None:
    found = client.get("/items", headers={"Host": host})

    assert found.status_code == 421
    assert "missed sign" not in found.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:8464", "localhost."])
def test_this_machines_own_names_get_in(client: httpx.Client, host: str) -> None:
    assert client.get("/items", headers={"Host": host}).status_code == 200


def test_the_name_of_web_and_those_allowed_get_in_too() -> None:
    assert host_names("0.0.0.0", "https://m.example.org:444", ("Box",)) == {"m.example.org", "box"}
    assert host_names("192.0.2.7", None, ()) == {"192.0.2.7"}
    assert host_name("M.example.org:80") == "m.example.org"


@pytest.mark.parametrize(
    ("host", "answer"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
     ("::", False), ("192.168.1.2", False), ("monitor.example", False)],
)  # fmt: skip
def test_only_loopback_goes_without_a_password(host: str, answer: bool) -> None:
    assert is_loopback(host) == answer


def test_with_a_password_nothing_is_seen_without_it(serve: Serve) -> None:
    client = serve(password=PASSWORD)

    for given in (None, ("any", "wrong"), ("any", ""), ("any", PASSWORD + "x"), ("any", "pässword")):
        found = client.get("/", auth=given) if given else client.get("/")
        assert found.status_code == 401
        assert found.headers["www-authenticate"].startswith("Basic ")
        assert "Overview" not in found.text
    assert client.get("/", auth=("any", PASSWORD)).status_code == 200
    assert client.get("/", headers={"Authorization": "Basic !!"}).status_code == 401
    assert client.get("/", headers={"Authorization": f"Bearer {PASSWORD}"}).status_code == 401


def test_after_ten_wrong_passwords_an_address_must_wait_and_others_need_not(serve: Serve) -> None:
    now = [LATER]
    client = serve(password=PASSWORD, clock=lambda: now[0])

    def get(address: str, password: str, path: str = "/status") -> httpx.Response:
        return client.get(path, auth=("any", password), headers={"X-Forwarded-For": address})

    assert [get("192.0.2.1", "wrong").status_code for _ in range(MOST_WRONG)] == [401] * MOST_WRONG
    now[0] += timedelta(seconds=60)
    refused = get("192.0.2.1", PASSWORD)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "240"
    assert "try again in 240 seconds" in refused.text
    assert get("192.0.2.1", PASSWORD, "/static/style.css").status_code == 200
    assert get("192.0.2.2", PASSWORD).status_code == 200
    now[0] += timedelta(seconds=240)
    assert get("192.0.2.1", PASSWORD).status_code == 200


def test_asking_without_a_password_is_no_guess(serve: Serve) -> None:
    client = serve(password=PASSWORD)

    for _ in range(MOST_WRONG + 1):
        assert client.get("/status").status_code == 401
    assert client.get("/status", auth=("any", PASSWORD)).status_code == 200


def test_guesses_are_counted_by_network_and_in_bounded_memory() -> None:
    guesses = Guesses(lambda: LATER)
    for number in range(MOST_WRONG):
        guesses.note(f"2001:db8::{number:x}")
    assert guesses.wait("2001:db8:0:0:ffff::1") == 300
    assert guesses.wait("2001:db8:0:1::1") == 0

    for number in range(MOST_ADDRESSES):
        guesses.note(f"10.0.{number // 256}.{number % 256}")
        guesses.note("no address " * (number % 9))
    assert guesses.wait("no address at all") == 300
    assert guesses.wait("2001:db8::1") == 0
    assert len(guesses._wrong) == MOST_ADDRESSES


@pytest.mark.parametrize("page", ["/", "/items", "/static/style.css", "/nix", "/unsubscribe/x"])
def test_every_answer_has_the_headers_that_keep_a_browser_in_bounds(client: httpx.Client, page: str) -> None:
    headers = client.get(page).headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers or "uvicorn" in headers["server"]


def test_a_body_larger_than_any_form_is_refused(client: httpx.Client) -> None:
    assert client.post("/code", content=b"x" * 100_001).status_code == 413


def test_a_body_without_a_length_is_cut(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(400):
            yield b"x=" + b"y" * 1_000 + b"&"

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with suppress(httpx.TransportError):  # the connection may end before all is sent
        assert client.post("/code", content=endless(), headers=headers).status_code >= 400


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_a_form_of_another_site_changes_nothing(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.post("/code", data={"coder": "Ann"}, headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/redoc", "/static/", "/static/../app.py"])
def test_nothing_else_is_served(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({"MONITOR_SECRET": "short"}, "MONITOR_SECRET: is too short"),
        ({"MONITOR_WEB_PASSWORD": "short"}, "MONITOR_WEB_PASSWORD: is too short"),
        ({"MONITOR_SECRET": SECRET, "MONITOR_SECRET_FILE": "/x"}, "both are set"),
        ({"MONITOR_SECRET_FILE": "/nix/nix"}, "MONITOR_SECRET_FILE: /nix/nix: No such file"),
    ],
)
def test_bad_secrets_are_named_and_never_shown(env: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        web_secrets(env)

    assert problem in str(caught.value)
    assert SECRET not in str(caught.value)


def test_secrets_stay_out_of_what_is_printed() -> None:
    assert SECRET not in repr(web_secrets({"MONITOR_SECRET": SECRET, "MONITOR_WEB_PASSWORD": PASSWORD}))


@pytest.mark.parametrize(
    ("web", "env", "there"),
    [
        ("web: https://m.example.org/\n", {"MONITOR_SECRET": SECRET}, True),
        ("web: https://m.example.org\n", {}, False),
        ("", {"MONITOR_SECRET": SECRET}, False),
    ],
)
def test_links_need_an_address_and_a_secret(web: str, env: dict[str, str], there: bool) -> None:
    links = leave_links(parse_config(web + FEEDS, "feeds.yaml"), env)

    assert (links is not None) == there
    assert links is None or links.web == "https://m.example.org"


@pytest.mark.parametrize(
    "web",
    ["http://m.example.org", "https://m.example.org/monitor", "https://u:p@m.example.org", "m.example.org"],
)
def test_web_must_be_an_https_address_without_a_path(web: str) -> None:
    with pytest.raises(ConfigError, match="web: must be"):
        parse_config(f"web: {web}\n{FEEDS}", "feeds.yaml")
