"""``ser paper``: folders of papers and studies."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.core.errors import exit_on_error

app = typer.Typer(no_args_is_help=True, help="Folders of papers and studies.")


@app.callback()
def main() -> None:
    """Folders of papers and studies."""


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Of the folder, such as smith-2024.")],
    title: Annotated[str | None, typer.Option(help="Of the paper.")] = None,
    study: Annotated[bool, typer.Option(help="A question of your own, under studies/.")] = False,
) -> None:
    """Lay out a folder to fill in: README.md, params.yaml and the stages.

    Example: ser paper new smith-2024 --title "A CNN for emotions"
    """
    from pipeline.graph.folder import new_folder

    with exit_on_error():
        folder = new_folder(name, "studies" if study else "papers", title)
    typer.echo(f"{folder}: fill in README.md and params.yaml, then run: ser run {name}")


@app.command("refresh")
def refresh() -> None:
    """Copy stages/recipes.yaml to every folder, after it was changed.

    Example: ser paper refresh
    """
    from pipeline.graph import folder

    with exit_on_error():
        written = folder.refresh()
    for path in written:
        typer.echo(f"{path}: renewed")
    if not written:
        typer.echo("nothing to do")
