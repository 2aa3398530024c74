from datetime import date

from monitor.store.archives import calls_made, count_calls, ledger_id, mark_read, windows_read
from monitor.store.open import Store
from monitor.types import Intake
from tests.store.builders import NOW

SPAN = (NOW, NOW)


def test_a_window_is_read_for_the_question_that_was_asked_and_no_other(store: Store) -> None:
    with store.writing() as session:
        ledger = ledger_id(session, "guardian", {"query": "é", "hosts": ["b", "a"]})
        mark_read(session, ledger, "2008-11", SPAN, intake=Intake(new=3), calls=2, now=NOW)
        mark_read(session, ledger, "2008-11", SPAN, intake=Intake(), calls=1, now=NOW)

    with store.reading() as session:
        assert windows_read(session, "guardian", {"hosts": ["b", "a"], "query": "é"}) == {"2008-11"}
        assert windows_read(session, "guardian", {"query": "e"}) == set()
        assert windows_read(session, "gdelt", {"query": "é", "hosts": ["b", "a"]}) == set()


def test_a_question_has_one_ledger_however_often_it_is_asked(store: Store) -> None:
    with store.writing() as session:
        first = ledger_id(session, "guardian", {"query": "x"})
        assert ledger_id(session, "guardian", {"query": "x"}) == first
        assert ledger_id(session, "guardian", {"query": "y"}) != first


def test_requests_are_added_up_by_archive_and_day(store: Store) -> None:
    today, before = date(2026, 11, 11), date(2026, 11, 10)
    with store.writing() as session:
        count_calls(session, "guardian", today, 3)
        count_calls(session, "guardian", today, 4)
        count_calls(session, "guardian", before, 9)

    with store.reading() as session:
        assert calls_made(session, "guardian", today) == 7
        assert calls_made(session, "gdelt", today) == 0
