"""``ser config``: the checked content of all params.yaml files."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from pipeline.commands.common import AsJson
from pipeline.core.errors import exit_on_error

app = typer.Typer(no_args_is_help=True, help="The checked content of all params.yaml files.")


@app.command("show")
def show(
    recipe: Annotated[
        str | None, typer.Argument(help="A recipe; the whole configuration if absent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the configuration; fails when anything in it is wrong.

    Example: ser config show demo
    """
    import yaml

    from pipeline.stages import params

    with exit_on_error():
        checked = params.read()
        data = params.resolve(checked, recipe) if recipe else params.plain(checked)
    if as_json:
        typer.echo(json.dumps(data, indent=2))
    else:
        typer.echo(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), nl=False)
