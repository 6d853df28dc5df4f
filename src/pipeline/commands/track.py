"""``ser track``: MLflow's store beside DVC's outputs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.core.errors import exit_on_error

track = typer.Typer(no_args_is_help=True, help="Runs in MLflow, rebuilt from DVC's outputs.")


@track.callback()
def _group() -> None:
    """Runs in MLflow, rebuilt from DVC's outputs."""


@track.command("sync")
def sync(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object instead of lines.")
    ] = False,
) -> None:
    """Record in MLflow the outputs on disk that its store lacks; a second run does nothing.

    Example: ser track sync
    """
    from pipeline import tracking

    with exit_on_error():
        done = tracking.sync(Path())
    if as_json:
        counts = {recipe: dataclasses.asdict(item) for recipe, item in done.items()}
        typer.echo(json.dumps({"recorded": counts}, indent=2))
        return
    for recipe, item in done.items():
        if item:
            typer.echo(f"{recipe}: {item} recorded")
    if not any(done.values()):
        typer.echo("nothing to do")


@track.command("ui")
def ui(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where to listen.", min=1, max=65535)] = 5000,
) -> None:
    """Open MLflow's page on the heads compared, a table per dataset; nothing is sent anywhere.

    Example: ser track ui --port 5001
    """
    from pipeline.tracking import database, page

    with exit_on_error():
        if page.is_server():
            server = database.address().uri
        else:
            page.check_free(host, port)
            server = f"http://{host}:{port}"
        found = page.addresses(server)
        typer.echo("heads side by side:" if found else f"nothing is recorded yet; page: {server}")
        for dataset, address in found.items():
            typer.echo(f"  {dataset:<10} {address}")
        if not page.is_server():
            page.serve(host, port)
