"""``ser export``: a recipe as a folder that can be served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipeline.core.errors import exit_on_error
from pipeline.core.layout import Layout


def export(
    recipe: Annotated[str, typer.Argument(help="A recipe that was run, such as demo.")],
    head: Annotated[
        str | None,
        typer.Option(help="One of its heads; by default the one that validation chose."),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The folder to make; by default exports/RECIPE.")
    ] = None,
    prune: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Write a variant too, without this share of the smallest weights.",
        ),
    ] = None,
    hub_folder: Annotated[
        Path | None,
        typer.Option("--hub", help="Write it in the layout of the Hugging Face Hub too, here."),
    ] = None,
    push: Annotated[
        str | None,
        typer.Option(help="Upload that layout to this repository of the Hub, as OWNER/NAME."),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody see a repository that --push makes.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object instead of a table.")
    ] = False,
) -> None:
    """Write a recipe's networks and head with ONNX graphs, and a model card.

    The folder is a model for `ser predict --model`: each network as an ONNX graph, whole and
    with 8-bit integers, what each variant costs in UAR, and model_card.md. A recipe without a
    network has its heads alone.

    The layout of the Hub has the model card as README.md, with the figures as metadata. An
    upload needs huggingface_hub and a token in HF_TOKEN.

    Examples:
      ser export demo
      ser export demo --hub hub/demo --push somebody/demo
    """
    with exit_on_error():
        from pipeline.evaluation.results import headline, read_metrics
        from pipeline.package import hub
        from pipeline.package.export import export as write
        from pipeline.package.package import CARD

        chosen = head or headline(read_metrics(recipe))
        folder = to or Layout().exports / recipe
        _check(hub_folder, push)
        found = write(recipe, chosen, folder, prune=prune)
        if hub_folder:
            hub.write(folder, hub_folder)
        address = hub.push(hub_folder, push, public=public) if hub_folder and push else None
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("runtime", "UAR", "calibration error", "calibrated", "largest difference", "MB")
    for runtime, item in found["runtimes"].items():
        table.add_row(
            runtime,
            f"{100 * item['uar']:.2f}",
            f"{100 * item['calibration_error']:.1f}",
            f"{100 * item['calibrated_error']:.1f}",
            f"{item['largest_difference']:.1e}",
            f"{item['bytes'] / 1e6:.2f}",
        )
    Console().print(table)
    typer.echo(f"{chosen} of {recipe}: {folder}; card: {folder / CARD}")
    if hub_folder:
        typer.echo(f"for the Hub: {hub_folder}" + (f"; uploaded to {address}" if address else ""))


def _check(hub_folder: Path | None, push: str | None) -> None:
    """Stop before a long export at what would stop it in the end."""
    from pipeline.core.errors import PackageError
    from pipeline.package import hub
    from pipeline.package.export import check_target

    if push and hub_folder is None:
        raise PackageError("--push uploads the layout of the Hub; name its folder with --hub")
    if hub_folder:
        check_target(hub_folder)
    if push:
        hub.check_push(push)
