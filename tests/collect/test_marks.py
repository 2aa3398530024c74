"""Which entries of a feed are fresh."""

from monitor.collect.marks import MOST_MARKS, SIZE, count_fresh, marks_of
from monitor.types import Rejected
from tests.collect.samples import an_entry, read, rss


def marks(*numbers: int) -> bytes:
    return marks_of(read(rss(*(an_entry(number) for number in numbers))))


def test_an_entry_is_fresh_that_the_last_poll_had_not_shown() -> None:
    assert count_fresh(marks(3, 2, 1), marks(2, 1)) == 1
    assert count_fresh(marks(1, 2), marks(2, 1)) == 0
    assert count_fresh(marks(6, 5), marks(2, 1)) == 2


def test_without_a_poll_before_nobody_can_tell() -> None:
    assert count_fresh(marks(1), b"") is None


def test_what_is_no_item_has_no_mark_and_marks_are_bounded() -> None:
    assert marks_of([Rejected("bad-entry")]) == b""
    assert len(marks_of(read(rss(*(an_entry(n) for n in range(MOST_MARKS + 9)))))) == MOST_MARKS * SIZE
