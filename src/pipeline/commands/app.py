"""``ser app``: an exported recipe over HTTP, and a page for people."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.people import SERVED, Database, Store
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
        typer.Option(help="What the networks answer with; by default onnx where it was exported."),
    ] = None,
    megabytes: Annotated[float, typer.Option(help="Of a request, at most.")] = 20.0,
    seconds: Annotated[float, typer.Option(help="Of a recording, at most.")] = 300.0,
    per_minute: Annotated[
        int, typer.Option(help="Recordings that an address may send to /predict in a minute.")
    ] = 120,
    store: Store = SERVED,
    database: Database = None,
    keep_days: Annotated[
        float, typer.Option(help="Days after which people's recordings are deleted.")
    ] = 30.0,
    keep_megabytes: Annotated[
        float, typer.Option(help="Of recordings that each person may keep.")
    ] = 200.0,
    sign_up: Annotated[
        bool, typer.Option(help="Whether anybody may make an account; see also: ser people add.")
    ] = True,
    page: Annotated[bool, typer.Option(help="Whether there is a page for people.")] = True,
) -> None:
    """Serve a model: a page for people at /, an interface for programs at /predict.

    Ends on Ctrl-C or SIGTERM once the requests that are being answered are done. Behind a proxy
    that speaks TLS, set FORWARDED_ALLOW_IPS to the proxy's address, so that cookies are kept to
    TLS and limits count the people behind it.

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
        chosen: Runtime | None = engine.value if engine else None
        if page:
            from pipeline.serving.site.site import Site, Terms
            from pipeline.serving.site.site import chosen as begin
            from pipeline.serving.site.store import Store as Kept

            # Without a model there is nothing to keep for anybody.
            if model or not find.names():
                find.package(model)
            kept = Kept(store, database, keep_days)
            kept.serve()
            service = Service(begin(kept, model), chosen, limits, kept.scratch)
            terms = Terms(sign_up=sign_up, megabytes=keep_megabytes)
            made = create(service, Site(service, kept, terms))
        else:
            service = Service(find.package(model), chosen, limits)
            made = create(service)
        url = f"http://{host}:{port}"
        typer.echo(f"{service.model.folder} at {url}, interface: {url}/docs")
        uvicorn.run(made, host=host, port=port, log_level="warning", timeout_graceful_shutdown=30)
