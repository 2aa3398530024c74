"""``monitor gold``: samples for human coding, the codes, and their agreement."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from monitor.cli.common import (
    Shared,
    model_option,
    pass_shared,
    print_json,
    shared_options,
    week_options,
    week_span,
)

if TYPE_CHECKING:
    from monitor.clock import Week
    from monitor.label.accuracy import Proportion
    from monitor.label.reliability import Agreement
    from monitor.label.sampling import Need
    from monitor.pipeline.gold import Form, ModelAgreement, SampleAgreement
    from monitor.store.open import Store
    from monitor.store.samples import Sample
    from monitor.types import SampleKind, StoredModel

ACTIVE = "\0"
"""Stands for the active model, where ``--model`` is given without a name."""


@click.group()
def gold() -> None:
    """Draw samples for people to code, and compare their codes."""


@gold.command()
@click.option("--size", metavar="N", type=click.IntRange(1, 100_000), default=300, show_default=True)
@week_options
@click.option("--seed", metavar="N", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True)
@click.option("--name", metavar="NAME", help="Default: random-1, random-2, ...")
@click.option(
    "--kind",
    type=click.Choice(["random", "uncertain"]),
    default="random",
    show_default=True,
    help="uncertain: the model's close calls, to learn from; never used for estimates.",
)
@click.option("--plan", is_flag=True, help="Draw nothing; say how many codes --half-width needs.")
@click.option(
    "--half-width",
    metavar="POINTS",
    type=click.FloatRange(0, 50, min_open=True),
    default=5.0,
    show_default=True,
    help="With --plan: the wanted 95 % interval, in percentage points either side.",
)
@model_option
@shared_options
@pass_shared
def sample(
    shared: Shared,
    size: int,
    first: "Week | None",
    last: "Week | None",
    seed: int,
    name: str | None,
    kind: str,
    plan: bool,
    half_width: float,
    model: str | None,
) -> None:
    """Draw a stratified random sample of all items.

    Also of those judged irrelevant or not labelled. The chance of every item is recorded. Export the
    sample, let people code it, and import the codes.
    """
    from monitor.clock import utc_now
    from monitor.pipeline.gold import draw_sample, plan_codes

    store, weeks = shared.store(), week_span(first, last)
    if plan:
        needs = plan_codes(store, _model(shared, store, model), half_width / 100, weeks)
        _show_plan(shared, needs, half_width)
        return
    labelled_by = _model_if_any(shared, store, model)
    drawn = draw_sample(
        store,
        labelled_by,
        utc_now,
        size=size,
        weeks=weeks,
        seed=seed,
        name=name,
        kind=cast("SampleKind", kind),
    )
    if shared.json:
        print_json(_sample_json(drawn))
        return
    click.echo(f"{drawn.name}: {sum(drawn.drawn.values()):,} units drawn")
    for stratum, count in drawn.drawn.items():
        click.echo(f"  {stratum:11} {count:5,} of {drawn.items[stratum]:,}")
    click.echo(f"Next: monitor gold export --sample {drawn.name} --out codes.csv")


def _sample_json(drawn: "Sample") -> dict[str, object]:
    return {
        "name": drawn.name,
        "kind": drawn.kind,
        "seed": drawn.seed,
        "model": drawn.model,
        "from": str(drawn.weeks[0]) if drawn.weeks else None,
        "to": str(drawn.weeks[1]) if drawn.weeks else None,
        "drawn_at": drawn.drawn_at,
        "units": sum(drawn.drawn.values()),
        "strata": [
            {
                "stratum": stratum,
                "items": drawn.items[stratum],
                "drawn": count,
                "inclusion": count / drawn.items[stratum] if drawn.kind == "random" else None,
            }
            for stratum, count in drawn.drawn.items()
        ],
    }


def _show_plan(shared: Shared, needs: "list[Need]", half_width: float) -> None:
    from dataclasses import asdict

    if shared.json:
        rows = [
            {
                **asdict(need),
                "half_width": half_width / 100,
                "status": "not_estimable" if need.reason else "ok",
            }
            for need in needs
        ]
        print_json({"half_width": half_width / 100, "frames": rows})
        return
    click.echo(f"Codes for a 95 % interval of ± {half_width:g} points:")
    for need in needs:
        if need.reason:
            click.echo(f"  {need.frame:14} not estimable: {need.reason}")
        else:
            click.echo(
                f"  {need.frame:14} {need.codes:6,} in all, {need.relevant_codes:,} of them on the "
                f"{need.items:,} items judged relevant ({need.coded:,} there are)"
            )


@gold.command()
@click.option("--sample", "name", metavar="NAME", help="Of `monitor gold sample`.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "labelstudio", "jsonl"]),
    default="csv",
    show_default=True,
    help="csv and labelstudio to be coded; jsonl: what the coders agree on, to train and evaluate on.",
)
@click.option("--each-coder", is_flag=True, help="With jsonl: a line for each coder and unit instead.")
@click.option("--coder", metavar="NAME", help="Only what this person has not coded yet.")
@click.option("--with-text", is_flag=True, help="With the article's passages, as context beside the unit.")
@click.option("--config", is_flag=True, help="Write Label Studio's labelling interface instead.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Default: standard output.")
@shared_options
@pass_shared
def export(
    shared: Shared,
    name: str | None,
    form: str,
    each_coder: bool,
    coder: str | None,
    with_text: bool,
    config: bool,
    out: Path | None,
) -> None:
    """Write a sample for coders, without anything a model said.

    Each unit is a title with its summary.
    """
    from monitor.pipeline.gold import tasks_of
    from monitor.pipeline.goldfiles import write_config, write_tasks

    tied: list[str] = []
    if shared.json and out is None and (config or form != "labelstudio"):
        raise click.UsageError("--json needs --out: without it the rows themselves go to standard output")
    if config:
        count = write_config(out, with_passages=with_text)
    elif name is None:
        raise click.UsageError("name the sample with --sample, or ask for the interface with --config")
    elif form == "jsonl":
        count, tied = _write_codes(shared.store(), name, out, each_coder=each_coder)
    else:
        tasks = tasks_of(shared.store(), name, shared.config().text, coder=coder, with_text=with_text)
        count = write_tasks(tasks, cast("Form", form), out, coder or "")
    if out is not None and shared.json:
        left_out = {"left_out": tied} if form == "jsonl" and not config else {}
        print_json({"rows": count, "file": str(out), **left_out})
    elif out is not None:
        click.echo(f"{out}: {count:,} {'lines' if config else 'units'}")


def _write_codes(store: "Store", name: str, out: Path | None, *, each_coder: bool) -> tuple[int, list[str]]:
    """Return how many lines were written, and the units left out since their coders are tied."""
    from monitor.label.settle import settled
    from monitor.pipeline.gold import coded_items_of
    from monitor.pipeline.goldfiles import write_codes

    coded = coded_items_of(store, name)
    if each_coder:
        return write_codes(coded, out, each_coder=True), []
    found = settled(coded)
    if found.tied:
        units = ", ".join(found.tied)
        click.echo(
            f"{len(found.tied)} units left out: their coders are tied on relevance or a frame ({units}); "
            "let another person code them",
            err=True,
        )
    return write_codes(found.coded, out), found.tied


@gold.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--coder", metavar="NAME", default="", help="Who coded all of it, where the file does not say.")
@click.option(
    "--format", "form", type=click.Choice(["csv", "labelstudio"]), help="Default: by the file's name."
)
@shared_options
@pass_shared
def import_(shared: Shared, file: Path, coder: str, form: str | None) -> None:
    """Store the codes of a file that people have filled in.

    Where anything is wrong, all problems are told and nothing is stored.
    """
    from monitor.clock import utc_now
    from monitor.pipeline.gold import import_codes

    done = import_codes(shared.store(), file, utc_now, form=cast("Form | None", form), coder=coder)
    if shared.json:
        print_json({**done.intake.as_json(), "blank": done.blank, "coders": list(done.coders)})
        return
    counts = done.intake
    who = ", ".join(done.coders) or "nobody"
    click.echo(
        f"{file}: {counts.new:,} new codes, {counts.revised:,} changed, {counts.duplicate:,} known already, "
        f"{done.blank:,} units blank; by {who}"
    )


@gold.command()
@click.argument("first_file", metavar="[FIRST", required=False, type=click.Path(path_type=Path))
@click.argument("second_file", metavar="SECOND]", required=False, type=click.Path(path_type=Path))
@click.option("--sample", "name", metavar="NAME", help="Compare the coders of a stored sample.")
@click.option(
    "--model",
    metavar="[NAME]",
    is_flag=False,
    flag_value=ACTIVE,
    help="Compare a model with people, over all random samples; without a name the active one.",
)
@week_options
@shared_options
@pass_shared
def agreement(
    shared: Shared,
    first_file: Path | None,
    second_file: Path | None,
    name: str | None,
    model: str | None,
    first: "Week | None",
    last: "Week | None",
) -> None:
    """Say how far coders agree, or a model with people.

    Of two files of coded items, of a sample, or of all random samples.
    """
    from monitor.pipeline.gold import model_accuracy, stored_agreement

    forms = [second_file is not None, name is not None, model is not None]
    if sum(forms) != 1 or (first_file is None) != (second_file is None):
        raise click.UsageError("give two files, or --sample NAME, or --model")
    if first_file is not None and second_file is not None:
        _show_files(shared, first_file, second_file)
    elif name is not None:
        _show_sample(shared, name, stored_agreement(shared.store(), name))
    else:
        store = shared.store()
        stored = _model(shared, store, None if model == ACTIVE else model)
        _show_accuracy(shared, stored, model_accuracy(store, stored, week_span(first, last)))


def _show_sample(shared: Shared, name: str, found: "SampleAgreement") -> None:
    if shared.json:
        from monitor.label.reliability import agreement_json

        rows = [
            {"first": pair.first, "second": pair.second, "figures": agreement_json(pair.figures)}
            for pair in found.pairs
        ]
        print_json({"sample": name, **_estimable(found.reason), "pairs": rows})
        return
    if found.reason:
        click.echo(f"Not estimable: {found.reason}")
    for pair in found.pairs:
        click.echo(f"{pair.first} and {pair.second}, {pair.figures[0].n:,} units of {name}\n")
        _show_agreement(pair.figures)


def _estimable(reason: str) -> dict[str, str]:
    return {"status": "not_estimable", "reason": reason} if reason else {"status": "ok"}


def _show_files(shared: Shared, first: Path, second: Path) -> None:
    from monitor.label.reliability import agreement_json, read_agreement

    figures = read_agreement(first, second)
    if shared.json:
        print_json(agreement_json(figures))
    else:
        _show_agreement(figures)


def _show_agreement(figures: "list[Agreement]") -> None:
    click.echo(
        f"{'':14} {'first':>6} {'second':>6} {'both':>6} {'alpha':>6}  {'95 %':14} {'pos.':>5} {'AC1':>5}"
    )
    for one in figures:
        alpha = "-" if one.alpha is None else f"{one.alpha:.2f}"
        span = "" if one.low is None or one.high is None else f"{one.low:.2f} to {one.high:.2f}"
        click.echo(
            f"{one.code:14} {one.first:6} {one.second:6} {one.both:6} {alpha:>6}  {span:14} "
            f"{one.positive_agreement:5.2f} {one.ac1:5.2f}"
        )


def _show_accuracy(shared: Shared, model: "StoredModel", found: "ModelAgreement") -> None:
    from dataclasses import asdict

    if shared.json:
        figures = [asdict(one) for one in found.figures]
        print_json({"model": model.version, **_estimable(found.reason), "figures": figures})
        return
    if found.reason:
        click.echo(f"Not estimable: {found.reason}")
        return
    click.echo(f"{model.version} beside people, {found.figures[0].units:,} units of random samples\n")
    click.echo(f"{'':14} {'model':>6} {'people':>6} {'both':>6}  {'precision':22} recall")
    for one in found.figures:
        click.echo(
            f"{one.code:14} {one.said:6} {one.coded:6} {one.both:6}  "
            f"{_proportion(one.precision):22} {_proportion(one.recall)}"
        )


def _proportion(found: "Proportion") -> str:
    if found.share is None or found.low is None or found.high is None:
        return "-"
    return f"{found.share:.2f} [{found.low:.2f}, {found.high:.2f}]"


def _model(shared: Shared, store: "Store", name: str | None) -> "StoredModel":
    from monitor.pipeline.label import active_model, labels_of

    return labels_of(store, name or active_model(store, shared.config()))


def _model_if_any(shared: Shared, store: "Store", name: str | None) -> "StoredModel | None":
    """Return the model whose labels cut the strata; None where the active one has labelled nothing yet."""
    from monitor.errors import UsageError

    try:
        return _model(shared, store, name)
    except UsageError:
        if name is not None:
            raise
        return None
