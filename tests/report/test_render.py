import csv
import io
import re
from html.parser import HTMLParser

import pytest

from monitor.report.anatomy import lay_out
from monitor.report.charts import draw_charts, packed_png
from monitor.report.data import Report, ReportData
from monitor.report.render import TEXT_WIDTH, html_document, text_document, trail_path, weekly_report
from monitor.report.wording import SAMPLE_NOTICE
from monitor.types import WeekCount
from tests.report.conftest import IDS, WEEK, a_story, an_event, report_data


class References(HTMLParser):
    """Collects what a page would load, and the pictures that have no description."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.undescribed = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.loaded += [values[name] or "" for name in ("src", "srcset", "poster") if name in values]
        self.loaded += [values["href"] or "" for _ in "x" if tag == "link"]
        self.loaded += [tag] if tag in ("script", "iframe", "object", "embed") else []
        self.undescribed += tag == "img" and not values.get("alt")


def page(report: Report) -> str:
    return report.files[f"{report.name}.html"].decode()


def undrawn_page(data: ReportData) -> str:
    return html_document(lay_out(data), [], [])


def test_a_report_is_a_page_a_text_a_table_a_mail_and_its_charts(full_report: Report) -> None:
    assert full_report.name == "2026-W46"
    assert list(full_report.files) == [
        "2026-W46.html",
        "2026-W46.txt",
        "2026-W46.csv",
        "2026-W46.eml",
        "2026-W46-core.svg",
        "2026-W46-core.png",
        "2026-W46-volume.svg",
        "2026-W46-volume.png",
    ]


def test_the_same_data_give_the_same_bytes(full_data: ReportData, full_report: Report) -> None:
    assert weekly_report(full_data) == full_report


def test_the_page_loads_nothing_from_elsewhere(full_report: Report) -> None:
    references = References()
    references.feed(page(full_report))
    assert references.loaded
    assert all(reference.startswith("data:image/") for reference in references.loaded)
    assert references.undescribed == 0
    style = re.findall(r"<style>(.*?)</style>", page(full_report), re.S)
    assert len(style) == 1
    assert "url(" not in style[0]
    assert "@import" not in style[0]


def test_no_chart_tells_a_date_in_the_time_zone_of_the_machine(full_report: Report) -> None:
    labels = re.findall(r'aria-label="([^"]*)"', full_report.files["2026-W46-core.svg"].decode())
    assert [label for label in labels if "date" in label] == []


def test_a_quiet_week_after_others_is_drawn_without_a_share_of_its_own() -> None:
    counts = [
        WeekCount(
            WEEK.plus(-back),
            "national",
            80,
            30 * bool(back),
            0,
            30 * bool(back),
            0,
            {"positive": 9 * bool(back)},
        )
        for back in range(20)
    ]
    data = report_data(counts)
    svg = draw_charts(data, lay_out(data))[0].svg
    assert "no items" not in svg
    assert "Skilled, caring, life-changing" in svg


def test_the_charts_themselves_refer_to_nothing_outside(full_report: Report) -> None:
    for name in ("core", "volume"):
        svg = full_report.files[f"2026-W46-{name}.svg"].decode()
        links = [link for link in re.findall(r'(?:href|src)="([^"]*)"', svg) if not link.startswith("#")]
        assert links == []
        assert full_report.files[f"2026-W46-{name}.png"].startswith(b"\x89PNG")


def test_text_in_stories_is_escaped() -> None:
    story = a_story(
        title="<script>alert(1)</script> & more",
        evidence='<img src="https://evil.example/x.png" onerror="x()">',
        outlet="A & <b>",
        url='https://news.example/"onmouseover="x()',
    )
    html = undrawn_page(report_data(stories=[story]))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html
    assert "<img" not in html
    assert 'onmouseover="' not in html
    assert "A &amp; &lt;b&gt;" in html


def test_an_address_that_is_no_web_page_does_not_become_a_link() -> None:
    html = undrawn_page(report_data(stories=[a_story(url="javascript:alert(1)")]))
    assert "javascript:" not in html
    assert "Council missed nine calls" in html


def test_plain_text_is_not_escaped() -> None:
    text = text_document(lay_out(report_data(stories=[a_story(title="Fish & <chips>")])), [])
    assert "Fish & <chips>" in text


def test_plain_text_keeps_to_72_columns_save_for_addresses(full_report: Report) -> None:
    lines = full_report.files["2026-W46.txt"].decode().splitlines()
    assert [line for line in lines if len(line) > TEXT_WIDTH and "://" not in line] == []


def test_every_published_share_stands_beside_its_n(full_report: Report) -> None:
    text = full_report.files["2026-W46.txt"].decode()
    frames = text.split("ALL FRAMES")[1].split("BY KIND")[0]
    assert len(re.findall(r"\d+% of [\d,]+ +\d+% of [\d,]+ ", frames)) == len(IDS)
    core = text.split("THE CORE FRAMES")[1].split("STORIES")[0]
    assert re.findall(r"\d+%(?! of [\d,]+| interval)", re.sub(r"interval \d+–\d+%", "interval", core)) == []


def test_every_core_share_is_marked_uncorrected(full_report: Report) -> None:
    text = re.sub(r"\s+", " ", full_report.files["2026-W46.txt"].decode())
    assert len(re.findall(r": \d+% of \d+, 95% interval \d+–\d+% \(uncorrected\)", text)) == 3
    assert page(full_report).count("n = 65 · uncorrected") == 3


def test_a_week_without_relevant_items_says_so_and_draws_no_share() -> None:
    report = weekly_report(report_data([WeekCount(WEEK, "national", 80, 0, 0, 0, 0, {})], stories=()))
    html = page(report)
    assert "No item about social work was found this week." in html
    assert "nothing is drawn" in html
    assert "<img" not in html
    assert "<circle" not in html
    assert not [name for name in report.files if name.endswith((".svg", ".png"))]
    assert re.findall(r"\d+%(?= of)", report.files["2026-W46.txt"].decode()) == []


def test_a_single_week_can_be_drawn() -> None:
    week = WeekCount(WEEK, "national", 80, 30, 4, 20, 6, {"positive": 9})
    report = weekly_report(report_data([week], events=()))
    assert "2026-W46-core.svg" in report.files
    assert "30%" in report.files["2026-W46-core.svg"].decode()


def test_the_table_holds_every_week_group_and_frame_with_n_and_interval(
    full_report: Report, full_data: ReportData
) -> None:
    rows = list(csv.DictReader(io.StringIO(full_report.files["2026-W46.csv"].decode())))
    assert len(rows) == len(full_data.findings.shares)
    newest = next(
        r for r in rows if r["week"] == "2026-W46" and r["group"] == "all" and r["frame"] == "positive"
    )
    assert int(newest["hits"]) / int(newest["n"]) == pytest.approx(float(newest["share"]), abs=1e-6)
    assert float(newest["low"]) < float(newest["share"]) < float(newest["high"])
    assert (newest["corrected"], newest["model"]) == ("false", "linear@0f3a9c21")


def test_a_week_without_items_has_an_empty_share_in_the_table() -> None:
    report = weekly_report(report_data([WeekCount(WEEK, "national", 80, 0, 0, 0, 0, {})]))
    row = next(csv.DictReader(io.StringIO(report.files["2026-W46.csv"].decode())))
    assert (row["n"], row["share"], row["low"], row["high"]) == ("0", "", "", "")


def test_a_sample_says_that_its_outlets_places_and_people_are_invented() -> None:
    data = report_data(sample=True)
    assert SAMPLE_NOTICE in undrawn_page(data)
    assert "SAMPLE." in text_document(lay_out(data), [])
    assert SAMPLE_NOTICE not in undrawn_page(report_data())


def test_the_page_has_one_first_heading_and_table_heads_that_say_what_they_head(full_report: Report) -> None:
    html = page(full_report)
    assert html.count("<h1") == 1
    assert html.count("<table") == html.count("<caption")
    assert all('scope="' in head for head in re.findall(r"<th[^e][^>]*>", html))


def test_notes_of_the_user_stand_beside_the_method() -> None:
    assert "Trade titles are left out." in undrawn_page(report_data(notes=["Trade titles are left out."]))


def test_a_sparkline_breaks_where_a_week_has_no_share() -> None:
    assert trail_path([0.5, 1.0, None, 0.5], 30, 10) == "M0.0 5.0h0.1L10.0 0.0M30.0 5.0h0.1"
    assert trail_path([], 30, 10) == ""


def test_events_too_close_to_number_singly_share_one_mark() -> None:
    days = ("2026-09-01", "2026-09-10", "2026-09-20")
    data = report_data(events=[an_event(f"E{day}", day, "An event") for day in days])
    svg = draw_charts(data, lay_out(data))[0].svg
    assert "1–3" in svg


def test_a_packed_picture_is_smaller_and_stays_the_same_when_packed_again(full_report: Report) -> None:
    png = full_report.files["2026-W46-core.png"]
    assert packed_png(png) == png
    assert len(png) < 200_000
