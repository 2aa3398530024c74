"""Leaving a list by the link of a mail (RFC 8058)."""

from collections.abc import Callable
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import httpx
import pytest

from monitor.clock import Week
from monitor.config.load import parse_config
from monitor.deliver.folder import FolderDeliverer
from monitor.deliver.unsubscribe import Links, Subscription
from monitor.errors import UsageError
from monitor.pipeline.deliver import delivery_problems, enqueue_report, run_deliver, waiting_deliveries
from monitor.pipeline.status import run_status
from monitor.pipeline.subscriptions import run_resubscribe, run_unsubscribe
from monitor.store.open import Store
from monitor.store.outbox import claim
from tests.deliver.mails import a_report
from tests.web.conftest import FEEDS, LATER, PASSWORD, SECRET

Serve = Callable[..., httpx.Client]
CONFIG = parse_config("web: https://monitor.example.org\n" + FEEDS, "feeds.yaml")
WEEK = Week(2026, 46)
ANN, BOB = "ann@council.example", "bob@council.example"
LINKS = Links(SECRET, "https://monitor.example.org")
LEAVE = Subscription("team", ANN)


def path_of(subscription: Subscription = LEAVE) -> str:
    return LINKS.link(subscription).removeprefix("https://monitor.example.org")


def queue(store: Store, week: Week = WEEK) -> int:
    return enqueue_report(store, CONFIG, week, a_report(), lambda: LATER)


def waiting(store: Store) -> list[str]:
    return [one.recipient for one in waiting_deliveries(store)]


def test_opening_the_link_only_asks(store: Store, serve: Serve) -> None:
    queue(store)
    page = serve(secret=SECRET).get(path_of())

    assert page.status_code == 200
    assert "Leave the list team?" in page.text
    assert ANN in page.text
    assert waiting(store) == [ANN, BOB]


def test_one_click_leaves_without_cookie_password_or_origin(store: Store, serve: Serve) -> None:
    queue(store)
    client = serve(secret=SECRET, password=PASSWORD)
    answer = client.post(
        path_of(), data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://m.example"}
    )

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert waiting(store) == [BOB]
    assert queue(store) == 0
    assert queue(store, WEEK.plus(1)) == 1


def test_leaving_twice_changes_nothing_more(store: Store, serve: Serve) -> None:
    client = serve(secret=SECRET)

    assert [client.post(path_of()).status_code for _ in range(2)] == [200, 200]
    assert run_status(store, CONFIG, lambda: LATER).unsubscribed == 1


def test_the_page_leads_back_for_who_left_by_mistake(store: Store, serve: Serve) -> None:
    client = serve(secret=SECRET)
    client.post(path_of())
    assert "Subscribe again" in client.get(path_of()).text
    client.post(path_of(), data={"back": "1"})

    assert queue(store) == 2
    assert client.post(path_of(), data={"back": "1"}).status_code == 200


def test_a_token_that_is_not_ours_does_nothing(store: Store, serve: Serve) -> None:
    client = serve(secret=SECRET)
    token = path_of()
    other = Links("another secret of thirty-two chars", "").link(LEAVE)

    for wrong in (token[:-1], token + "x", "/unsubscribe/x", other, token.replace("team", "x") + ".x"):
        assert client.post(wrong).status_code == 404, wrong
    assert queue(store) == 2


def test_without_a_secret_no_link_is_taken(store: Store, serve: Serve) -> None:
    assert serve().post(path_of()).status_code == 404
    assert queue(store) == 2


def test_a_recipient_in_another_spelling_stays_out(store: Store) -> None:
    run_unsubscribe(store, Subscription("team", ANN.upper()), lambda: LATER)

    assert queue(store) == 1


def test_leaving_one_list_leaves_the_others(store: Store) -> None:
    run_unsubscribe(store, Subscription("press", ANN), lambda: LATER)

    assert queue(store) == 2


def test_who_leaves_while_a_mail_is_under_way_does_not_get_it_again(store: Store, tmp_path: Path) -> None:
    queue(store)
    with store.writing() as session:
        claimed = claim(session, "crashed", LATER, LATER - LATER)
        assert claimed is not None
    run_unsubscribe(store, Subscription("team", claimed.recipient), lambda: LATER)
    done = run_deliver(store, FolderDeliverer(tmp_path / "out"), lambda: LATER, "w")

    assert (done.sent, done.left) == (1, 0)
    assert [claimed.recipient in file.name for file in (tmp_path / "out").iterdir()] == [False]


def test_a_list_that_everybody_has_left_misses_no_report(store: Store) -> None:
    for one in (ANN, BOB):
        run_unsubscribe(store, Subscription("team", one), lambda: LATER)

    assert delivery_problems(store, CONFIG, lambda: LATER) == []


def test_coming_back_names_the_lists(store: Store) -> None:
    run_unsubscribe(store, LEAVE, lambda: LATER)

    assert run_resubscribe(store, ANN.title()) == ["team"]
    with pytest.raises(UsageError, match="has not left any list"):
        run_resubscribe(store, ANN)
    assert queue(store) == 2


def test_status_says_how_many_have_left(store: Store) -> None:
    run_unsubscribe(store, LEAVE, lambda: LATER)
    status = run_status(store, CONFIG, lambda: LATER)

    assert status.as_json()["unsubscribed"] == 1
    assert [line for line in status.in_words() if line.endswith("; 1 unsubscribed")]


def test_each_mail_bears_the_link_of_its_own_recipient(store: Store, serve: Serve, tmp_path: Path) -> None:
    queue(store)
    run_deliver(store, FolderDeliverer(tmp_path / "out"), lambda: LATER, "w", links=LINKS)
    client = serve(secret=SECRET)

    for file in (tmp_path / "out").iterdir():
        message = message_from_bytes(file.read_bytes(), policy=SMTP)
        link, mailto = str(message["List-Unsubscribe"]).split(", ")
        assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
        assert mailto == "<mailto:editor@ngo.example?subject=unsubscribe>"
        assert client.post(link.strip("<>").removeprefix("https://monitor.example.org")).status_code == 200
    assert run_status(store, CONFIG, lambda: LATER).unsubscribed == 2
