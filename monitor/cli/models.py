"""The command ``models``: list, choose and add."""

from pathlib import Path

import click

from monitor.cli.common import Shared, pass_shared, print_json, shared_options


@click.group(invoke_without_command=True)
@shared_options
@pass_shared
@click.pass_context
def models(context: click.Context, shared: Shared) -> None:
    """List the models; `monitor models use NAME` chooses one."""
    if context.invoked_subcommand is not None:
        return
    from monitor.label.registry import examined, find_models
    from monitor.pipeline.label import active_model

    active = active_model(shared.store_if_any(), shared.config())
    found = sorted(map(examined, find_models().values()), key=lambda model: model.name)
    if shared.json:
        print_json(
            [
                {
                    "name": m.name,
                    "kind": m.kind,
                    "codebook": m.codebook or None,
                    "active": m.name == active,
                    "problem": m.problem,
                }
                for m in found
            ]
        )
        return
    for model in found:
        mark = "*" if model.name == active else " "
        about = model.problem or f"codebook {model.codebook}  {model.path}"
        click.echo(f"{mark} {model.name:20} {model.kind:12} {about}")


@models.command("use")
@click.argument("name")
@shared_options
@pass_shared
def models_use(shared: Shared, name: str) -> None:
    """Make a model the active one.

    It is loaded first, and refused where it could not label. Trends, reports and exports then read its
    labels.
    """
    from monitor.pipeline.label import use_model

    use_model(shared.store(create=True), name)
    if shared.json:
        print_json({"active": name})
    else:
        click.echo(f"{name} is the active model; label what it has not read with: monitor label")


@models.command("add")
@click.argument("name")
@click.argument("base")
@click.option("--revision", metavar="R", help="Of a model on the hub.")
@click.option("--map", "mapped", metavar="LABEL=HEAD", multiple=True, help="What a label of the model means.")
@click.option(
    "--out", metavar="DIR", default="models", show_default=True, type=click.Path(path_type=Path),
    help="The folder of models to write into.",
)  # fmt: skip
@shared_options
@pass_shared
def models_add(
    shared: Shared, name: str, base: str, revision: str | None, mapped: tuple[str, ...], out: Path
) -> None:
    """Use a model of the transformers library.

    It may be one for NLI, which is asked the codebook's hypotheses, or a classifier of frames. BASE is a
    folder, or a name on the Hugging Face hub, which is then downloaded. A model that was added under NAME
    before is replaced; one that was trained is not.
    """
    from monitor.errors import UsageError
    from monitor.label.registry import require_model_name

    require_model_name(name)
    if unpaired := [one for one in mapped if not all(part.strip() for part in one.partition("="))]:
        raise UsageError(f"--map {unpaired[0]}: must be LABEL=HEAD, for instance LABEL_0=incompetent")
    try:
        from monitor.label.adopt import adopt_model
    except ModuleNotFoundError as error:
        remedy = "install torch and social-work-monitor[transformers]"
        raise UsageError(f"models add needs {error.name}; {remedy}") from error
    labels = dict(one.rpartition("=")[::2] for one in mapped)
    manifest = adopt_model(base, out / name, revision=revision, labels=labels)
    if shared.json:
        print_json(manifest)
    else:
        click.echo(f"{out / name}: {manifest['task']}, {len(manifest['frames'])} frames; uncalibrated")
