"""The application: routes for programs, pages for people, and what every request goes through."""

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
from pipeline.serving.limits import ROOM, Bounded
from pipeline.serving.service import VERSION, Service
from pipeline.serving.site import guard
from pipeline.serving.site.routes import routes
from pipeline.serving.site.site import Site, wants_page

log = logging.getLogger(__name__)
REQUEST_ID: Final = "X-Request-ID"
SWEEP: Final = 600.0
"""Seconds from one look for what has expired to the next."""


def create(service: Service, site: Site | None = None) -> FastAPI:
    """The application.

    Args:
        service: that answers.
        site: the pages for people, if there are to be any.
    """
    app = FastAPI(
        title="ser-workbench",
        version=VERSION,
        summary="What a voice sounds like: probabilities of emotions, as actors play them.",
        lifespan=_lifespan,
        docs_url=None if site else "/docs",
        redoc_url=None,
    )
    app.state.service = service
    app.state.site = site
    app.middleware("http")(_watched)
    app.add_middleware(Bounded, largest=round(service.limits.megabytes * 1e6) + ROOM)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(Exception, _broken)
    app.include_router(api.routes(service))
    if site is not None:
        app.include_router(routes(site))
    return app


async def _watched(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Give every request an id, count and time it, and make browsers careful with the answer."""
    given = request.headers.get(REQUEST_ID, "")
    request.state.id = given if given.isalnum() and len(given) <= 64 else uuid.uuid4().hex
    begun, status = time.perf_counter(), 500
    try:
        response = await call_next(request)
        status = response.status_code
    finally:
        route = request.scope.get("route")
        path = getattr(route, "path", "elsewhere")
        figures = request.app.state.service.figures
        figures.requests.labels(path, str(status)).inc()
        figures.seconds.labels(path).observe(time.perf_counter() - begun)
    response.headers[REQUEST_ID] = request.state.id
    if request.app.state.site is not None:
        guard.harden(request, response)
    return response


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 401 and request.method == "GET" and wants_page(request):
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
    words = "there is nothing at this address" if error.detail == "Not Found" else str(error.detail)
    return await _told(request, error.status_code, words, dict(error.headers or {}))


async def _misread(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    words = f"{where}: {first['msg']}" if where else str(first["msg"])
    return await _told(request, 422, words, {})


async def _told(request: Request, status: int, words: str, headers: dict[str, str]) -> Response:
    """An error, as a page for a person or as data for a program."""
    site: Site | None = request.app.state.site
    if site is not None and wants_page(request):
        visitor = await site.guard.visitor(request)
        page = site.render(
            request, visitor, "error.html", status, code=status, error=words, id=request.state.id
        )
        page.headers.update(headers)
        return page
    return JSONResponse({"error": words, "request_id": request.state.id}, status, headers)


async def _broken(request: Request, error: Exception) -> Response:
    words = "something broke here; tell whoever runs this service the request's id"
    request.state.id = getattr(request.state, "id", None) or uuid.uuid4().hex
    log.error("request %s broke: %s %s", request.state.id, request.method, request.url.path)
    headers = {REQUEST_ID: request.state.id}
    with suppress(Exception):  # what broke may be what pages are made of
        page = await _told(request, 500, words, headers)
        guard.harden(request, page)
        return page
    return JSONResponse({"error": words, "request_id": request.state.id}, 500, headers)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Delete what has expired, now and then, for as long as the service runs."""
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
            log.exception("what has expired could not be deleted; it is tried again later")
