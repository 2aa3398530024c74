import re
import zlib

from monitor.report.anatomy import lay_out
from monitor.report.data import Report
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
