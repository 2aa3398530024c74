import threading
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select

from monitor.clock import Week
from monitor.store.open import Store, open_store
from monitor.store.outbox import (
    Claimed,
    Due,
    ListMail,
    claim,
    deliveries,
    due,
    enqueue,
    erase_delivered,
    mark_failed,
    mark_sent,
    outbox_state,
    postpone_due,
    requeue,
    week_mails,
)
from monitor.store.schema import MessageRow
from tests.store.builders import NOW, WEEK

LEASE = timedelta(minutes=45)
LATER = NOW + timedelta(minutes=5)
ANN, BOB = "ann@council.example", "bob@council.example"


def a_list_mail(list_name: str = "team", *, week: Week = WEEK, content: bytes = b"report") -> ListMail:
    return ListMail(list_name, "weekly", week, "Social work in the news", content)


def queue(store: Store, *recipients: str, mail: ListMail | None = None) -> int:
    with store.writing() as session:
        return enqueue(session, mail or a_list_mail(), recipients or (ANN,), NOW)


def take(store: Store, now: datetime = NOW, worker: str = "one") -> Claimed | None:
    with store.writing() as session:
        return claim(session, worker, now, LEASE)


def must_take(store: Store, now: datetime = NOW) -> Claimed:
    claimed = take(store, now)
    assert claimed is not None
    return claimed


def sent(store: Store, claimed: Claimed, now: datetime = NOW) -> None:
    with store.writing() as session:
        mark_sent(session, claimed, now)
        erase_delivered(session)


def contents(store: Store) -> list[bytes]:
    with store.reading() as session:
        return list(session.scalars(select(MessageRow.content)))


def test_a_mail_is_queued_once_for_each_recipient(store: Store) -> None:
    assert queue(store, ANN, BOB, ANN) == 2
    assert queue(store, ANN, BOB) == 0
    assert queue(store, ANN, "cy@council.example") == 1
    assert queue(store, ANN, mail=a_list_mail("press")) == 1
    assert queue(store, ANN, mail=a_list_mail(week=WEEK.plus(1))) == 1


def test_addresses_that_differ_in_case_alone_are_one_recipient(store: Store) -> None:
    assert queue(store, "Ann@council.example", ANN, BOB) == 2
    assert queue(store, ANN, BOB.upper()) == 0
    with store.reading() as session:
        assert [one.recipient for one in deliveries(session, ["queued"])] == ["Ann@council.example", BOB]


def test_a_claim_takes_each_delivery_once_the_longest_due_first(store: Store) -> None:
    queue(store, ANN, BOB)

    claims = [must_take(store), must_take(store)]
    assert [one.recipient for one in claims] == [ANN, BOB]
    assert claims[0].key == f"team/weekly/{WEEK}"
    assert (claims[0].content, claims[0].attempts, claims[0].first_attempt_at) == (b"report", 1, NOW)
    assert take(store) is None


def test_what_is_sent_is_never_claimed_again(store: Store) -> None:
    queue(store)
    sent(store, must_take(store))

    assert take(store, NOW + timedelta(days=365)) is None
    with store.reading() as session:
        (one,) = deliveries(session, ["sent"])
    assert (one.sent_at, one.claimed_by, one.last_error) == (NOW, None, None)


def test_a_claim_left_behind_is_visible_and_taken_up_after_its_lease(store: Store) -> None:
    queue(store)
    take(store, worker="crashed")

    assert take(store, NOW + LEASE - timedelta(seconds=1)) is None
    with store.reading() as session:
        before = outbox_state(session, NOW, NOW)
        after = outbox_state(session, NOW + LEASE, NOW)
    assert (before.claimed, before.overdue) == (1, ())
    assert after.claimed == 0
    assert [one.claimed_by for one in after.overdue] == ["crashed"]

    again = must_take(store, NOW + LEASE)
    assert (again.attempts, again.first_attempt_at) == (2, NOW)


def test_a_temporary_failure_waits_for_its_time(store: Store) -> None:
    queue(store)
    with store.writing() as session:
        claimed = claim(session, "one", NOW, LEASE)
        assert claimed is not None
        assert mark_failed(session, claimed, "451 later", LATER)

    assert take(store, LATER - timedelta(seconds=1)) is None
    assert must_take(store, LATER).attempts == 2


def test_what_waits_for_another_try_is_told_apart_from_what_was_never_tried(store: Store) -> None:
    queue(store, ANN, BOB)
    with store.writing() as session:
        claimed = claim(session, "one", NOW, LEASE)
        assert claimed is not None
        mark_failed(session, claimed, "450 later", LATER)
        state = outbox_state(session, NOW, NOW)

    assert state.queued == 2
    (one,) = state.retrying
    assert (one.recipient, one.attempts, one.last_error, one.next_attempt_at) == (ANN, 1, "450 later", LATER)


def test_a_failure_for_good_is_recorded_and_not_tried_again(store: Store) -> None:
    queue(store)
    claimed = must_take(store)
    with store.writing() as session:
        mark_failed(session, claimed, "550 no such user", None)

    assert take(store, NOW + timedelta(days=365)) is None
    with store.reading() as session:
        state = outbox_state(session, NOW, NOW)
        later = outbox_state(session, NOW, NOW + timedelta(days=1))
    assert [(one.recipient, one.last_error) for one in state.failed] == [(ANN, "550 no such user")]
    assert later.failed == ()


def test_who_outlived_its_lease_cannot_undo_what_another_did(store: Store) -> None:
    queue(store)
    slow = must_take(store)
    quick = must_take(store, NOW + LEASE)
    with store.writing() as session:
        assert not mark_failed(session, slow, "timed out", None)
    sent(store, quick)
    with store.writing() as session:
        assert not mark_failed(session, quick, "timed out", None)
        assert outbox_state(session, NOW, NOW).sent == 1


def test_the_content_goes_once_everybody_has_it(store: Store) -> None:
    queue(store, ANN, BOB)
    sent(store, must_take(store))
    assert contents(store) == [b"report"]
    sent(store, must_take(store))
    assert contents(store) == [b""]

    queue(store, ANN, BOB)
    assert contents(store) == [b""]
    queue(store, "late@council.example", mail=a_list_mail(content=b"report, written again"))
    late = must_take(store)
    assert (late.recipient, late.content) == ("late@council.example", b"report, written again")


def test_a_mail_that_waits_keeps_its_content(store: Store) -> None:
    queue(store)
    queue(store, BOB, mail=a_list_mail(content=b"other"))
    assert contents(store) == [b"report"]


def test_what_is_due_is_put_off_together_and_given_up_when_too_old(store: Store) -> None:
    queue(store, ANN, BOB)
    claimed = must_take(store)
    with store.writing() as session:
        mark_failed(session, claimed, "451", NOW)
    later = NOW + timedelta(days=5)
    with store.writing() as session:
        assert due(session, later) == Due(2, 1)
        given_up = postpone_due(session, later, "server down", later + LEASE, give_up_after=timedelta(days=5))
        state = outbox_state(session, later, NOW)

    assert given_up == 1
    assert [(one.recipient, one.last_error) for one in state.failed] == [(ANN, "server down")]
    assert state.queued == 1
    assert take(store, later) is None
    bob = must_take(store, later + LEASE)
    assert (bob.recipient, bob.attempts, bob.first_attempt_at) == (BOB, 2, later)


def test_asking_again_makes_due_what_failed_or_waits_and_leaves_the_rest(store: Store) -> None:
    queue(store, ANN, BOB, "cy@council.example", "di@council.example")
    claims = [must_take(store) for _ in range(3)]
    sent(store, claims[0])
    with store.writing() as session:
        mark_failed(session, claims[1], "550", None)
        assert requeue(session, LATER) == 2

    again = [must_take(store, LATER), must_take(store, LATER)]
    assert {one.recipient for one in again} == {BOB, "di@council.example"}
    assert {one.attempts for one in again} == {1}
    assert take(store, LATER) is None


def test_the_mails_of_a_week_are_told_by_list(store: Store) -> None:
    queue(store, ANN, BOB)
    queue(store, ANN, mail=a_list_mail("press"))
    queue(store, ANN, mail=a_list_mail(week=WEEK.plus(1)))
    with store.reading() as session:
        found = week_mails(session, "weekly", WEEK)
        assert week_mails(session, "alert", WEEK) == {}

    assert {name: [one.recipient for one in some] for name, some in found.items()} == {
        "team": [ANN, BOB],
        "press": [ANN],
    }
    assert found["team"][0].week == str(WEEK)


def test_an_empty_outbox_says_so(store: Store) -> None:
    with store.reading() as session:
        state = outbox_state(session, NOW, NOW)
        assert due(session, NOW) == Due(0, 0)
    assert (state.queued, state.claimed, state.sent, state.last_sent_at) == (0, 0, 0, None)


def test_many_workers_never_claim_the_same_delivery(store: Store, url: str) -> None:
    queue(store, *(f"reader{number}@council.example" for number in range(30)))
    taken: list[int] = []
    names = count()

    def work() -> None:
        own = open_store(url)
        worker = f"worker {next(names)}"
        while (claimed := take(own, worker=worker)) is not None:
            taken.append(claimed.id)
        own.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 30
