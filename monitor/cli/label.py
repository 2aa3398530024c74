"""``monitor label``, ``relabel``, ``classify``, ``evaluate`` and ``train``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from monitor.cli.common import (
    Shared,
    model_option,
    pass_shared,
    print_json,
    progress,
    shared_options,
    week_options,
    week_span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from monitor.clock import Week
    from monitor.pipeline.label import Labelled, Relabelled

EPOCHS = 5
CHUNK = 1 << 20
"""Bytes of standard input that are taken at once."""


@click.command()
@model_option
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="At most so many items.")
@shared_options
@pass_shared
def label(shared: Shared, model: str | None, limit: int | None) -> None:
    """Label what the model has not read."""
    from monitor.clock import utc_now
    from monitor.label.registry import load_classifier
    from monitor.pipeline.label import active_model, run_label

    config, store = shared.config(), shared.store()
    classifier = load_classifier(model or active_model(store, config))
    with progress("labelling") as show:
        run = run_label(store, classifier, utc_now, limit=limit, say=show)
    if shared.json:
        print_json(_run_json(run))
    else:
        click.echo(_run_words(run))


def _run_json(run: "Labelled") -> dict[str, object]:
    return {
        "model": run.model.version,
        "labelled": run.labelled,
        "left": run.left,
        "seconds": round(run.seconds, 3),
    }


def _run_words(run: "Labelled") -> str:
    left = f"; {run.left:,} left" if run.left else ""
    return f"{run.labelled:,} items labelled by {run.model.version} in {run.seconds:.1f} s{left}"


@click.command()
@click.option("--model", metavar="NAME", required=True, help="The other model.")
@week_options
@shared_options
@pass_shared
def relabel(shared: Shared, model: str, first: "Week | None", last: "Week | None") -> None:
    """Label again with another model, then show what changed.

    Nothing is overwritten: the labels of the active model stay, and stay active.
    """
    from monitor.clock import utc_now
    from monitor.label.registry import load_classifier
    from monitor.pipeline.label import active_model, run_relabel

    config, store = shared.config(), shared.store()
    classifier = load_classifier(model)
    before = active_model(store, config)
    weeks = week_span(first, last)
    with progress("labelling") as show:
        result = run_relabel(store, classifier, before, utc_now, weeks=weeks, say=show)
    if shared.json:
        print_json(_relabel_json(result))
        return
    click.echo(_run_words(result.run))
    if result.before is None:
        click.echo("No other model has labelled these items: there is nothing to compare with.")
        return
    click.echo(f"\n{'':14} {'before':>8} {'after':>8} {'both':>8}   before: {result.before.version}")
    for change in result.changes:
        click.echo(f"{change.about:14} {change.old:8,} {change.new:8,} {change.both:8,}")


def _relabel_json(result: "Relabelled") -> dict[str, object]:
    changes = [
        {"about": one.about, "compared": one.compared, "before": one.old, "after": one.new, "both": one.both}
        for one in result.changes
    ]
    before = result.before.version if result.before else None
    return {**_run_json(result.run), "before": before, "changes": changes}


@click.command()
@model_option
@shared_options
@pass_shared
def classify(shared: Shared, model: str | None) -> None:
    """Judge JSON lines from standard input.

    Needs no database; where there is one, the model that was chosen in it is used. Each line is {"id",
    "title", "text"}; each answer is one line, in the same order.
    """
    import json
    import sys

    from monitor.label.apply import classify_lines
    from monitor.label.codebook import load_codebook
    from monitor.label.registry import load_classifier
    from monitor.pipeline.label import active_model

    classifier = load_classifier(model or active_model(shared.store_if_any(), shared.config()))
    codebook, number = load_codebook().version, 1
    for lines in _arriving(cast("BufferedReader", sys.stdin.buffer)):
        for answer in classify_lines(lines, classifier, codebook, first=number):
            click.echo(json.dumps(answer, ensure_ascii=False))
        number += len(lines)


def _arriving(stdin: "BufferedReader") -> "Iterator[list[str]]":
    """Yield the lines that have come, as soon as there are any: who writes them may wait for an answer."""
    begun = bytearray()
    while chunk := stdin.read1(CHUNK):
        begun += chunk
        if b"\n" in chunk:
            *lines, rest = bytes(begun).split(b"\n")
            begun = bytearray(rest)
            yield [line.decode("utf-8", "replace") for line in lines]
    if begun:
        yield [begun.decode("utf-8", "replace")]


@click.command()
@click.argument("gold", type=click.Path(path_type=Path))
@model_option
@click.option(
    "--seed", metavar="N", type=click.IntRange(min=0), default=1, show_default=True, help="Of the bootstrap."
)
@shared_options
@pass_shared
def evaluate(shared: Shared, gold: Path, model: str | None, seed: int) -> None:
    """Score a model against coded items.

    GOLD holds JSON lines, as `monitor gold export --format jsonl` writes them or as in docs/labels.md.
    """
    from monitor.label.corpus import read_coded
    from monitor.label.evaluate import evaluate as score
    from monitor.label.registry import load_classifier
    from monitor.pipeline.label import active_model

    coded = read_coded(gold)
    classifier = load_classifier(model or active_model(shared.store_if_any(), shared.config()))
    result = score(coded, classifier, seed)
    if shared.json:
        print_json(result)
        return
    click.echo(f"{result['n']} items, {classifier.version}\n")
    for line in _figure_lines(result):
        click.echo(line)


def _figure_lines(result: "dict[str, Any]") -> "Iterator[str]":
    yield f"{'':14} {'precision':>9} {'recall':>7} {'F1':>6} {'AP':>6} {'alpha':>6} {'n':>5}"
    for frame, figures in result["frames"].items():
        cells = (figures[key] for key in ("precision", "recall", "f1", "average_precision", "alpha"))
        p, r, f, ap, alpha = ("-" if cell is None else f"{cell:.2f}" for cell in cells)
        yield f"{frame:14} {p:>9} {r:>7} {f:>6} {ap:>6} {alpha:>6} {figures['support']:5}"
    for name, figure in (
        ("macro F1", result["macro"]["f1"]),
        ("core F1", result["core"]["f1"]),
        ("micro F1", result["micro"]["f1"]),
        ("relevance F1", result["relevance"]["f1"]),
        ("tone macro F1", result["tone"]["macro_f1"]),
        ("calibration error", result["ece"]),
    ):
        yield f"{name:24} {'-' if figure is None else f'{figure:.3f}'}"
    if result["not_scored"]:
        names = ", ".join(f"{frame} ({number})" for frame, number in result["not_scored"].items())
        yield f"not scored, since the model does not know them (items coded so): {names}"
    yield "\nexact agreement (relevance and all frames) of the surest"
    for point in result["coverage"]:
        yield f"{point['coverage']:>24.0%} {point['exact']:.3f} {point['n']:5}"


@click.command()
@click.argument("corpus", required=False, type=click.Path(path_type=Path))
@click.option(
    "--base", metavar="ENCODER", help="Fine-tune this encoder: a folder, or a name on the Hugging Face hub."
)
@click.option(
    "--base-name", metavar="NAME", help="With --base: what the card calls it; by default the folder's name."
)
@click.option(
    "--with-corpus",
    is_flag=True,
    help="Learn from the shipped corpus besides: the usual way with codes of your own.",
)
@click.option(
    "--name", metavar="NAME", help="The folder under models/ to write; by default linear, needed with --base."
)
@click.option(
    "--out", metavar="DIR", default="models", show_default=True, type=click.Path(path_type=Path),
    help="The folder of models to write into.",
)  # fmt: skip
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(0, 2**32 - 1),
    default=1,
    show_default=True,
    help="Another draw.",
)
@click.option(
    "--epochs",
    metavar="N",
    type=click.IntRange(min=1),
    default=EPOCHS,
    show_default=True,
    help="With --base: how often to read all passages, at most.",
)
@click.option(
    "--set-floors", "floors", is_flag=True, help="Then set the lowest scores that make check accepts."
)
@shared_options
@pass_shared
def train(
    shared: Shared,
    corpus: Path | None,
    base: str | None,
    base_name: str | None,
    with_corpus: bool,
    name: str | None,
    out: Path,
    seed: int,
    epochs: int,
    floors: bool,
) -> None:
    """Fit a model on the coded passages of a folder, or of one file.

    By default those of models/corpus, and without --base the linear model. Writes the model's folder with
    its card and its figures on authors left out.
    """
    from monitor.label.corpus import evaluation_files, read_corpus, training_files
    from monitor.label.modelfolder import require_place
    from monitor.label.registry import require_model_name, shipped_models

    if base and not name:
        raise click.UsageError("--base needs --name: how the new model is to be called")
    require_model_name(name := name or "linear")
    shipped = shipped_models() / "corpus"
    place = corpus or shipped
    if floors and not evaluation_files(place):
        raise click.UsageError(f"--set-floors needs eval-*.jsonl in {place}, to measure on")
    require_place(out / name)
    if base:
        from monitor.label.finetune import require_base

        require_base(base)  # before a large corpus is read
    coded = read_corpus(place).training
    if with_corpus and place.resolve() != shipped.resolve():
        coded += read_corpus(shipped).training
    files = tuple(path.name for path in training_files(place))
    if base:
        from monitor.label.finetune import Recipe, train_encoder

        recipe = Recipe(base, seed, epochs, base_name or "", files)
        figures = train_encoder(coded, recipe, folder=out / name, say=lambda line: click.echo(line, err=True))
    else:
        from monitor.label.train import train_linear

        figures = train_linear(coded, seed=seed, folder=out / name, files=files)
    if floors:
        _set_floors(out / name, place, figures, seed)
    if shared.json:
        print_json(figures)
    else:
        click.echo(f"{out / name}: trained on {len(coded):,} passages; the figures stand in its README.md")


def _set_floors(folder: Path, corpus: Path, figures: "dict[str, Any]", seed: int) -> None:
    from monitor.config.file import DEFAULT_MODEL
    from monitor.label.corpus import read_corpus
    from monitor.label.gate import read_articles, set_floors
    from monitor.label.measured import add_evaluation

    add_evaluation(folder, corpus, seed)
    kept, articles = read_corpus(corpus).evaluation, read_articles(corpus / "articles")
    set_floors(folder, figures, kept, seed, articles, default=folder.name == DEFAULT_MODEL)
