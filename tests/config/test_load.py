from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.config.events import all_events, shipped_events
from monitor.config.file import check_address
from monitor.config.load import load_config, mark_checked, parse_config, shipped_feeds
from monitor.errors import ConfigError

GOOD = """\
# a comment that stays
contact: editor@example.org
keep: 24 months
text: none
events:
  - {id: OWN1, date: 2026-03-02, name: Our campaign starts, frames: [positive]}
lists:
  team: {recipients: [someone@example.org], frames: [incompetent]}
sources:
  - id: gazette
    name: Gazette news   # the front page
    outlet: The Gazette
    url: https://gazette.example/rss
    outlet_type: regional
    nation: Wales
    checked: never
  - {id: echo, name: Echo, url: "https://echo.example/feed", outlet_type: trade, nation: UK, enabled: false}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "feeds.yaml")
    return str(caught.value).splitlines()


def test_a_good_file_gives_sources_events_lists_and_how_text_is_kept() -> None:
    config = parse_config(GOOD, "feeds.yaml")

    assert [source.id for source in config.sources] == ["gazette", "echo"]
    assert [source.id for source in config.enabled_sources()] == ["gazette"]
    assert config.sources[0].outlet.name == "The Gazette"
    assert config.sources[1].outlet.name == "Echo"
    assert config.keep == timedelta(days=720)
    assert config.text == "none"
    assert config.lists[0].recipients == ("someone@example.org",)
    assert config.checked == {"gazette": None, "echo": None}


def test_every_problem_is_told_at_once_with_its_line_and_key() -> None:
    text = """\
contact: nobody
colour: red
keep: a while
sources:
  - id: Two Words
    name: Echo
    url: ftp://echo.example
    outlet_type: pamphlet
    nation: Mars
    trusted: maybe
    speed: 3
  - id: gazette
"""
    assert problems(text) == [
        "feeds.yaml:1: contact: must be an e-mail address (it is 'nobody')",
        "feeds.yaml:2: colour: is not a key that is known here",
        "feeds.yaml:3: keep: must be 'forever' or a time such as '24 months' (it is 'a while')",
        "feeds.yaml:5: sources[0].id: must be of lower-case letters, digits, '.', '_' and '-' "
        "(it is 'Two Words')",
        "feeds.yaml:7: sources[0].url: must be an http or https address (it is 'ftp://echo.example')",
        "feeds.yaml:8: sources[0].outlet_type: input should be 'national', 'tabloid', 'broadcaster', "
        "'regional', 'trade', 'agency', 'charity' or 'blog' (it is 'pamphlet')",
        "feeds.yaml:9: sources[0].nation: must be one of UK, England, Scotland, Wales, Northern Ireland "
        "(it is 'Mars')",
        "feeds.yaml:10: sources[0].trusted: input should be a valid boolean (it is 'maybe')",
        "feeds.yaml:11: sources[0].speed: is not a key that is known here",
        "feeds.yaml:12: sources[1].name: is missing",
        "feeds.yaml:12: sources[1].nation: is missing",
        "feeds.yaml:12: sources[1].outlet_type: is missing",
        "feeds.yaml:12: sources[1].url: is missing",
    ]


def test_a_key_that_is_given_twice_is_a_problem_and_not_the_last_one_silently() -> None:
    assert problems(GOOD + "keep: forever\n") == ["feeds.yaml:3: keep is given twice"]


def test_two_sources_of_one_id_are_a_problem() -> None:
    assert problems(GOOD.replace("id: echo", "id: gazette")) == [
        "feeds.yaml:17: sources[1].id: 'gazette' is also that of sources[0]"
    ]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("", "feeds.yaml: holds no keys"),
        ("- 1\n- 2\n", "feeds.yaml: holds no keys"),
        ("sources: [\n", "feeds.yaml:2: not YAML"),
        ("sources: []\ncontact: a\x00b\n", "feeds.yaml:2: not YAML: special characters are not allowed"),
        ("sources: []\nlists:\n  team: 0b_\n", "feeds.yaml:3: not YAML: invalid literal for int()"),
        ("sources: []\nraw: !!python/name:os.system x\n", "feeds.yaml:2: not YAML: could not determine"),
    ],
)
def test_what_is_no_yaml_or_no_mapping_is_told_in_one_line(text: str, start: str) -> None:
    (line,) = problems(text)
    assert line.startswith(start)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]\n",
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{y}: &{y} [{', '.join([f'*{x}'] * 9)}]\n" for x, y in pairwise("abcdefghi")),
        f"a: {'[' * 5000}",
    ],
    ids=["itself", "growing", "deep"],
)
def test_what_holds_itself_or_never_ends_is_told_in_one_line(text: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith("feeds.yaml: ")


def test_a_file_that_cannot_be_read_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.yaml: No such file or directory; check --feeds"):
        load_config(tmp_path / "missing.yaml")
    (tmp_path / "latin.yaml").write_bytes("contact: caf\xe9".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin\.yaml:1: is not UTF-8"):
        load_config(tmp_path / "latin.yaml")


def test_the_shipped_file_is_good_and_claims_no_address_to_be_checked() -> None:
    config = parse_config(shipped_feeds(), "feeds.yaml")

    assert len(config.enabled_sources()) >= 40
    assert set(config.checked.values()) == {None}
    assert {source.outlet.outlet_type.value for source in config.sources} >= {
        "national", "tabloid", "broadcaster", "regional", "trade",
    }  # fmt: skip
    assert {source.outlet.nation for source in config.sources} == {
        "UK", "England", "Scotland", "Wales", "Northern Ireland",
    }  # fmt: skip


def test_recording_a_check_changes_the_date_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(GOOD, "utf-8")

    mark_checked(path, {"gazette": date(2026, 11, 25), "echo": date(2026, 11, 25)})

    assert path.read_text("utf-8") == GOOD.replace("checked: never", "checked: 2026-11-25")
    assert load_config(path).checked["gazette"] == date(2026, 11, 25)


def test_an_own_event_stands_among_the_shipped_ones_by_date() -> None:
    events = all_events(parse_config(GOOD, "feeds.yaml"))

    assert len(events) == len(shipped_events()) + 1
    assert [event.date for event in events] == sorted(event.date for event in events)
    assert next(event for event in events if event.id == "OWN1").verified


def test_an_event_whose_day_is_not_verified_says_so() -> None:
    events = {event.id: event for event in shipped_events()}

    assert (events["E15"].name, events["E15"].date, events["E15"].verified) == (
        "Baby P verdict",
        "2008-11-11",
        True,
    )
    assert not any(event.precision == "day" and not event.date for event in events.values())
    assert events["E02"].precision == "year"
    assert not events["E12"].verified


def test_an_own_event_may_be_known_to_its_month_alone() -> None:
    event = parse_config(GOOD.replace("2026-03-02", "2026-03"), "feeds.yaml").events[0]

    assert (event.date, event.precision, event.verified) == ("2026-03-01", "month", True)


@pytest.mark.parametrize("date", ["2026-13-01", "2026-02-30", "2026-13", "2026", "soon", "'2026-03-02'"])
def test_a_date_that_is_none_is_told_with_its_line_key_and_what_is_asked_for(date: str) -> None:
    given = date.strip("'")
    assert problems(GOOD.replace("2026-03-02", date)) == [
        "feeds.yaml:6: events[0].date: must be a day such as 2026-03-02, or a month such as 2026-03 "
        f"(it is {given!r})"
    ]
    assert problems(GOOD.replace("never", date)) == [
        f"feeds.yaml:16: sources[0].checked: must be a date such as 2026-11-25, or never (it is {given!r})"
    ]


def test_a_value_is_told_as_it_is_written_and_at_the_line_of_its_key() -> None:
    text = """\
sources: []
model: 2026-01-05
keep:
  a while
colours:
  - red
lists:
  team:
    detail: no
"""
    assert problems(text) == [
        "feeds.yaml:2: model: input should be a valid string (it is '2026-01-05')",
        "feeds.yaml:3: keep: must be 'forever' or a time such as '24 months' (it is 'a while')",
        "feeds.yaml:5: colours: is not a key that is known here",
        "feeds.yaml:8: lists.team.recipients: is missing",
        "feeds.yaml:9: lists.team.detail: input should be 'full' or 'brief' (it is 'no')",
    ]


@pytest.mark.parametrize(
    "address",
    [
        'ann"@x.example',
        '"ann@x.example',
        '"a"b"@x.example',
        '"a"b@x.example',
        "a(b)@x.example",
        '"a\\\\"b"@x.example',
    ],
)
def test_an_address_with_loose_quotes_or_a_comment_is_none(address: str) -> None:
    with pytest.raises(ValueError, match="must be an e-mail address"):
        check_address(address)


@pytest.mark.parametrize(
    "address", ['"ann"@x.example', '"a\\"b"@x.example', "o'neil+news@x.example", "é@bücher.example"]
)
def test_an_address_with_a_quoted_name_is_one(address: str) -> None:
    assert check_address(address) == address
