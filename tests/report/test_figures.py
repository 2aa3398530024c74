import pytest

from monitor.clock import Week
from monitor.report.figures import (
    counted,
    number,
    percent,
    percent_range,
    points,
    points_range,
    signed,
    week_dates,
)


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (0.004, "<1%"), (0.006, "1%"), (0.456, "46%"), (1.0, "100%")]
)
def test_a_share_is_told_in_whole_percent_and_never_as_0_where_it_is_not(share: float, text: str) -> None:
    assert percent(share) == text


def test_ranges_and_differences_read_as_a_sentence_would_say_them() -> None:
    assert percent_range(0.341, 0.58) == "34–58%"
    assert [signed(d) for d in (0.154, -0.03, 0.001, -0.001)] == ["+15", "−3", "0", "0"]
    assert [points(d) for d in (0.15, 0.01, -0.01, 0.0)] == ["+15 points", "+1 point", "−1 point", "0 points"]
    assert points_range(-0.02, 0.3) == "−2 to +30"


def test_numbers_have_a_comma_for_thousands_and_keep_a_half() -> None:
    assert [number(value) for value in (1240, 48.5, 48.0)] == ["1,240", "48.5", "48"]
    assert [counted(n, "item") for n in (1, 2, 1500)] == ["1 item", "2 items", "1,500 items"]
    assert counted(2, "was", "were") == "2 were"


@pytest.mark.parametrize(
    ("week", "text"),
    [
        (Week(2026, 46), "9–15 November 2026"),
        (Week(2026, 44), "26 October – 1 November 2026"),
        (Week(2026, 53), "28 December 2026 – 3 January 2027"),
    ],
)
def test_a_week_is_named_by_its_days(week: Week, text: str) -> None:
    assert week_dates(week) == text
