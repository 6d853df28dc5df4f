"""The routes of the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from pipeline.core.errors import AudioError, PackageError, SiteError
from pipeline.serving.service import client_message, save
from pipeline.serving.site import drawings
from pipeline.serving.site.account_routes import add_accounts
from pipeline.serving.site.clips import MEDIA
from pipeline.serving.site.forms import read_form, signed_in, text
from pipeline.serving.site.guard import Visitor
from pipeline.serving.site.site import Site, emotion_figures, wants_page
from pipeline.serving.site.tables import Clip

STATIC: Final = Path(__file__).parent / "static"
STYLE: Final = Path(__file__).parents[2] / "reports/templates/style.css"
"""Colours and type, the same as in reports."""
FILES: Final = {
    "style.css": STYLE,
    **{path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in {".css", ".js"}},
    "mark.svg": STATIC / "mark.svg",
}
ORIGINS: Final = ("upload", "recording")
RECENT: Final = 4


def routes(site: Site) -> APIRouter:
    """All pages."""
    router = APIRouter(include_in_schema=False)
    add_accounts(router, site)
    _recordings(router, site)
    _samples(router, site)
    _admin(router, site)

    @router.get("/")
    async def home(request: Request) -> HTMLResponse:
        visitor = await site.guard.visitor(request)
        return await _home(site, request, visitor)

    @router.get("/model")
    async def model(request: Request) -> HTMLResponse:
        visitor = await site.guard.visitor(request)
        return site.render(request, visitor, "model.html", card=site.card())

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        visitor = await site.guard.visitor(request)
        return site.render(
            request,
            visitor,
            "docs.html",
            interface=request.app.openapi(),
            base=str(request.base_url).rstrip("/"),
        )

    @router.get("/static/{name}")
    async def static(name: str) -> FileResponse:
        if name not in FILES:
            raise HTTPException(404, "there is no such page")
        return FileResponse(FILES[name])

    return router


def _recordings(router: APIRouter, site: Site) -> None:
    @router.get("/recordings")
    async def recordings(request: Request) -> HTMLResponse:
        visitor = await signed_in(site, request)
        clips = await run_sync(site.clips.of, visitor.signed_in)
        return site.render(request, visitor, "recordings.html", clips=clips)

    @router.post("/recordings")
    async def send(request: Request) -> Response:
        visitor, form = await read_form(site, request)
        person = visitor.signed_in
        site.limit_recordings(person)
        upload, origin = form.get("file"), text(form, "origin") or ORIGINS[0]
        if not isinstance(upload, UploadFile) or not upload.filename or origin not in ORIGINS:
            return await _failed(site, request, visitor, 422, "choose a recording first")
        with site.service.upload_path() as path:
            await save(upload, path)  # type: ignore[arg-type]
            try:
                clip = await site.service.run_limited(
                    site.clips.add, person, path, upload.filename, origin, site.service.model
                )
            except AudioError as error:
                site.service.count(error)
                return await _failed(site, request, visitor, 422, client_message(error, upload))  # type: ignore[arg-type]
            except SiteError as error:
                return await _failed(site, request, visitor, 413, str(error))
        site.service.count_outcome("predicted")
        return _created(request, clip)

    @router.get("/recordings/{clip}")
    async def recording(request: Request, clip: str) -> HTMLResponse:
        visitor = await signed_in(site, request)
        found = await _own(site, visitor, clip)
        answer, tested = found.answer, found.model["tested"]
        return site.render(
            request,
            visitor,
            "recording.html",
            clip=found,
            probabilities=sorted(answer["probabilities"].items(), key=lambda item: -item[1]),
            drawing=site.clips.drawing(found),
            paths=drawings.timeline(answer["windows"], answer["seconds"]),
            measured=tested,
            figures=emotion_figures(tested, answer["emotion"]) if tested else None,
        )

    @router.get("/recordings/{clip}/audio")
    async def sound(request: Request, clip: str) -> FileResponse:
        found = await _own(site, await signed_in(site, request), clip)
        path = site.clips.recording(found)
        if not path.is_file():
            raise HTTPException(404, "there is no such recording")
        return FileResponse(
            path,
            media_type=MEDIA.get(found.kind, "application/octet-stream"),
            filename=f"{found.id}.{found.kind}",
            content_disposition_type="inline",
        )

    @router.get("/recordings/{clip}/answer.json")
    async def answer(request: Request, clip: str) -> JSONResponse:
        found = await _own(site, await signed_in(site, request), clip)
        return JSONResponse({"name": found.name, "model": found.model, **found.answer})

    @router.get("/recordings/{clip}/windows/{window}.png")
    async def picture(request: Request, clip: str, window: int) -> FileResponse:
        found = await _own(site, await signed_in(site, request), clip)
        path = site.clips.picture(found, window)
        if path is None:
            raise HTTPException(404, "there is no such window")
        return FileResponse(path, media_type="image/png")

    @router.post("/recordings/{clip}/delete")
    async def delete(request: Request, clip: str) -> Response:
        visitor, _ = await read_form(site, request)
        found = await _own(site, visitor, clip)
        await run_sync(site.clips.remove, found)
        return RedirectResponse("/recordings", 303)


def _samples(router: APIRouter, site: Site) -> None:
    def sample(number: int) -> dict[str, Any]:
        samples = site.samples()
        if not 0 <= number < len(samples):
            raise HTTPException(404, "there is no such sample")
        return samples[number]

    @router.get("/samples/{number}/audio")
    async def sample_audio(request: Request, number: int) -> FileResponse:
        await signed_in(site, request)
        file = sample(number)["file"]
        kind = MEDIA.get(file.suffix[1:], "application/octet-stream")
        return FileResponse(file, media_type=kind)

    @router.post("/samples/{number}")
    async def send_sample(request: Request, number: int) -> Response:
        visitor, _ = await read_form(site, request)
        person = visitor.signed_in
        site.limit_recordings(person)
        facts = sample(number)
        file = facts.pop("file")
        try:
            clip = await site.service.run_limited(
                site.clips.add, person, file, file.name, "sample", site.service.model, facts
            )
        except SiteError as error:
            return await _failed(site, request, visitor, 413, str(error))
        return _created(request, clip)


def _admin(router: APIRouter, site: Site) -> None:
    async def show(
        request: Request, visitor: Visitor, status: int, error: str | None
    ) -> HTMLResponse:
        return site.render(
            request,
            visitor,
            "admin.html",
            status,
            models=await run_sync(site.models),
            people=await run_sync(site.accounts.people),
            stored=await run_sync(site.clips.count),
            error=error,
        )

    @router.get("/admin")
    async def admin(request: Request) -> HTMLResponse:
        visitor = _require_admin(await signed_in(site, request))
        return await show(request, visitor, 200, None)

    @router.post("/admin/model")
    async def choose(request: Request) -> Response:
        visitor, form = await read_form(site, request)
        _require_admin(visitor)
        try:
            await run_sync(site.choose, text(form, "name"))
        except PackageError as error:
            return await show(request, visitor, 422, str(error))
        return RedirectResponse("/admin", 303)


async def _home(
    site: Site, request: Request, visitor: Visitor, status: int = 200, error: str | None = None
) -> HTMLResponse:
    person = visitor.person
    clips = await run_sync(site.clips.of, person, RECENT) if person else []
    return site.render(
        request,
        visitor,
        "home.html",
        status,
        error=error,
        clips=clips,
        samples=site.samples() if person else [],
    )


async def _own(site: Site, visitor: Visitor, clip: str) -> Clip:
    """A recording of the visitor; another person's is not found."""
    found = await run_sync(site.clips.get, visitor.signed_in, clip)
    if found is None:
        raise HTTPException(404, "there is no such recording")
    return found


async def _failed(
    site: Site, request: Request, visitor: Visitor, status: int, message: str
) -> Response:
    """An error, as a page or as JSON for the page's script."""
    if wants_page(request):
        return await _home(site, request, visitor, status, message)
    return JSONResponse({"error": message, "request_id": request.state.id}, status)


def _created(request: Request, clip: Clip) -> Response:
    """The address of a new recording."""
    path = f"/recordings/{clip.id}"
    if wants_page(request):
        return RedirectResponse(path, 303)
    return JSONResponse({"location": path}, 201, {"Location": path})


def _require_admin(visitor: Visitor) -> Visitor:
    if not visitor.signed_in.admin:
        raise HTTPException(404, "there is no such page")
    return visitor
