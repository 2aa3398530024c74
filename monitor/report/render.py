"""The report as documents: page, plain text, table of shares, charts and mail."""

import csv
import io
import textwrap
from base64 import b64encode
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from monitor.report.anatomy import Anatomy, lay_out
from monitor.report.charts import Chart, draw_charts
from monitor.report.data import Report, ReportData
from monitor.report.mail import write_mail

TEXT_WIDTH = 72
CSV_COLUMNS = ("week", "group", "frame", "n", "hits", "share", "low", "high", "corrected", "model")


def weekly_report(data: ReportData) -> Report:
    """Return all documents of one week's report, each named after the week; the page comes first.

    The same data give the same bytes, given the same versions of the libraries that draw and set them.
    """
    anatomy = lay_out(data)
    charts = draw_charts(data, anatomy)
    week = anatomy.week
    pictures = {
        f"{week}-{chart.id}.{ending}": content
        for chart in charts
        for ending, content in (("svg", chart.svg.encode()), ("png", chart.png))
    }
    files = [f"{week}.csv", *pictures]
    text = text_document(anatomy, files)
    mail = write_mail(data, anatomy, text, mail_document(anatomy, charts), charts)
    return Report(
        name=week,
        files={
            f"{week}.html": html_document(anatomy, charts, files).encode(),
            f"{week}.txt": text.encode(),
            f"{week}.csv": share_table(data).encode(),
            f"{week}.eml": mail,
            **pictures,
        },
    )


def html_document(anatomy: Anatomy, charts: Sequence[Chart], files: Sequence[str]) -> str:
    """Return the page, which holds its style and charts and loads nothing from elsewhere."""
    template = environment().get_template("report.html.j2")
    return template.render(a=anatomy, charts={chart.id: chart for chart in charts}, files=files)


def mail_document(anatomy: Anatomy, charts: Sequence[Chart]) -> str:
    """Return the shorter page that is mailed; its charts are ``cid:`` references by their id."""
    return environment().get_template("mail.html.j2").render(a=anatomy, charts={c.id: c for c in charts})


def text_document(anatomy: Anatomy, files: Sequence[str]) -> str:
    """Return plain text of 72 columns, save for web addresses."""
    return environment().get_template("report.txt.j2").render(a=anatomy, files=files)


def share_table(data: ReportData) -> str:
    """Return every weekly share as CSV; shares are 0 to 1, and empty where a week has no item."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for p in data.findings.shares:
        figures = ["" if value is None else f"{value:.6f}" for value in (p.share, p.low, p.high)]
        corrected = str(p.corrected).lower()
        writer.writerow([p.week, p.group, p.frame, p.n, p.hits, *figures, corrected, data.model])
    return table.getvalue()


@cache
def environment() -> Environment:
    """Return the templates; whatever goes into HTML is escaped, whatever goes into text is not."""
    made = Environment(
        loader=PackageLoader("monitor.report"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"wrapped": wrapped, "svg_uri": svg_uri, "trail": trail_path, "column": column}
    return made


def wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """Return the text folded to the width of plain text; a word that is longer stays whole."""
    return textwrap.fill(
        text,
        TEXT_WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def column(text: str, width: int) -> str:
    """Return the text cut or padded to a width."""
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)


def svg_uri(svg: str) -> str:
    """Return the chart as a data URI."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def trail_path(trail: Sequence[float | None], width: float, height: float) -> str:
    """Return the path of a sparkline; weeks without a share are gaps, and its own highest share is the top.

    A share that stands alone between gaps is drawn as a point.
    """
    top = max((share for share in trail if share is not None), default=0.0) or 1.0
    step = width / max(len(trail) - 1, 1)
    path: list[str] = []
    pen = "M"
    for index, share in enumerate(trail):
        if share is None:
            pen = "M"
            continue
        path.append(f"{pen}{index * step:.1f} {height - share / top * height:.1f}")
        path += ["h0.1"] if pen == "M" else []
        pen = "L"
    return "".join(path)
