"""Charts drawn from their specifications: still ones as SVG and PNG, live ones for the page; no network."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from struct import pack, unpack_from
from typing import Any
from zlib import compress, crc32, decompress

from monitor.report.palette import DARK, LIGHT, Palette, parameters
from monitor.report.rows import Plot, Row, datasets
from monitor.report.specs import HOVER, NARROW, explorer_spec, outlets_spec, shares_spec, volume_spec

FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
PRINT_FONT = "Libertinus Serif"
"""The face of the PDF, which its compiler brings along."""
WIDE = 650
PNG_SCALE = 2.0
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

PADDING = {"left": 4, "right": 10, "top": 4, "bottom": 4}
CONFIG = {
    "font": FONT,
    "aria": False,  # its labels would tell dates in the time zone of the machine; the page has alt texts
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "labelColor": {"expr": "soft"},
        "labelFontSize": 11,
        "gridColor": {"expr": "hair"},
        "title": None,
    },
    "axisX": {
        "grid": False,
        "ticks": True,
        "tickColor": {"expr": "hair"},
        "labelPadding": 4,
        "labelFlush": False,
    },
    "axisY": {"labelPadding": 6},
    "title": {
        "anchor": "start",
        "font": FONT,
        "color": {"expr": "ink"},
        "fontSize": 13,
        "offset": 8,
        "frame": "group",
    },
}

Spec = dict[str, Any]
Build = Callable[[Plot, int], Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of a report, described for those who cannot see it."""

    id: str
    title: str
    alt: str
    wide: Spec = field(repr=False)
    """As Vega-Lite, without rows and colours; so is ``narrow``, for phones and mail."""
    narrow: Spec = field(repr=False)
    svg: str = ""
    """Still pictures by day; empty where a chart is only for the live page."""
    narrow_svg: str = ""

    @property
    def interactive(self) -> bool:
        """Whether a still picture of it would not say more than the others."""
        return not self.svg

    @property
    def print_svg(self) -> str:
        """The chart in the type of the PDF."""
        return self.svg.replace(FONT, PRINT_FONT)

    def png(self) -> bytes:
        """Return the narrow chart as a picture for mail, two pixels a point."""
        import vl_convert

        return packed_png(vl_convert.svg_to_png(self.narrow_svg, scale=PNG_SCALE))


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of a report and the rows that they are drawn from."""

    charts: Sequence[Chart] = ()
    datasets: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def still(self) -> Sequence[Chart]:
        """Those that are drawn in every form."""
        return [chart for chart in self.charts if not chart.interactive]

    @property
    def by_id(self) -> Mapping[str, Chart]:
        """The charts by their ids."""
        return {chart.id: chart for chart in self.charts}


def make_charts(plot: Plot, alts: Mapping[str, str]) -> Charts:
    """Return the charts of a report; none where no week has any item.

    Args:
        alts: what each chart shows, in words, by its id; one without an entry is left out.
    """
    if not any(items for week, items in plot.data.findings.weekly_relevant if week >= plot.first):
        return Charts()
    rows = datasets(plot)
    return Charts(list(_charts(plot, alts, rows)), rows)


def _charts(plot: Plot, alts: Mapping[str, str], rows: Mapping[str, Sequence[Row]]) -> Iterator[Chart]:
    builds: Sequence[tuple[str, str, Build, bool]] = [
        ("shares", "Shares of the core frames", shares_spec, bool(plot.core)),
        ("volume", "Volume by frame", volume_spec, True),
        ("outlets", "Outlet by frame", outlets_spec, bool(rows["outlets"])),
        ("explorer", "Every frame, week by week", explorer_spec, True),
    ]
    for id_, title, build, wanted in builds:
        if wanted and id_ in alts:
            wide, narrow = (_styled(build(plot, width)) for width in (WIDE, NARROW))
            still = ("", "") if build is explorer_spec else (_svg(wide, rows), _svg(narrow, rows))
            yield Chart(id_, title, alts[id_], wide, narrow, *still)


def _styled(chart: Any) -> Spec:
    """Return the chart in the report's type, its colours as parameters that a palette fills."""
    spec: Spec = chart.to_dict(validate=False)  # nothing of it comes from outside; checking costs a second
    return {**spec, "background": {"expr": "paper"}, "padding": PADDING, "config": CONFIG}


def coloured(spec: Spec, palette: Palette) -> Spec:
    """Return the chart with the palette as its parameters."""
    return {**spec, "params": [*parameters(palette), *spec.get("params", ())]}


def stilled(spec: Any) -> Any:
    """Return the chart without the layers that only answer a pointer."""
    if isinstance(spec, list):
        return [stilled(one) for one in spec if not _answers_pointer(one)]
    if isinstance(spec, dict):
        return {key: stilled(one) for key, one in spec.items()}
    return spec


def _answers_pointer(layer: Any) -> bool:
    return isinstance(layer, dict) and str(layer.get("name", "")).startswith(HOVER)


def _svg(spec: Spec, rows: Mapping[str, Sequence[Row]]) -> str:
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(coloured(stilled(spec), LIGHT) | {"datasets": rows})
    return svg


@cache
def chart_library() -> str:
    """Return the JavaScript that draws live charts, Vega and Vega-Lite, as one script without imports."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def dark_colours() -> Sequence[Mapping[str, str]]:
    """Return the parameters that turn a live chart dark."""
    return parameters(DARK)


def packed_png(png: bytes) -> bytes:
    """Return the same picture in at most half the bytes, as mail wants it; the renderer packs in haste."""
    chunks, position = [], len(PNG_SIGNATURE)
    while position < len(png):
        (length,) = unpack_from(">I", png, position)
        chunks.append((png[position + 4 : position + 8], png[position + 8 : position + 8 + length]))
        position += length + 12
    pixels = decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    kept = [(kind, body) for kind, body in chunks if kind == b"IHDR"]
    packed = [*kept, (b"IDAT", compress(pixels, 9)), (b"IEND", b"")]
    return PNG_SIGNATURE + b"".join(
        pack(">I", len(body)) + kind + body + pack(">I", crc32(kind + body)) for kind, body in packed
    )
