import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.collect.archives.files import read_file, suggested_source_id
from monitor.collect.feeds import MAX_ENTRIES
from monitor.errors import InputError, UsageError
from monitor.types import Item, Outlet, Rejected
from tests.collect.samples import NOW, OUTLET, SOURCE, an_entry, items, reasons, rss

CSV = "date,title\n12/11/2008,Inquiry opens\n13/11/2008,Inquiry hears from manager\n"


class Import:
    """One run over a file, with the warnings that it gave."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.warnings: list[str] = []
        self._values = read_file(path, source=SOURCE, seen_at=NOW, warn=self.warnings.append, **options)
        self.results: list[Item | Rejected] = []

    def __iter__(self) -> Iterator[Item | Rejected]:
        for value in self._values:
            self.results.append(value)
            yield value

    def run(self) -> "Import":
        list(self)
        return self

    @property
    def titles(self) -> list[str]:
        return [item.title for item in items(self.results)]

    @property
    def reasons(self) -> list[str]:
        return reasons(self.results)


def written(folder: Path, content: str | bytes, name: str = "sample.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def imported(folder: Path, content: str | bytes, name: str = "sample.csv", **options: Any) -> Import:
    return Import(written(folder, content, name), **options).run()


def test_a_csv_is_read_by_the_common_names_of_its_columns(tmp_path: Path) -> None:
    content = (
        "id,headline,pubDate,link,description,newspaper\n"
        '7,"Social worker, 34, praised",2008-11-12 09:30,'
        "https://echo.example/7?utm_source=x,<p>Short</p>,The Post\n"
    )
    (item,) = items(imported(tmp_path, content).results)
    assert item.published.at == datetime(2008, 11, 12, 9, 30, tzinfo=UTC)
    assert item.published.source == "file"
    assert (item.title, item.url, item.guid, item.summary) == (
        "Social worker, 34, praised",
        "https://echo.example/7",
        "7",
        "Short",
    )
    assert item.outlet == Outlet("The Post")


def test_named_columns_go_before_guessed_ones_and_text_fills_the_text(tmp_path: Path) -> None:
    content = "date,when,title,story\n1999-01-01,12/11/2008,Inquiry opens,<p>All of it</p>\n"
    (item,) = items(imported(tmp_path, content, columns={"date": "when", "text": "STORY"}).results)
    assert item.published.at.year == 2008
    assert (item.text, item.outlet) == ("All of it", OUTLET)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"headline": "title"}, "no field 'headline'; there are: date, title"),
        ({"title": "Titel"}, "no column 'Titel'; there are: date, title"),
    ],
)
def test_a_field_or_column_that_does_not_exist_is_named_with_those_that_do(
    tmp_path: Path, columns: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        imported(tmp_path, CSV, columns=columns)


@pytest.mark.parametrize(("header", "field"), [("date,words", "title"), ("title,day", "date")])
def test_a_file_whose_columns_cannot_be_guessed_asks_for_the_map(
    tmp_path: Path, header: str, field: str
) -> None:
    with pytest.raises(UsageError, match=f"--map {field}=COLUMN; there are: {header.replace(',', ', ')}"):
        imported(tmp_path, f"{header}\na,b\n")


def test_each_bad_row_is_rejected_with_its_reason_and_costs_no_other(tmp_path: Path) -> None:
    rows = [
        ",No date",
        "31/02/2008,No such day",
        "2026-06-04,Ahead of its time",
        "12/11/2008,",
        "12/11/2008,Good,one,too many",
        f"12/11/2008,{'x' * 2001}",
        "12/11/2008,Good story,",
        "",
        "12/11/2008",
    ]
    run = imported(tmp_path, "date,title\n" + "\n".join(rows) + "\n")
    assert run.titles == ["Good story"]
    assert run.reasons == [
        "no-date",
        "bad-date",
        "date-in-future",
        "no-title",
        "bad-row",
        "bad-row",
        "no-title",
    ]
    assert run.results[1] == Rejected("bad-date", "row 2: 31/02/2008")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_recognised(tmp_path: Path, delimiter: str, end: str) -> None:
    run = imported(tmp_path, CSV.replace(",", delimiter).replace("\n", end))
    assert run.titles == ["Inquiry opens", "Inquiry hears from manager"]
    assert run.warnings == []


def test_a_title_may_hold_newlines_quotes_and_nul_bytes(tmp_path: Path) -> None:
    run = imported(tmp_path, 'date,title\n12/11/2008,"Two\nlines, ""quoted""\0"\n')
    assert run.titles == ['Two lines, "quoted"']


def test_a_quote_that_is_left_open_is_warned_of(tmp_path: Path) -> None:
    rows = "".join(f"12/11/2008,Story {number}\n" for number in range(200))
    run = imported(tmp_path, f'date,title\n12/11/2008,"Never closed\n{rows}')
    assert run.reasons == ["bad-row"]
    assert "row 1: a title of" in run.warnings[0]
    assert "is a quote left open?" in run.warnings[0]


def test_a_field_beyond_the_limit_is_a_bad_row_and_costs_none_before_it(tmp_path: Path) -> None:
    line = b"x" * 2**20 + b"\n"
    run = imported(tmp_path, CSV.encode() + b'12/11/2008,"' + line * 17 + b'"\n')
    assert run.titles[:2] == ["Inquiry opens", "Inquiry hears from manager"]
    assert "bad-row" in run.reasons


def test_a_field_may_be_very_large(tmp_path: Path) -> None:
    run = imported(tmp_path, f"date,title,text\n12/11/2008,Long read,{'word ' * 100_000}\n")
    assert len(items(run.results)[0].text) == 499_999


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_understood(tmp_path: Path, encoding: str) -> None:
    run = imported(tmp_path, CSV.replace("opens", "öffnet").encode(encoding))
    assert run.titles[0] == "Inquiry öffnet"
    assert run.warnings == []


def test_lines_that_are_not_utf8_are_read_as_windows_1252_with_one_warning(tmp_path: Path) -> None:
    content = "date,title\n12/11/2008,café\n".encode() + "12/11/2008,£5 café\n12/11/2008,£6\n".encode(
        "cp1252"
    )
    run = imported(tmp_path, content)
    assert run.titles == ["café", "£5 café", "£6"]
    assert [warning.partition(": ")[2] for warning in run.warnings] == [
        "line 3 is not UTF-8; read as Windows-1252"
    ]


def test_a_last_row_without_newline_is_imported_with_a_warning(tmp_path: Path) -> None:
    run = imported(tmp_path, CSV + "14/11/2008,Inquiry is cut sh")
    assert run.titles[-1] == "Inquiry is cut sh"
    assert [warning.partition(": ")[2] for warning in run.warnings] == [
        "no newline at the end; the last row may be cut short: row 3"
    ]


def test_a_date_pattern_and_a_zone_decide_how_dates_are_read(tmp_path: Path) -> None:
    content = "date,title\n11/12/2008 09:30,Inquiry opens\n"
    sydney = ZoneInfo("Australia/Sydney")
    (item,) = items(imported(tmp_path, content, date_pattern="%m/%d/%Y %H:%M", zone=sydney).results)
    assert item.published.at == datetime(2008, 11, 11, 22, 30, tzinfo=UTC)
    with pytest.raises(UsageError, match="date format"):
        imported(tmp_path, content, date_pattern="%d %b")


def test_gzip_is_recognised_by_its_content_whatever_the_name(tmp_path: Path) -> None:
    packed = gzip.compress(CSV.encode())
    for name in ("sample.csv", "sample.csv.gz"):
        assert len(imported(tmp_path, packed, name).titles) == 2
        assert len(imported(tmp_path, CSV, name).titles) == 2


def lines_of(count: int, form: str) -> str:
    if form == "csv":
        return "date,title\n" + "".join(f"12/11/2008,Story {n} {n * 7919 % 1000}\n" for n in range(count))
    if form == "rss":
        noise = Random(7)
        padding = (f"<x>{noise.randbytes(2000).hex()}</x>" for _ in range(count))
        return rss(*(an_entry(n, extra=extra) for n, extra in enumerate(padding)))
    return "".join(json.dumps({"date": "2008-11-12", "title": f"Story {n}"}) + "\n" for n in range(count))


@pytest.mark.parametrize(
    ("form", "count"), [*product(("csv", "jsonl"), (20, 5000)), ("rss", 20), ("rss", 600)]
)
def test_of_a_gzip_that_breaks_off_all_that_can_be_read_is_given_before_the_error(
    tmp_path: Path, form: str, count: int
) -> None:
    packed = gzip.compress(lines_of(count, form).encode())
    whole = imported(tmp_path, packed, f"whole.{form}").results
    run = Import(written(tmp_path, packed[:-10], f"cut.{form}"))
    with pytest.raises(InputError, match=r"cut\.\w+: damaged or cut short after (line|byte) \d+"):
        run.run()
    assert 0 < len(run.results) <= len(whole) == count
    assert run.results == whole[: len(run.results)]
    assert len(run.results) > count * 0.5


def test_json_lines_are_read_with_names_inside_names(tmp_path: Path) -> None:
    rows = [
        {"webTitle": "Inquiry &amp; answers", "webPublicationDate": "2008-11-12T09:30:00Z",
         "webUrl": "https://echo.example/1", "fields": {"trailText": "<b>Short</b>", "bodyText": "Long"}},
        {"webTitle": "Epoch", "webPublicationDate": 1226482200, "source": {"name": "The Post"}},
    ]  # fmt: skip
    run = imported(tmp_path, "\n".join(map(json.dumps, rows)), "sample.jsonl")
    first, second = items(run.results)
    assert (first.title, first.summary, first.text) == ("Inquiry & answers", "Short", "Long")
    assert second.published.at == first.published.at
    assert second.outlet == Outlet("The Post")


def test_lines_that_are_no_json_objects_are_rejected(tmp_path: Path) -> None:
    good = json.dumps({"date": "2008-11-12", "title": "Good"})
    run = imported(tmp_path, f"{good}\n[1]\n\n{{cut\n{'[' * 100_000}\n{good}", "sample.jsonl")
    assert run.titles == ["Good", "Good"]
    assert run.reasons == ["bad-json"] * 3


def test_a_file_of_json_lines_says_which_names_it_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column 'words'; there are: date, title"):
        imported(tmp_path, json.dumps({"date": "", "title": ""}), "a.jsonl", columns={"title": "words"})


def test_a_feed_in_a_file_is_imported_without_limit_and_dated_by_the_file(tmp_path: Path) -> None:
    small = [f"<item><title>{n}</title><pubDate>2008-11-12</pubDate></item>" for n in range(MAX_ENTRIES + 1)]
    large = [an_entry(number, extra=f"<x>{'x' * 600_000}</x>") for number in range(4)]
    run = imported(tmp_path, rss(*large, *small), "sample.xml")
    assert [item.guid for item in items(run.results)[:5]] == ["echo-0", "echo-1", "echo-2", "echo-3", None]
    assert run.titles[-1] == str(MAX_ENTRIES)
    assert len(run.results) == MAX_ENTRIES + 5
    assert {item.published.source for item in items(run.results)} == {"file"}
    assert run.reasons == []


def test_an_entry_of_a_feed_in_a_file_needs_a_date(tmp_path: Path) -> None:
    run = imported(tmp_path, rss(an_entry(1, date=""), an_entry(2, date="soon"), an_entry(3)), "sample.rss")
    assert run.reasons == ["no-date", "bad-date"]
    assert run.titles == ["Council reviews case 3"]


def test_a_json_feed_in_a_file_is_told_from_json_lines(tmp_path: Path) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Echo", "items": [
        {"id": "1", "title": "In a feed", "date_published": "2020-01-01T00:00:00Z"}]}  # fmt: skip
    assert imported(tmp_path, json.dumps(feed), "a.json").titles == ["In a feed"]
    assert imported(tmp_path, '{"date": "2008-11-12", "title": "In a line"}', "a.json").titles == [
        "In a line"
    ]


def test_of_a_json_feed_that_breaks_off_the_entries_before_the_break_are_given(tmp_path: Path) -> None:
    entries = [
        {"id": f"{n}", "title": f"Story {n} {Random(n).randbytes(40).hex()}", "date_published": "2020-01-01"}
        for n in range(50)
    ]
    feed = json.dumps({"version": "https://jsonfeed.org/version/1", "title": "Echo", "items": entries})
    run = Import(written(tmp_path, gzip.compress(feed.encode())[:-200], "a.json.gz"))
    with pytest.raises(InputError, match="damaged or cut short"):
        run.run()
    assert run.titles[0].startswith("Story 0 ")
    assert len(run.titles) > 25


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("sample.doc", CSV, r"give --format csv\|jsonl\|rss"),
        ("sample", CSV, "give --format"),
        ("sample.csv", "", "is empty"),
        ("sample.jsonl", "\n\n", "is empty"),
        ("sample.jsonl", CSV, "no JSON objects; say what it is with --format"),
        ("sample.rss", CSV, "is not XML or JSON"),
        ("sample.rss", "<html></html>", "is an HTML page"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_an_input_error(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        imported(tmp_path, content, name)


def test_a_file_that_cannot_be_opened_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv: cannot be read: No such file"):
        Import(tmp_path / "gone.csv").run()
    with pytest.raises(InputError, match="Is a directory"):
        Import(tmp_path, form="csv").run()


def test_the_format_and_the_map_are_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format 'xlsx'; there are: csv, jsonl, rss"):
        imported(tmp_path, CSV, form="xlsx")
    with pytest.raises(UsageError, match="--map serves csv and jsonl"):
        imported(tmp_path, rss(), "a.rss", columns={"title": "title"})
    assert len(imported(tmp_path, CSV, "sample.data", form="csv").titles) == 2


def test_a_file_without_line_ends_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 16 MB"):
        imported(tmp_path, CSV.encode() + b"x" * (17 * 2**20))


@pytest.mark.parametrize(
    ("name", "outlet", "source_id"),
    [
        ("bbc-rss-2021-2023.csv", None, "file:bbc-rss-2021-2023"),
        ("BBC rss 2021-2023.csv.gz", None, "file:bbc-rss-2021-2023"),
        ("abc.2003.jsonl", None, "file:abc-2003"),
        ("2008.csv", "The Post", "file:the-post-2008"),
        ("Café.rss", None, "file:cafe"),
    ],
)
def test_a_file_meets_its_own_items_again_by_an_id_from_its_name(
    name: str, outlet: str | None, source_id: str
) -> None:
    assert suggested_source_id(Path("/some/folder") / name, outlet) == source_id
    assert suggested_source_id(Path(name), outlet) == source_id
