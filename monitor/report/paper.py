"""The report for print: a PDF set by Typst from the same blocks and charts, tagged for screen readers.

Only fonts that the compiler brings along are used, so that every machine sets the same pages.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import cast

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.report.charts import PRINT_FONT, Chart
from monitor.report.document import Document
from monitor.report.plain import unbroken

STANDARD = "ua-1"
"""PDF/UA-1 (ISO 14289-1): headings, tables and descriptions of pictures are marked as such."""


def paper_document(document: Document, charts: Sequence[Chart], made_at: datetime) -> bytes:
    """Return the PDF; the same document gives the same bytes."""
    import typst

    sources = {f"{chart.id}.svg": chart.print_svg.encode() for chart in charts}
    sources["main.typ"] = paper_source(document, charts).encode()
    # The stub of the package does not know yet that files may be given as a mapping.
    pdf = typst.compile(  # type: ignore[call-overload]
        sources,
        format="pdf",
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),  # as PDF has it
        pdf_standards=STANDARD,
    )
    return cast(bytes, pdf)


def paper_source(document: Document, charts: Sequence[Chart]) -> str:
    """Return the Typst source; whatever was written by others stands in it as a quoted string."""
    template = _environment().get_template("report.typ.j2")
    return template.render(d=document, charts={chart.id: chart for chart in charts}, font=PRINT_FONT)


def typst_string(text: object) -> str:
    """Return a text as a Typst string literal, in which nothing is markup."""
    line = re.sub(r"\s", " ", unbroken(str(text)))
    escaped = line.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@cache
def _environment() -> Environment:
    made = Environment(  # noqa: S701 - no HTML; every text passes typst_string
        loader=PackageLoader("monitor.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["s"] = typst_string
    return made
