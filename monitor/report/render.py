"""The report as documents: page, mail, plain text, PDF, tables and charts."""

import json
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from monitor.report.anatomy import alts, lay_out, plot_of
from monitor.report.charts import Chart, Charts, chart_library, coloured, dark_colours, make_charts
from monitor.report.data import Report, ReportData
from monitor.report.document import Document
from monitor.report.files import figure_table, share_table
from monitor.report.mail import write_mail
from monitor.report.opening import too_little_observed
from monitor.report.palette import LIGHT
from monitor.report.paper import paper_document
from monitor.report.plain import column, crowded, svg_uri, text_table, unbroken, wrapped

DESCRIPTIONS = {
    "-figures.csv": "every other figure of this report",
    ".csv": "every weekly share, with n and interval",
    ".pdf": "for print",
    ".txt": "as plain text",
    ".svg": "chart",
    ".png": "chart",
}


def write_report(data: ReportData) -> Report:
    """Return all documents of one report, each named after its period; the page comes first.

    The same data give the same bytes, given the same versions of the libraries that draw and set them.
    """
    document = lay_out(data)
    charts = Charts() if too_little_observed(data) else make_charts(plot_of(data), alts(data))
    still, name = charts.still, document.name
    pictures = {f"{name}-{chart.id}.svg": chart.svg.encode() for chart in still}
    pictures |= {f"{name}-{chart.id}.png": chart.png() for chart in still}
    beside = [f"{name}.csv", f"{name}-figures.csv", f"{name}.pdf", f"{name}.txt", *pictures]
    text = text_document(document)
    pngs = {chart.id: pictures[f"{name}-{chart.id}.png"] for chart in still}
    return Report(
        name=name,
        files={
            f"{name}.html": page_document(document, charts, beside).encode(),
            f"{name}.txt": text.encode(),
            f"{name}.csv": share_table(data).encode(),
            f"{name}-figures.csv": figure_table(data).encode(),
            f"{name}.eml": write_mail(data, document, text, mail_document(document, still), pngs),
            f"{name}.pdf": paper_document(document, still, data.generated_at),
            **pictures,
        },
    )


def page_document(document: Document, charts: Charts, files: Sequence[str]) -> str:
    """Return the page, which holds its style, charts and their library, and loads nothing from elsewhere."""
    live = {
        chart.id: {"wide": coloured(chart.wide, LIGHT), "narrow": coloured(chart.narrow, LIGHT)}
        for chart in charts.charts
    }
    return environment().get_template("page.html.j2").render(
        d=document,
        charts=charts.by_id,
        files=[(file, _description(file)) for file in files],
        live=_script_json({"charts": live, "datasets": charts.datasets, "dark": dark_colours()}),
        library=Markup(chart_library()) if charts.charts else "",  # noqa: S704 - not made of any data
    )  # fmt: skip


def mail_document(document: Document, charts: Sequence[Chart]) -> str:
    """Return the page that is mailed; its charts are ``cid:`` references by their id."""
    return (
        environment()
        .get_template("mail.html.j2")
        .render(d=document, charts={chart.id: chart for chart in charts})
    )


def text_document(document: Document) -> str:
    """Return plain text of 72 columns, save for web addresses."""
    return environment().get_template("report.txt.j2").render(d=document)


def _description(file: str) -> str:
    return next(said for ending, said in DESCRIPTIONS.items() if file.endswith(ending))


def _script_json(value: object) -> Markup:
    """Return JSON that no text in it can end the script element of."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))  # noqa: S704


def templates_of(package: str) -> Environment:
    """Return a package's templates; whatever goes into HTML is escaped, whatever goes into text is not."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def environment() -> Environment:
    """Return the reports' templates."""
    made = templates_of("monitor.report")
    made.filters |= {
        "wrapped": wrapped,
        "svg_uri": svg_uri,
        "column": column,
        "text_table": text_table,
        "unbroken": unbroken,
        "crowded": crowded,
    }
    return made
