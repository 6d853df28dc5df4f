"""The application: routes for programs, pages, and what every request goes through."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from pipeline.serving import api
from pipeline.serving.limits import FORM_OVERHEAD, SizeLimit
from pipeline.serving.service import VERSION, Service
from pipeline.serving.site import guard
from pipeline.serving.site.routes import routes
from pipeline.serving.site.site import Site, wants_page

log = logging.getLogger(__name__)
REQUEST_ID: Final = "X-Request-ID"
SWEEP: Final = 600.0
"""Seconds between two deletions of expired recordings."""


def create(service: Service, site: Site | None = None) -> FastAPI:
    """The application.

    Args:
        service: that predicts.
        site: the pages, if there are any.
    """
    app = FastAPI(
        title="ser-workbench",
        version=VERSION,
        summary="Speech emotion recognition: probabilities of emotions, as actors play them.",
        lifespan=_lifespan,
        docs_url=None if site else "/docs",
        redoc_url=None,
    )
    app.state.service = service
    app.state.site = site
    app.middleware("http")(_observe)
    app.add_middleware(SizeLimit, largest=round(service.limits.megabytes * 1e6) + FORM_OVERHEAD)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(Exception, _internal_error)
    app.include_router(api.routes(service))
    if site is not None:
        app.include_router(routes(site))
    return app


async def _observe(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Give every request an id, count and time it, and set the security headers."""
    given = request.headers.get(REQUEST_ID, "")
    request.state.id = given if given.isalnum() and len(given) <= 64 else uuid.uuid4().hex
    start, status = time.perf_counter(), 500
    try:
        response = await call_next(request)
        status = response.status_code
    finally:
        route = request.scope.get("route")
        path = getattr(route, "path", "elsewhere")
        metrics = request.app.state.service.metrics
        metrics.requests.labels(path, str(status)).inc()
        metrics.seconds.labels(path).observe(time.perf_counter() - start)
    response.headers[REQUEST_ID] = request.state.id
    if request.app.state.site is not None:
        guard.set_security_headers(request, response)
    return response


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 401 and request.method == "GET" and wants_page(request):
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
    message = "no such page" if error.detail == "Not Found" else str(error.detail)
    return await _error_response(request, error.status_code, message, dict(error.headers or {}))


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    message = f"{where}: {first['msg']}" if where else str(first["msg"])
    return await _error_response(request, 422, message, {})


async def _error_response(
    request: Request, status: int, message: str, headers: dict[str, str]
) -> Response:
    """An error, as a page for a browser or as JSON for a program."""
    site: Site | None = request.app.state.site
    if site is not None and wants_page(request):
        visitor = await site.guard.visitor(request)
        page = site.render(
            request, visitor, "error.html", status, code=status, error=message, id=request.state.id
        )
        page.headers.update(headers)
        return page
    return JSONResponse({"error": message, "request_id": request.state.id}, status, headers)


async def _internal_error(request: Request, error: Exception) -> Response:
    message = "internal error; send the request's id to the administrator of this service"
    request.state.id = getattr(request.state, "id", None) or uuid.uuid4().hex
    log.error("request %s failed: %s %s", request.state.id, request.method, request.url.path)
    headers = {REQUEST_ID: request.state.id}
    with suppress(Exception):  # the page itself may be what fails
        page = await _error_response(request, 500, message, headers)
        guard.set_security_headers(request, page)
        return page
    return JSONResponse({"error": message, "request_id": request.state.id}, 500, headers)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Delete expired recordings from time to time, for as long as the service runs."""
    site: Site | None = app.state.site
    sweeping = asyncio.create_task(_sweep(site)) if site else None
    yield
    if sweeping:
        sweeping.cancel()


async def _sweep(site: Site) -> None:
    while True:
        await asyncio.sleep(SWEEP)
        try:
            await run_sync(site.store.sweep)
        except Exception:
            log.exception("expired recordings could not be deleted; it is tried again later")
