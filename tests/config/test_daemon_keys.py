"""What feeds.yaml says to the daemon."""

from datetime import timedelta

import pytest

from monitor.config.load import parse_config
from monitor.errors import ConfigError


def test_the_daemon_reports_on_monday_at_seven_and_draws_nothing_unless_told() -> None:
    config = parse_config("sources: []\nlists: {a: {recipients: [a@ngo.example]}}\n", "feeds.yaml")
    assert (config.report_at, config.weekly_sample) == (timedelta(hours=7), None)
    assert (config.lists[0].alerts, config.lists[0].monthly) == (False, False)


@pytest.mark.parametrize(
    ("said", "since_monday"),
    [("Mon 00:00", timedelta()), ("Tue 18:30", timedelta(days=1, hours=18, minutes=30)),
     ("Sun 23:59", timedelta(days=6, hours=23, minutes=59))],
)  # fmt: skip
def test_the_report_time_is_counted_from_monday(said: str, since_monday: timedelta) -> None:
    assert parse_config(f"sources: []\nreport_at: {said}\n", "feeds.yaml").report_at == since_monday


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("report_at: Monday 7", "feeds.yaml:2: report_at: must be a day and a time such as 'Mon 07:00'"),
        ("report_at: Mon 24:00", "feeds.yaml:2: report_at: must be a day and a time"),
        ("coding: {weekly: 5}", "feeds.yaml:2: coding.weekly: input should be greater than or equal to 10"),
        ("coding: {daily: 20}", "coding.daily: is not a key that is known here"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_key(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"sources: []\n{text}\n", "feeds.yaml")
    assert problem in str(caught.value)
