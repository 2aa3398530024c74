"""The tables of a report: those beside its charts, and its figures as CSV."""

import csv
import io
from dataclasses import replace

import pytest

from monitor.report.anatomy import alts, lay_out, plot_of
from monitor.report.charts import make_charts
from monitor.report.data import Coding, Report, ReportData
from monitor.report.document import Table
from monitor.report.files import figure_table
from monitor.report.paper import paper_source
from monitor.report.plain import TEXT_WIDTH, crowded, text_table, unbroken
from monitor.report.render import write_report
from monitor.report.rows import Plot, datasets, outlet_rows
from monitor.report.tables import items_table, outlets_tables
from monitor.types import WeekCount
from tests.report.conftest import FRAMES, IDS, WEEK, report_data


def page(report: Report) -> str:
    return report.files[f"{report.name}.html"].decode()


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


def test_every_other_figure_stands_in_a_table_of_its_own(full_report: Report, full_data: ReportData) -> None:
    rows = list(csv.DictReader(io.StringIO(full_report.files["2026-W46-figures.csv"].decode())))
    parts = {row["part"] for row in rows}
    assert parts == {
        *("period", "usual", "tone", "comparison", "outlet_type", "outlet", "checks", "weekly", "pooled")
    }
    shown = {row["frame"]: row for row in rows if row["part"] == "period" and row["measure"] == "share"}
    assert set(shown) == set(IDS)
    comparisons = [row for row in rows if row["measure"].startswith("difference")]
    assert len(comparisons) == len(full_data.findings.comparisons)


def test_tone_volume_sources_and_human_codes_stand_in_the_table_of_figures(full_data: ReportData) -> None:
    coding = Coding(items=250, in_period=12, coders=3, agreement=0.87)
    figures = figures_of(replace(full_data, tone_interval=(-0.5, -0.2), coding=coding))
    findings = full_data.findings
    net, before = figures["tone", "net"], figures["tone", "net, 12 weeks before"]
    assert float(net["value"]) == pytest.approx(findings.tone.net, abs=1e-6)
    assert (net["low"], net["high"], net["n"]) == ("-0.500000", "-0.200000", f"{findings.tone.n}")
    assert float(before["value"]) == pytest.approx(findings.base_tone.net, abs=1e-6)
    assert figures["tone", "negative, 12 weeks before"]["value"] == f"{findings.base_tone.negative}"
    volume = figures["period", "items a week, median of 12 weeks before"]
    assert (float(volume["value"]), volume["low"], volume["high"]) == (58.5, "48", "69")
    assert figures["usual", "net tone"]["low"] != ""
    told = {measure: row["value"] for (part, measure), row in figures.items() if part == "checks"}
    assert told == {
        "sources": "40",
        "sources that answered": "39",
        "sources that failed at every poll": "1",
        "sources not polled": "0",
        "sources that carried nothing new": "1",
        "items coded by people": "250",
        "items coded by people, of the period": "12",
        "coders": "3",
        "agreement of the model with people": "0.870000",
    }


def figures_of(data: ReportData) -> dict[tuple[str, str], dict[str, str]]:
    rows = csv.DictReader(io.StringIO(figure_table(data)))
    return {(row["part"], row["measure"]): row for row in rows}


def test_what_a_change_is_measured_against_stands_beside_it_in_the_table_of_figures(
    full_data: ReportData,
) -> None:
    rows = list(csv.DictReader(io.StringIO(figure_table(full_data))))
    base = {row["frame"]: row for row in rows if row["measure"] == "share of 12 weeks before"}
    assert (base["incompetent"]["n"], round(float(base["incompetent"]["value"]), 2)) == ("708", 0.28)
    assert set(base) == set(IDS)


def test_every_point_of_the_lines_and_bars_stands_in_the_table_of_figures(full_data: ReportData) -> None:
    rows = list(csv.DictReader(io.StringIO(figure_table(full_data))))
    pooled = {(row["week"], row["frame"]): row for row in rows if row["part"] == "pooled"}
    drawn_points = datasets(plot_of(full_data))["pooled"]
    assert len(pooled) == len(drawn_points) == 104 * len(IDS)
    for point in drawn_points:
        row = pooled[point["week"], point["id"]]
        told = [float(row[name]) for name in ("value", "low", "high")]
        assert told == pytest.approx([point["share"], point["low"], point["high"]], abs=1e-4)
    bars = {row["week"]: row["value"] for row in rows if row["part"] == "weekly"}
    assert bars == {str(week): f"{items}" for week, items in full_data.findings.weekly_relevant}


def test_the_list_of_any_frame_says_where_its_figures_are(full_report: Report, full_data: ReportData) -> None:
    assert "2026-W46-figures.csv" in alts(full_data)["explorer"]
    assert "2026-W46-figures.csv" in page(full_report).split('id="explore"')[1].split("</figcaption>")[0]


def test_every_cell_of_the_grid_of_outlets_stands_in_a_table_of_the_page_and_of_print(
    full_data: ReportData, full_report: Report
) -> None:
    cells = {(row["outlet"], row["frame"]): row["range"] for row in outlet_rows(full_data, FRAMES)}
    told = {
        (row[0], frame): cell
        for table in outlets_tables(full_data)
        for row in table.rows
        for frame, cell in zip(table.head[1:], row[1:], strict=True)
    }
    assert told == cells
    captions = [table.caption for table in outlets_tables(full_data)]
    assert len(captions) == 4
    assert all(f"<summary>Table: {caption}" in page(full_report) for caption in captions)
    assert all(caption in paper_source(lay_out(full_data), []) for caption in captions)


def test_the_grid_of_outlets_is_described_with_figures_and_with_what_the_mail_leaves_out(
    full_data: ReportData,
) -> None:
    assert alts(full_data)["outlets"] == (
        "A grid of 5 outlets by 12 frames, each cell the share of the outlet’s items that carry the frame; "
        "in mail, and on narrow screens, the core frames alone. Most items: The National Post (217), Failure "
        "29% (24–36); Over-reach 10% (6–14); Positive 18% (13–23). The tables below it have the figures; in "
        "mail, those of the core frames."
    )


def test_of_other_frames_alone_the_narrow_grid_and_the_mail_show_these() -> None:
    data = replace(report_data(), frames=[frame for frame in FRAMES if frame.id == "blamed"])
    assert "Blame" in make_charts(plot_of(data), alts(data)).by_id["outlets"].narrow_svg
    assert [table.mailed for table in outlets_tables(data)] == [True]
    assert "in mail" not in alts(data)["outlets"]


def test_every_bar_of_the_weeks_stands_in_a_table(full_data: ReportData) -> None:
    plot = plot_of(full_data)
    table = items_table(plot)
    told = [cell for row in table.rows for cell in row[1:]]
    bars = [str(row["items"]) for row in datasets(plot)["items"]]
    assert told == bars[::-1]
    assert len(told) == 52
    assert table.rows[0][0] == "15 Nov 2026"


def test_a_week_that_was_not_read_is_told_so_in_tables(full_data: ReportData) -> None:
    findings = full_data.findings
    weeks = [(week, None if week == WEEK.plus(-1) else n) for week, n in findings.weekly_relevant]
    data = replace(full_data, findings=replace(findings, weekly_relevant=weeks[-6:]))
    plot = Plot(data, WEEK.plus(-5), [])
    assert [row[1:] for row in items_table(plot).rows] == [
        ("65", "not read", "61", "57"),
        ("60", "55", "", ""),
    ]
    row = next(row for row in figure_table(data).splitlines() if row.endswith(",not read,2026-W45"))
    assert row.startswith("weekly,all,,items,,")


def test_a_week_without_items_has_an_empty_share_in_the_table() -> None:
    report = write_report(report_data([WeekCount(WEEK, "national", 80, 0, 0, 0, 0, {})]))
    row = next(csv.DictReader(io.StringIO(report.files["2026-W46.csv"].decode())))
    assert (row["n"], row["share"], row["low"], row["high"]) == ("0", "", "", "")


def test_a_table_too_wide_for_plain_text_is_told_row_by_row() -> None:
    head = ("Frame", "First column of figures", "Second column of figures", "Third")
    row = ("Failure", "31% (24–39) of 143", "22% of 480 in the weeks before", "no clear change")
    lines = text_table(Table("", head, [row, ("Failure " * 12, *row[1:])])).splitlines()
    assert lines[0] == "Failure"
    assert max(map(len, lines)) <= TEXT_WIDTH


def test_a_range_a_date_and_an_n_are_never_broken_over_two_lines() -> None:
    assert unbroken("31% (24–39), as – usual") == "31% (24–\u206039), as – usual"
    assert unbroken("9 Nov 2026") == "9\u00a0Nov\u00a02026"
    assert unbroken("+20 (+8 to +34) of 143") == "+20 (+8\u00a0to\u00a0+34) of\u00a0143"


def test_a_table_is_crowded_where_its_longest_words_leave_a_phone_no_room() -> None:
    assert not crowded(
        Table("", ("Week", "n", "A", "B"), [("9 Nov 2026", "143", "31% (24–39)", "9% (6–13)")])
    )
    assert crowded(
        Table("", ("Frame", "A"), [("Failure", "https://news.example/a/very/long/address/of-a-page")])
    )
