"""``ser run``: stages and recipes, by the names that people use."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.core.errors import exit_on_error


def run(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Recipes (demo), stages (index@ravdess), papers or studies (ijraset); "
            "the main pipeline if absent."
        ),
    ] = None,
    force: Annotated[bool, typer.Option(help="Run stages whose inputs did not change.")] = False,
    dry: Annotated[bool, typer.Option(help="Only say what would run.")] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Every paper and every study: dvc repro --all-pipelines.")
    ] = False,
) -> None:
    """Run stages with DVC, and go on where a killed run stopped.

    The same as dvc repro, which works as well. This one finds the folder that a recipe lies
    in, checks all parameters before anything runs, and clears away what a killed run left.

    Example: ser run demo
    """
    from pipeline.graph.run import run_stages
    from pipeline.stages import params

    flags = [*(["--force"] if force else []), *(["--dry"] if dry else [])]
    flags += ["--all-pipelines"] if every else []
    with exit_on_error():
        params.read()
        raise SystemExit(run_stages(targets or [], flags, notify=typer.echo))
