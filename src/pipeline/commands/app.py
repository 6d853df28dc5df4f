"""``ser app``: an exported recipe over HTTP, and a page."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.people import SERVED, Database, Folder
from pipeline.commands.predict import Engine
from pipeline.core.errors import exit_on_error


def app(
    model: Annotated[
        str | None,
        typer.Option(
            help="An export's name or folder; by default the one an admin chose, "
            "else the only one in exports/."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 for other machines too.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.")] = 8000,
    engine: Annotated[
        Engine | None,
        typer.Option(help="Runtime of the networks; by default onnx where it was exported."),
    ] = None,
    megabytes: Annotated[float, typer.Option(help="Of a request, at most.")] = 20.0,
    seconds: Annotated[float, typer.Option(help="Of a recording, at most.")] = 300.0,
    per_minute: Annotated[
        int, typer.Option(help="Recordings that an address may send to /predict in a minute.")
    ] = 120,
    store: Folder = SERVED,
    database: Database = None,
    keep_days: Annotated[
        float, typer.Option(help="Days after which recordings are deleted.")
    ] = 30.0,
    keep_megabytes: Annotated[
        float, typer.Option(help="Of recordings that each account may store.")
    ] = 200.0,
    sign_up: Annotated[
        bool, typer.Option(help="Whether visitors may make accounts; see also: ser people add.")
    ] = True,
    page: Annotated[
        bool, typer.Option(help="Whether there is a page, or the interface alone.")
    ] = True,
) -> None:
    """Serve a model: a page at /, an interface for programs at /predict.

    Ends on Ctrl-C or SIGTERM once the requests under way are done. Behind a proxy with TLS,
    set FORWARDED_ALLOW_IPS to the proxy's address, so that cookies are sent over TLS alone
    and limits count the clients behind it.

    Examples:
      ser app --model demo --port 8000
      ser app --database postgresql+psycopg://ser@db/ser --keep-days 7 --no-sign-up
      ser app --no-page
    """
    with exit_on_error():
        import uvicorn

        from pipeline.package import find
        from pipeline.package.package import Runtime
        from pipeline.serving.limits import Limits
        from pipeline.serving.service import Service
        from pipeline.serving.web import create

        limits = Limits(megabytes=megabytes, seconds=seconds, per_minute=per_minute)
        runtime: Runtime | None = engine.value if engine else None
        if page:
            from pipeline.serving.site.site import Site, Terms, first_package
            from pipeline.serving.site.store import Store

            # Without a model, no store is made.
            if model or not find.names():
                find.package(model)
            opened = Store(store, database, keep_days)
            opened.serve()
            service = Service(first_package(opened, model), runtime, limits, opened.scratch)
            terms = Terms(sign_up=sign_up, megabytes=keep_megabytes)
            application = create(service, Site(service, opened, terms))
        else:
            service = Service(find.package(model), runtime, limits)
            application = create(service)
        url = f"http://{host}:{port}"
        typer.echo(f"{service.model.folder} at {url}, interface: {url}/docs")
        uvicorn.run(
            application, host=host, port=port, log_level="warning", timeout_graceful_shutdown=30
        )
