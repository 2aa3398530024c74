import re
import zlib
from dataclasses import replace

from monitor.report.anatomy import lay_out
from monitor.report.data import Report
from monitor.report.document import Part, Table
from monitor.report.paper import paper_source, typst_string
from tests.report.conftest import a_story, report_data


def test_the_pdf_is_tagged_for_screen_readers_and_brings_its_fonts(full_report: Report) -> None:
    pdf = full_report.files["2026-W46.pdf"]
    objects = pdf + b"".join(
        zlib.decompressobj().decompress(stream)
        for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)
        if stream[:1] == b"x"
    )
    assert b"/StructTreeRoot" in objects
    assert b"/Lang" in objects
    assert b"LibertinusSerif" in objects
    assert b"/FontFile" in objects
    assert b"pdfuaid" in objects


def test_the_pdf_has_more_than_one_page_and_stays_small_enough_to_mail(full_report: Report) -> None:
    assert 50_000 < len(full_report.files["2026-W46.pdf"]) < 2_000_000


def test_what_others_wrote_cannot_become_markup() -> None:
    assert typst_string('#panic("x") \\ \n *b*') == '"#panic(\\"x\\") \\\\   *b*"'
    source = paper_source(lay_out(report_data(stories=[a_story(title='"); #panic("no')])), [])
    assert '"\\"); #panic(\\"no"' in source


def test_a_table_whose_rows_have_long_heads_stays_on_the_page() -> None:
    long = Table(
        "Long.", ("Indicator", "Figure"), [("Vacancy rate, children’s social workers, England", "9 %")]
    )
    short = Table("Short.", ("Frame", "Items"), [("Failure", "9")])
    document = lay_out(report_data())
    sources = [
        paper_source(replace(document, parts=[Part("one", "One", [table])]), []) for table in (long, short)
    ]
    assert ["columns: (1.6fr, 1fr, )" in source for source in sources] == [True, False]
    assert "columns: (auto, 1fr, )" in sources[1]
