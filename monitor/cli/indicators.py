"""``monitor indicators``."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from monitor.cli.common import Shared, model_option, pass_shared, print_json, shared_options

if TYPE_CHECKING:
    from monitor.findings import Indicator
    from monitor.pipeline.indicators import Beside


@click.command()
@click.argument("ids", metavar="[SERIES]...", nargs=-1)
@click.option("--beside", "frame", metavar="FRAME", help="Correlate this frame's monthly share with them.")
@model_option
@shared_options
@pass_shared
def indicators(shared: Shared, ids: tuple[str, ...], frame: str | None, model: str | None) -> None:
    """List published figures, each with its source.

    They are of the workforce, care applications and public opinion.
    """
    from monitor.config.indicators import chosen_indicators
    from monitor.pipeline.indicators import METHOD, beside_json, correlate, indicator_json
    from monitor.pipeline.label import active_model, labels_of

    found = chosen_indicators(ids)
    beside: list[Beside] = []
    if frame is not None:
        store = shared.store()
        stored = labels_of(store, model or active_model(store, shared.config()))
        beside = correlate(store, stored, frame, found)
    if shared.json:
        print_json(
            {
                "method": METHOD,
                "indicators": [indicator_json(one) for one in found],
                "beside": [beside_json(one) for one in beside],
            }
        )
        return
    for line in _beside_lines(beside) if beside else _lines(found):
        click.echo(line)


def _lines(found: "list[Indicator]") -> Iterator[str]:
    for one in found:
        segment = f" ({one.segment})" if one.segment else ""
        yield f"{one.series}: {one.label}, {one.unit}, {one.geography}{segment}"
        for point in one.points:
            yield f"    {point.period:12} {point.value:>10,.10g}  {point.source}"


def _beside_lines(beside: "list[Beside]") -> Iterator[str]:
    for one in beside:
        yield f"{one.frame} and {one.indicator.series} ({one.indicator.segment}), by months of lag."
        yield one.caveat
        for lag in one.correlations:
            if lag.r is None or lag.low is None or lag.high is None:
                yield f"    {lag.lag:+3} not estimable: {lag.reason}"
            else:
                yield f"    {lag.lag:+3} r {lag.r:+.2f} [{lag.low:+.2f}, {lag.high:+.2f}] of {lag.n} months"
