import pytest

from monitor.collect.archives.base import OutletsByHost, archive_source, bare_host
from monitor.config.file import SourceEntry
from monitor.config.load import parse_config, shipped_feeds
from monitor.types import Outlet, Source


def a_source(url: str, name: str) -> Source:
    return Source(name.lower(), url, Outlet(name))


KNOWN = OutletsByHost(
    [
        a_source("http://feeds.bbci.co.uk/news/rss.xml", "BBC News"),
        a_source("https://www.scotsman.com/rss", "The Scotsman"),
        a_source("https://www.edinburghnews.scotsman.com/rss", "Evening News"),
        a_source("https://feeds.feedburner.com/blog", "A blog"),
    ],
    ["www.herald.example"],
)


@pytest.mark.parametrize(
    ("url", "outlet"),
    [
        ("https://www.bbc.co.uk/news/uk-1", "BBC News"),
        ("http://news.bbc.co.uk/1/hi/uk/1.stm", "BBC News"),
        ("https://www.bbc.com/news/1", "BBC News"),
        ("https://www.scotsman.com/1", "The Scotsman"),
        ("https://www.edinburghnews.scotsman.com/1", "Evening News"),
        ("https://amp.herald.example/1", "herald.example"),
    ],
)
def test_a_page_belongs_to_the_outlet_of_its_host(url: str, outlet: str) -> None:
    found = KNOWN.find(url)
    assert found is not None
    assert found.name == outlet


@pytest.mark.parametrize(
    "url",
    [
        "https://notscotsman.com/1",
        "https://scotsman.com.evil.example/1",
        "https://other.feedburner.com/",
        "x",
        "",
    ],
)
def test_a_page_of_another_host_belongs_to_none_of_them(url: str) -> None:
    assert KNOWN.find(url) is None
    assert KNOWN.of("https://www.other.example/1") == Outlet("other.example")


@pytest.mark.parametrize("odd", ["http://[::1", "http://", "//", "https://www.com/"])
def test_an_odd_address_has_a_host_or_none_and_no_error(odd: str) -> None:
    assert bare_host(odd) in ("", "www.com")


def test_the_outlets_of_the_shipped_feeds_are_found_where_they_publish() -> None:
    outlets = OutletsByHost(parse_config(shipped_feeds(), "feeds.yaml").sources)

    for url, name in {
        "https://www.theguardian.com/society/2008/nov/11/1": "The Guardian",
        "http://news.bbc.co.uk/1/hi/england/london/7721939.stm": "BBC News",
        "https://www.communitycare.co.uk/2018/11/13/a": "Community Care",
        "https://news.sky.com/story/a": "Sky News",
    }.items():
        found = outlets.find(url)
        assert found is not None, url
        assert found.name == name


def test_the_source_of_an_archive_can_never_be_one_of_feeds_yaml() -> None:
    entry = {"name": "x", "url": "https://x.example/", "outlet_type": "blog", "nation": "UK"}
    with pytest.raises(ValueError, match="lower-case"):
        SourceEntry(id=archive_source("gdelt", "https://x.example/", Outlet("GDELT")).id, **entry)  # type: ignore[arg-type]
