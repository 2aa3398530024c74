import re
from dataclasses import replace
from html.parser import HTMLParser

from monitor.report.anatomy import alts, lay_out, plot_of
from monitor.report.charts import Charts, make_charts, packed_png, stilled
from monitor.report.data import Report, ReportData
from monitor.report.plain import TEXT_WIDTH
from monitor.report.render import page_document, text_document, write_report
from monitor.report.rows import datasets
from monitor.report.specs import shares_spec
from monitor.report.wording import SAMPLE_NOTICE
from monitor.types import WeekCount
from tests.report.conftest import IDS, WEEK, a_story, an_event, monthly_data, report_data

CHARTS = ("shares", "volume", "outlets")


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
        self.loaded += [tag] if tag in ("iframe", "object", "embed") else []
        self.undescribed += tag == "img" and not values.get("alt")


def page(report: Report) -> str:
    return report.files[f"{report.name}.html"].decode()


def undrawn_page(data: ReportData) -> str:
    return page_document(lay_out(data), Charts(), [])


def drawn(data: ReportData) -> Charts:
    return make_charts(plot_of(data), alts(data))


def test_a_report_is_a_page_a_text_tables_a_mail_a_pdf_and_its_charts(full_report: Report) -> None:
    assert full_report.name == "2026-W46"
    assert list(full_report.files) == [
        "2026-W46.html",
        "2026-W46.txt",
        "2026-W46.csv",
        "2026-W46-figures.csv",
        "2026-W46.eml",
        "2026-W46.pdf",
        *(f"2026-W46-{chart}.{ending}" for ending in ("svg", "png") for chart in CHARTS),
    ]


def test_the_same_data_give_the_same_bytes(full_data: ReportData, full_report: Report) -> None:
    assert write_report(full_data) == full_report


def test_the_parts_stand_in_the_order_in_which_a_reader_needs_them(full_data: ReportData) -> None:
    assert [part.id for part in lay_out(full_data).parts] == [
        "figures",
        "shares",
        "volume",
        "outlets",
        "stories",
        "positive",
        "adults",
        "events",
        "frames",
        "checks",
        "method",
        "contest",
    ]


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


def test_every_chart_has_a_description_a_table_and_an_interactive_form(full_report: Report) -> None:
    html = page(full_report)
    for chart in CHARTS:
        figure = html.split(f'data-chart="{chart}"')[1].split("</section>")[0]
        assert re.search(r'<img src="data:image/svg\+xml;base64,[^"]+" alt="[^"]{60,}"', figure)
        assert "<table" in figure
        assert f'"{chart}":{{"narrow":' in html


def test_no_chart_tells_a_date_in_the_time_zone_of_the_machine(full_report: Report) -> None:
    labels = re.findall(r'aria-label="([^"]*)"', full_report.files["2026-W46-shares.svg"].decode())
    assert [label for label in labels if "date" in label] == []


def test_a_still_picture_has_no_layer_that_only_answers_a_pointer(full_data: ReportData) -> None:
    spec = shares_spec(plot_of(full_data), 300).to_dict()
    assert "hover_incompetent" in str(spec)
    assert "hover_incompetent" not in str(stilled(spec))
    assert "tooltip" in str(spec)


def test_every_event_known_to_the_day_is_marked_on_the_charts(full_data: ReportData) -> None:
    rows = datasets(plot_of(full_data))["events"]
    assert [row["event"] for row in rows] == ["Saltby inquiry reports (England)"]
    text = text_document(lay_out(full_data))
    assert "(1) 10 Nov 2026: Saltby inquiry reports" in text


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
    charts = drawn(report_data(counts))
    assert charts.datasets["now"] == []
    assert "Positive" in charts.charts[0].svg


def test_the_charts_themselves_refer_to_nothing_outside(full_report: Report) -> None:
    for name in CHARTS:
        svg = full_report.files[f"2026-W46-{name}.svg"].decode()
        links = [link for link in re.findall(r'(?:href|src)="([^"]*)"', svg) if not link.startswith("#")]
        assert links == []
        assert full_report.files[f"2026-W46-{name}.png"].startswith(b"\x89PNG")


def test_text_of_others_is_escaped_in_every_form() -> None:
    story = a_story(
        title="<script>alert(1)</script> & more",
        evidence='<img src="https://evil.example/x.png" onerror="x()"> #panic("typst") \\ "',
        outlet="A & <b>",
        url='https://news.example/"onmouseover="x()',
    )
    data = report_data(stories=[story])
    outlets = [replace(point, group="</script><script>alert(2)") for point in data.outlets]
    report = write_report(replace(data, outlets=outlets))
    html = page(report)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html
    assert '<img src="https' not in html
    assert 'onmouseover="' not in html
    assert "A &amp; &lt;b&gt;" in html
    assert report.files["2026-W46.pdf"].startswith(b"%PDF-")


def test_an_address_that_is_no_web_page_does_not_become_a_link() -> None:
    html = undrawn_page(report_data(stories=[a_story(url="javascript:alert(1)")]))
    assert "javascript:" not in html
    assert "Council missed nine calls" in html


def test_plain_text_is_not_escaped() -> None:
    text = text_document(lay_out(report_data(stories=[a_story(title="Fish & <chips>")])))
    assert "Fish & <chips>" in text


def test_plain_text_keeps_to_72_columns_save_for_addresses(full_report: Report) -> None:
    lines = full_report.files["2026-W46.txt"].decode().splitlines()
    assert [line for line in lines if len(line) > TEXT_WIDTH and "://" not in line] == []


def test_plain_text_says_all_that_the_page_says(full_data: ReportData) -> None:
    document, text = lay_out(full_data), " ".join(text_document(lay_out(full_data)).split())
    for part in document.parts:
        assert part.heading.upper() in text
        for block in part.blocks:
            if block.kind == "table":
                for row in block.rows:
                    assert all(cell in text for cell in row)


def test_every_published_share_of_a_frame_stands_beside_its_n(full_data: ReportData) -> None:
    frames = next(part for part in lay_out(full_data).parts if part.id == "frames")
    table = frames.blocks[0]
    assert table.kind == "table"
    assert len(table.rows) == len(IDS)
    for row in table.rows:
        assert re.fullmatch(r"<?\d+% \(\d+–\d+\) of \d+", row[1])
        assert re.fullmatch(r"<?\d+% of [\d,]+", row[2])
        assert re.fullmatch(r"<?\d+% of [\d,]+", row[4])


def test_every_core_share_has_its_interval_and_n_and_is_marked_uncorrected(full_report: Report) -> None:
    text = re.sub(r"\s+", " ", full_report.files["2026-W46.txt"].decode())
    figures = text.split("KEY FIGURES")[1].split("HOW THE CORE")[0]
    assert len(re.findall(r": \d+%, [a-z ]+ 95% interval \d+–\d+%, n = 65, uncorrected", figures)) == 3


def test_a_week_without_relevant_items_says_so_and_draws_no_share() -> None:
    report = write_report(report_data([WeekCount(WEEK, "national", 80, 0, 0, 0, 0, {})], stories=()))
    html = page(report)
    assert "No item of coverage about social work was found this week." in html
    assert "Nothing is drawn" in html
    assert "<img" not in html
    assert not [name for name in report.files if name.endswith((".svg", ".png"))]
    assert re.findall(r"\d+%(?= of)", report.files["2026-W46.txt"].decode()) == []


def test_a_single_week_can_be_drawn() -> None:
    week = WeekCount(WEEK, "national", 80, 30, 4, 20, 6, {"positive": 9})
    assert "30%" in drawn(report_data([week], events=())).charts[0].svg


def test_a_sample_says_that_its_outlets_places_and_people_are_invented() -> None:
    data = report_data(sample=True)
    assert SAMPLE_NOTICE in undrawn_page(data)
    assert "SAMPLE." in text_document(lay_out(data))
    assert SAMPLE_NOTICE not in undrawn_page(report_data())


def test_the_page_has_one_first_heading_and_table_heads_that_say_what_they_head(full_report: Report) -> None:
    html = page(full_report)
    html = html[: html.index("<script")]
    assert html.count("<h1") == 1
    assert html.count("<table") == html.count("<caption")
    assert all('scope="' in head for head in re.findall(r"<th[^e][^>]*>", html))


def test_notes_of_the_user_stand_beside_the_method() -> None:
    assert "Trade titles are left out." in undrawn_page(report_data(notes=["Trade titles are left out."]))


def test_events_too_close_to_number_singly_share_one_mark() -> None:
    days = ("2026-09-01", "2026-09-10", "2026-09-20")
    data = report_data(events=[an_event(f"E{day}", day, "An event") for day in days])
    assert [row["text"] for row in datasets(plot_of(data))["numbers"]] == ["1–3"]


def test_a_packed_picture_is_smaller_and_stays_the_same_when_packed_again(full_report: Report) -> None:
    png = full_report.files["2026-W46-shares.png"]
    assert packed_png(png) == png


def test_a_month_is_reported_by_the_same_parts_over_all_its_weeks() -> None:
    data = monthly_data()
    document = lay_out(data)
    assert document.name == "2026-11"
    assert [part.id for part in document.parts] == [part.id for part in lay_out(report_data()).parts]
    n = sum(items or 0 for week, items in data.findings.weekly_relevant if week >= WEEK.plus(-3))
    assert f"of {n}" in document.sentences[0]
    assert "this month" in document.sentences[0]
