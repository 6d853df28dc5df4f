"""MLflow's own page over the store, opened on training runs and on the heads compared.

A browser that has not been here before would open MLflow on its other half, for language
models, and on a table without metrics: both are choices that MLflow keeps in the browser
and nowhere else. So the page's first lines make them, once; what a person changes later
stays changed.
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.core.errors import TrackingError
from pipeline.tracking import view
from pipeline.tracking.arrange import arrange, experiments
from pipeline.tracking.database import address, home
from pipeline.tracking.store import connect

if TYPE_CHECKING:
    from fastapi import FastAPI

QUIET: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
"""Nothing is sent anywhere, and no workers for language models are started."""

FIRST_VISIT: Final = {
    "mlflow.workflowType_v1": "machine_learning",
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": True,
    "mlflow.home.getting-started.collapsed_v1": True,
    "mlflow.settings.telemetry.enabled_v1": False,
    "mlflow.telemetry.info.alert.dismissed_v1": True,
}
"""What MLflow keeps in the browser: training runs instead of traces, no assistant that opens
by itself, experiments at the top of the first page, no telemetry and no word about it."""

# Beside each choice stands what was chosen here: another one, of a later version, is made
# again, and what a person has changed meanwhile is not.
SCRIPT: Final = """<script>
for (const [key, value] of Object.entries(%s)) {
  const mark = "ser.view " + key;
  if (localStorage.getItem(mark) === value) continue;
  localStorage.setItem(key, value);
  localStorage.setItem(mark, value);
}
</script>"""


def addresses(server: str) -> dict[str, str]:
    """Where each dataset's heads are compared, after older stores are brought up to date.

    Raises:
        TrackingError: the store cannot be reached.
    """
    # A server of another kind knows the view by its name alone, and says so on the page.
    named = is_server()
    return {item.name: view.address(server, item.id, named=named) for item in arrange()}


def is_server() -> bool:
    """Whether the store is a server, which has a page of its own."""
    return address().uri.startswith(("http://", "https://"))


def check_free(host: str, port: int) -> None:
    """Refuse a place where another program listens.

    Raises:
        TrackingError: one does, or this machine has no such place.
    """
    import uvicorn

    try:
        uvicorn.Config("", host=host, port=port, log_level="critical").bind_socket().close()
    except SystemExit:
        raise TrackingError(
            f"{host}:{port}: another program listens there, or this machine is not called so; "
            f"listen elsewhere, such as: make ui PORT={port + 1}"
        ) from None


def serve(host: str, port: int) -> None:
    """Serve the page until it is interrupted.

    Args:
        host: to listen at.
        port: likewise.

    Raises:
        TrackingError: the store cannot be reached.
    """
    import uvicorn

    uvicorn.run(application(), host=host, port=port, log_level="warning")


def application() -> FastAPI:
    """MLflow's server over the store, with the choices of a first visit made.

    Raises:
        TrackingError: the store cannot be reached, or MLflow has no page.
    """
    connect()
    place = address()
    # Read by MLflow's server, and set by `mlflow ui` in the same way.
    from mlflow.server import constants

    os.environ.update(QUIET)
    os.environ[constants.BACKEND_STORE_URI_ENV_VAR] = place.uri
    os.environ[constants.ARTIFACT_ROOT_ENV_VAR] = "mlflow-artifacts:/"
    os.environ[constants.ARTIFACTS_DESTINATION_ENV_VAR] = str(home() / "mlartifacts")
    os.environ[constants.SERVE_ARTIFACTS_ENV_VAR] = "true"

    from fastapi.responses import HTMLResponse
    from mlflow.server import app as flask

    with warnings.catch_warnings(action="ignore"):  # of what MLflow itself imports
        from mlflow.server.fastapi_app import app
    from starlette.requests import Request
    from starlette.routing import Route

    page = Path(str(flask.static_folder)) / "index.html"
    if not page.is_file():
        raise TrackingError(f"{page}: not there; install MLflow again with: make setup")
    text = page.read_text(encoding="utf-8")

    def start(request: Request) -> HTMLResponse:
        return HTMLResponse(text.replace("<head>", "<head>" + first_visit(), 1))

    # Before MLflow's own route, which takes every path.
    served: FastAPI = app
    served.router.routes.insert(0, Route("/", start))
    return served


def first_visit() -> str:
    """The lines that make the choices of a browser's first visit."""
    choices: dict[str, Any] = dict(FIRST_VISIT)
    for experiment in experiments(connect()):
        scope = f'ExperimentPage-["{experiment.id}"]'
        choices[f"MLflowLocalStorage-1.1-{scope}-ReactComponentState"] = view.state()
    texts = {key: json.dumps(value) for key, value in choices.items()}
    return SCRIPT % json.dumps(texts).replace("<", "\\u003c")
