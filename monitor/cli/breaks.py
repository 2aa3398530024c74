"""``monitor breaks``, ``outbreaks`` and ``visibility``."""

from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    Shared,
    model_option,
    parse_week,
    pass_shared,
    print_json,
    shared_options,
    week_options,
    week_span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.clock import Week
    from monitor.findings import BreakSearch, CandidateBreak, MentionRatio, Outbreak
    from monitor.types import SharePoint


@click.command()
@click.option("--frame", "frames", metavar="F", multiple=True, help="Only this frame; may be repeated.")
@week_options
@model_option
@shared_options
@pass_shared
def breaks(
    shared: Shared, frames: tuple[str, ...], first: "Week | None", last: "Week | None", model: str | None
) -> None:
    """Show weeks from which a frame's share may have changed.

    Candidate breaks: from such a week on the share seems to lie on another level.
    """
    from monitor.pipeline.breaks import METHOD, NOTHING, breaks_json, search_breaks
    from monitor.pipeline.label import active_model, labels_of

    week_span(first, last)
    config, store = shared.config(), shared.store()
    stored = labels_of(store, model or active_model(store, config))
    found = search_breaks(store, config, stored, frames, first, last)
    if shared.json:
        print_json(breaks_json(stored, found))
        return
    click.echo(f"{stored.version}, {found.first} to {found.last}: {METHOD}\n" if found.searches else NOTHING)
    for search in found.searches:
        for line in _search_lines(search):
            click.echo(line)


def _search_lines(search: "BreakSearch") -> "Iterator[str]":
    if search.reason:
        yield f"{search.frame:14} not estimable: {search.reason}"
    elif not search.breaks:
        yield f"{search.frame:14} no candidate in {search.weeks} weeks"
    for found in search.breaks:
        yield f"{search.frame:14} candidate {_break_text(found)}"


def _break_text(found: "CandidateBreak") -> str:
    from monitor.pipeline.breaks import nearness

    near = "".join(f"; {nearness(one)}" for one in found.events)
    return f"{found.week}: {_share_text(found.before)}, then {_share_text(found.after)}{near}"


def _share_text(point: "SharePoint") -> str:
    share, low, high = (100 * (value or 0) for value in (point.share, point.low, point.high))
    return f"{share:.1f} % [{low:.1f}, {high:.1f}] of {point.n:,}"


@click.command()
@click.option("--week", metavar="W", callback=parse_week, help="Default: the last whole week.")
@click.option("--frame", "frames", metavar="F", multiple=True, help="Default: the core frames.")
@model_option
@shared_options
@pass_shared
def outbreaks(shared: Shared, week: "Week | None", frames: tuple[str, ...], model: str | None) -> None:
    """Check whether a week breaks out of the year before.

    In how much coverage there is, and in the share of each frame.
    """
    from monitor.clock import Week, utc_now
    from monitor.pipeline.breaks import OUTBREAK_METHOD, check_week, outbreaks_json
    from monitor.pipeline.label import active_model, labels_of

    config, store = shared.config(), shared.store()
    stored = labels_of(store, model or active_model(store, config))
    week = week or Week.of(utc_now()).plus(-1)
    checks = check_week(store, stored, week, frames)
    if shared.json:
        print_json(outbreaks_json(stored, week, checks))
        return
    click.echo(f"{stored.version}, {week}: {OUTBREAK_METHOD}\n")
    for check in checks:
        click.echo(_outbreak_text(check))
        for story in check.stories:
            click.echo(f"    {story.title} ({story.outlet}; outlets: {story.outlets})")


def _outbreak_text(check: "Outbreak") -> str:
    if check.z is None or check.value is None or check.median is None:
        return f"{check.about:14} not estimable: {check.reason}"
    if check.about == "volume":
        figures = f"{check.value:,.0f} items, median {check.median:,.0f}"
    else:
        figures = f"{100 * check.value:.1f} % of {check.n}, median {100 * check.median:.1f} %"
    return f"{check.about:14} {check.verdict}: {figures} of {check.weeks} weeks, z {check.z:.1f}"


@click.command()
@week_options
@click.option("--by", type=click.Choice(["outlet_type", "nation", "outlet"]), help="A series for each.")
@shared_options
@pass_shared
def visibility(shared: Shared, first: "Week | None", last: "Week | None", by: str | None) -> None:
    """Count mentions of social work beside other professions.

    Teachers, nurses and police, in the same sources.
    """
    from monitor.pipeline.visibility import METHOD, NOTHING, read_visibility, visibility_json

    found = read_visibility(shared.store(), week_span(first, last), by)
    if shared.json:
        print_json(visibility_json(found))
        return
    click.echo(f"{METHOD}\n" if found.weekly else NOTHING)
    for row in (*found.weekly, *found.pooled):
        click.echo(_ratio_text(row, grouped=by is not None))


def _ratio_text(row: "MentionRatio", *, grouped: bool) -> str:
    group = f"{row.group:14} " if grouped else ""
    when = "all weeks" if row.week is None else str(row.week)
    counts = f"{row.mentions:6} to {row.other_mentions:6}"
    if row.ratio is None or row.low is None:
        return f"{when:9} {group}social work to {row.profession:9} {counts}  no ratio"
    high = "no limit" if row.high is None else f"{row.high:.3f}"
    return (
        f"{when:9} {group}social work to {row.profession:9} {counts}  {row.ratio:.3f} [{row.low:.3f}, {high}]"
    )
