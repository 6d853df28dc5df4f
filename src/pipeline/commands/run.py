"""``ser run``: stages and recipes, by the names that people use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.core.errors import exit_on_error

if TYPE_CHECKING:
    from pipeline.graph.plan import Step


def run(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Recipes (demo), stages (index@ravdess), papers or studies (ijraset); "
            "the main pipeline if absent."
        ),
    ] = None,
    force: Annotated[bool, typer.Option(help="Run stages whose inputs did not change.")] = False,
    dry: Annotated[
        bool, typer.Option(help="Only say what would run; works on a bare clone.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Every paper and every study: dvc repro --all-pipelines.")
    ] = False,
) -> None:
    """Run stages with DVC, and go on where a killed run stopped.

    The same as dvc repro, which works as well. This one finds the folder that a recipe lies
    in, checks all parameters before anything runs, and clears away what a killed run left.

    Example: ser run demo
    """
    from pipeline.graph.plan import plan
    from pipeline.graph.run import run_stages
    from pipeline.stages import params

    with exit_on_error():
        params.read()
        if dry:
            _print([step for step in plan(targets or [], every=every) if step.runs or force])
            return
        flags = [*(["--force"] if force else []), *(["--all-pipelines"] if every else [])]
        raise SystemExit(run_stages(targets or [], flags, notify=typer.echo))


def _print(steps: Sequence[Step]) -> None:
    for step in steps:
        typer.echo(f"{step.stage}: {step.description}")
    typer.echo(f"{len(steps)} stages would run" if steps else "nothing to do")
