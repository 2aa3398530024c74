"""Pages follow feeds.yaml while they are served."""

from pathlib import Path

import httpx
import pytest

from monitor.config.configuration import Configuration
from monitor.store.open import Store
from tests.web.conftest import FEEDS, a_site, served

OWN = FEEDS + "events: [{id: OWN1, date: 2026-03-02, name: Our campaign starts}]\n"


def test_a_changed_feeds_file_is_in_force_at_once_and_a_broken_one_never(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(FEEDS, "utf-8")
    site = a_site(store)
    with served(site, Configuration(path)) as address, httpx.Client(base_url=address) as client:
        assert "Our campaign starts" not in client.get("/events").text
        path.write_text(OWN, "utf-8")
        assert "Our campaign starts" in client.get("/events").text
        path.write_text("colour: red\n" + OWN, "utf-8")
        assert "Our campaign starts" in client.get("/events").text
        path.unlink()
        assert "Our campaign starts" in client.get("/events").text
        path.write_text(FEEDS, "utf-8")
        assert "Our campaign starts" not in client.get("/events").text


def test_a_coders_visit_outlasts_a_change_of_the_configuration(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(FEEDS, "utf-8")
    site = a_site(store)

    assert site.configured(site.config).cookie_secret == site.cookie_secret
    assert a_site(store).cookie_secret != site.cookie_secret
