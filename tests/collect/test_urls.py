import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.collect.urls import canonical_url

PIECES = st.text(st.sampled_from("aZ9-._~%/?&=;:@+!|[]\\ é\u00df#'\"<>\t"), max_size=25)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://www.Echo.Example:443/News/A?b=2&a=1#top", "https://www.echo.example/News/A?b=2&a=1"),
        ("http://echo.example:80", "http://echo.example/"),
        ("http://echo.example:8080/a/", "http://echo.example:8080/a/"),
        ("https://echo.example./a", "https://echo.example/a"),
        ("https://bücher.example/ä b", "https://xn--bcher-kva.example/%C3%A4%20b"),
        ("https://echo.example/%7eann/%c3%a9%zz", "https://echo.example/~ann/%C3%A9%25zz"),
        (" https://echo.example/a\n", "https://echo.example/a"),
        ("https://[2001:DB8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        (
            "https://archive.example/web/2008/http://www.echo.example/a;jsessionid=1?utm_source=x",
            "https://archive.example/web/2008/http://www.echo.example/a;jsessionid=1?utm_source=x",
        ),
    ],
)
def test_an_address_gets_one_form_without_losing_what_carries_meaning(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "tracking",
    ["utm_source=rss", "at_medium=RSS&at_campaign=KARANGA", "CMP=share_btn_tw", "fbclid=1", "ns_mchannel=rss",
     "ito=1490", "xtor=AL-1", "traffic_source=feed", "gclid=x", "UTM_Medium=x"],
)  # fmt: skip
def test_tracking_parameters_go_and_others_stay_in_their_order(tracking: str) -> None:
    assert canonical_url(f"https://echo.example/a?z=1&{tracking}&b=2") == "https://echo.example/a?z=1&b=2"
    assert canonical_url(f"https://echo.example/a?{tracking}") == "https://echo.example/a"


@pytest.mark.parametrize(
    "url",
    [None, "", "   ", "/a", "//echo.example/a", "mailto:a@echo.example", "javascript:alert(1)", "ftp://echo.example/a",
     "https://", "https:///a", "https://ann:secret@echo.example/", "https://ann@echo.example/",
     "https://echo.example\\@other.example/", "https://echo.example:99999/", "https://echo.example:x/",
     "https://[::1/a", "https://echo example/", "https://echo.example/" + "a" * 5000],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_none(url: str | None) -> None:
    assert canonical_url(url) is None


def test_a_relative_address_is_resolved_against_its_document() -> None:
    base = "https://echo.example/news/feed.xml"
    assert canonical_url("../a;b?x=1", base) == "https://echo.example/a;b?x=1"
    assert (
        canonical_url("/web/2008/http://x.example/", base)
        == "https://echo.example/web/2008/http://x.example/"
    )
    assert canonical_url("//cdn.example/a", base) == "https://cdn.example/a"
    assert canonical_url("https://other.example/a", base) == "https://other.example/a"
    assert canonical_url("", base) is None


def test_the_scheme_stays_so_that_the_address_can_be_fetched() -> None:
    assert canonical_url("http://echo.example/a") == "http://echo.example/a"


@given(st.sampled_from(["http://", "HTTPS://"]), PIECES, PIECES)
@example("http://", "a.example", "?a=%2525%25&utm_source=%34")
@example("http://", "a.example", "/%%34%31")
def test_the_canonical_form_is_its_own_canonical_form(scheme: str, host: str, rest: str) -> None:
    canonical = canonical_url(f"{scheme}{host}/{rest}")
    if canonical is not None:
        assert canonical_url(canonical) == canonical
        assert canonical.isascii()
