"""``ser app``: an exported recipe over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.predict import Engine
from pipeline.errors import spoken


def app(
    model: Annotated[
        str | None,
        typer.Option(help="An export's name or folder; by default the only one in exports/."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 for other machines too.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.")] = 8000,
    engine: Annotated[
        Engine | None,
        typer.Option(help="What the networks answer with; by default onnx where it was exported."),
    ] = None,
    megabytes: Annotated[float, typer.Option(help="Of a request, at most.")] = 20.0,
    seconds: Annotated[float, typer.Option(help="Of a recording, at most.")] = 300.0,
    per_minute: Annotated[
        int, typer.Option(help="Recordings that an address may send in a minute.")
    ] = 120,
) -> None:
    """Answer over HTTP: POST a recording to /predict; /docs tells the rest.

    Ends on Ctrl-C or SIGTERM once the requests that are being answered are done.

    Example: ser app --model demo --port 8000
    """
    with spoken():
        import uvicorn

        from pipeline.serving import find
        from pipeline.serving.service import Limits, create

        folder = find.package(model)
        limits = Limits(megabytes=megabytes, seconds=seconds, per_minute=per_minute)
        made = create(folder, engine.value if engine else None, limits)
        typer.echo(f"{folder} at http://{host}:{port}, interface: http://{host}:{port}/docs")
        uvicorn.run(made, host=host, port=port, log_level="warning", timeout_graceful_shutdown=30)
