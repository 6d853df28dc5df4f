"""``ser reproduce``: run a recipe and hold it to what is recorded of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pipeline.core.errors import exit_on_error

if TYPE_CHECKING:
    from pipeline.audit.reproduction import Reproduction


def reproduce(
    recipe: Annotated[str, typer.Argument(help="A recipe of params.yaml, such as demo.")],
    pull: Annotated[
        bool, typer.Option(help="Take what the DVC remote has, and run only the rest.")
    ] = False,
    summary: Annotated[
        Path | None, typer.Option(help="Write a page in Markdown, with the confusion matrix.")
    ] = None,
) -> None:
    """Run a recipe; fail where a figure leaves the interval that git records.

    The figures are those of the head that stands for the recipe, and of the heads that
    published figures belong to. Nothing recorded is no failure: the figures are the first.

    Example: ser reproduce demo --summary demo.md
    """
    from pipeline.audit import reproduction
    from pipeline.audit.figures import read_published
    from pipeline.graph.run import run_stages
    from pipeline.stages import params

    with exit_on_error():
        params.resolve(params.read(), recipe)
        before = reproduction.recorded(recipe)
        flags = ["--pull", "--allow-missing"] if pull else []
        if status := run_stages([recipe], flags, notify=typer.echo):
            raise SystemExit(status)
        made = reproduction.compare(recipe, before, read_published())
        if summary:
            reproduction.write_summary(made, summary)
        _print(made)
        made.require()


def _print(made: Reproduction) -> None:
    from pipeline.reports.pages import between, percent

    console = Console()
    console.print(f"[bold]{made.recipe}[/bold]: {made.found['title']}; {made.found['label']}")
    if not made.lines:
        keep = f"git add dvc.lock reports/recipes/{made.recipe}"
        console.print(f"nothing is recorded of it yet; record these figures with: {keep}")
        console.print(f"see them with: ser report show {made.recipe}")
        return
    table = Table(box=SIMPLE, pad_edge=False)
    for name in ("head", "figure", "recorded", "interval", "here", ""):
        table.add_column(name, no_wrap=True)
    for line in made.lines:
        table.add_row(
            line.head,
            line.figure,
            percent(line.recorded.mean),
            between(line.recorded),
            percent(line.here.mean),
            "[green]inside[/green]" if line.holds else "[red]outside[/red]",
        )
    console.print(table)
