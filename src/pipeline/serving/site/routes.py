"""The pages: each route of a person's browser."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from pipeline.core.errors import AudioError, PackageError, SiteError
from pipeline.serving.limits import client
from pipeline.serving.service import said, save
from pipeline.serving.site import drawings
from pipeline.serving.site.clips import MEDIA
from pipeline.serving.site.guard import FIELD, Visitor
from pipeline.serving.site.site import Site, plain, wants_page
from pipeline.serving.site.tables import Clip, Person

STATIC: Final = Path(__file__).parent / "static"
STYLE: Final = Path(__file__).parents[2] / "reports/templates/style.css"
"""Colours and type, the same as in reports."""
FILES: Final = {
    "style.css": STYLE,
    **{path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in {".css", ".js"}},
    "mark.svg": STATIC / "mark.svg",
}
SIGN_INS: Final = RateLimitItemPerMinute(60)
MISTAKES: Final = RateLimitItemPerMinute(5, 5)
"""Wrong passwords for one name from one address, in five minutes."""
ATTACKS: Final = RateLimitItemPerMinute(50, 5)
"""Wrong passwords for one name from anywhere."""
SLOWER: Final = "that was tried too often; wait some minutes and try again"
ORIGINS: Final = ("upload", "recording")
RECENT: Final = 4


def routes(site: Site) -> APIRouter:
    """All pages."""
    router = APIRouter(include_in_schema=False)
    _accounts(router, site)
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


def _accounts(router: APIRouter, site: Site) -> None:
    sign_ups = RateLimitItemPerHour(site.terms.sign_ups)

    @router.get("/sign-up")
    async def sign_up(request: Request) -> HTMLResponse:
        visitor = await site.guard.visitor(request)
        return site.render(request, visitor, "sign_up.html", name="", error=None)

    @router.post("/sign-up")
    async def signed_up(request: Request) -> Response:
        visitor, form = await _form(site, request)
        if not site.terms.sign_up:
            raise HTTPException(403, "accounts are made by whoever runs this page")
        turnstile, who = site.service.turnstile, f"sign-up {client(request)}"
        if turnstile.full(sign_ups, who):
            words = f"{site.terms.sign_ups} accounts an hour are made from one address; come later"
            raise HTTPException(429, words, {"Retry-After": "3600"})
        name, password = _text(form, "name").strip(), _text(form, "password")
        try:
            if password != _text(form, "again"):
                raise SiteError("the two passwords differ; write them again")
            person = await run_sync(site.accounts.create, name, password, limiter=site.doors)
        except SiteError as error:
            return site.render(request, visitor, "sign_up.html", 422, name=name, error=str(error))
        turnstile.count(sign_ups, who)
        return await _enter(site, request, person, "/")

    @router.get("/sign-in")
    async def sign_in(request: Request, next: str = "/") -> HTMLResponse:
        visitor = await site.guard.visitor(request)
        return site.render(request, visitor, "sign_in.html", name="", next=_local(next), error=None)

    @router.post("/sign-in")
    async def signed_in(request: Request) -> Response:
        visitor, form = await _form(site, request)
        turnstile = site.service.turnstile
        turnstile.admit(SIGN_INS, f"sign-in {client(request)}", SLOWER)
        name = _text(form, "name").strip()
        tries = _tries(name, client(request))
        _refuse_guessing(site, tries)
        person = await run_sync(
            site.accounts.check, name, _text(form, "password"), limiter=site.doors
        )
        if person is None:
            _count_guess(site, tries)
            error = "no account has this name and password; look at both and try again"
            way = _local(_text(form, "next"))
            return site.render(
                request, visitor, "sign_in.html", 422, name=name, next=way, error=error
            )
        return await _enter(site, request, person, _local(_text(form, "next")))

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        visitor, _ = await _form(site, request)
        await run_sync(site.accounts.leave, visitor.token)
        return _renewed(site, request)

    @router.get("/account")
    async def account(request: Request) -> HTMLResponse:
        visitor = await _known(site, request)
        return site.render(request, visitor, "account.html", error=None)

    @router.post("/account/password")
    async def change_password(request: Request) -> Response:
        visitor, form = await _form(site, request)
        person = await _confirmed(site, request, visitor, form)
        try:
            if person is None:
                raise SiteError("the present password is another; nothing was changed")
            if _text(form, "new") != _text(form, "again"):
                raise SiteError("the two new passwords differ; nothing was changed")
            await run_sync(
                site.accounts.change_password, person, _text(form, "new"), limiter=site.doors
            )
        except SiteError as error:
            return site.render(request, visitor, "account.html", 422, error=str(error))
        return await _enter(site, request, person, "/account")

    @router.post("/account/delete")
    async def delete_account(request: Request) -> Response:
        visitor, form = await _form(site, request)
        person = await _confirmed(site, request, visitor, form)
        if person is None:
            error = "the password is another; nothing was deleted"
            return site.render(request, visitor, "account.html", 422, error=error)
        await run_sync(site.accounts.remove, person)
        return _renewed(site, request)


def _recordings(router: APIRouter, site: Site) -> None:
    @router.get("/recordings")
    async def recordings(request: Request) -> HTMLResponse:
        visitor = await _known(site, request)
        clips = await run_sync(site.clips.of, visitor.signed_in)
        return site.render(request, visitor, "recordings.html", clips=clips)

    @router.post("/recordings")
    async def send(request: Request) -> Response:
        visitor, form = await _form(site, request)
        person = visitor.signed_in
        site.admit(person)
        upload, origin = form.get("file"), _text(form, "origin") or ORIGINS[0]
        if not isinstance(upload, UploadFile) or not upload.filename or origin not in ORIGINS:
            return await _failed(site, request, visitor, 422, "choose a recording first")
        with site.service.kept() as path:
            await save(upload, path)  # type: ignore[arg-type]
            try:
                clip = await site.service.turn(
                    site.clips.add, person, path, upload.filename, origin, site.service.model
                )
            except AudioError as error:
                site.service.count(error)
                return await _failed(site, request, visitor, 422, said(error, upload))  # type: ignore[arg-type]
            except SiteError as error:
                return await _failed(site, request, visitor, 413, str(error))
        site.service.figures.recordings.labels("heard").inc()
        return _kept(request, clip)

    @router.get("/recordings/{clip}")
    async def recording(request: Request, clip: str) -> HTMLResponse:
        visitor = await _known(site, request)
        found = await _own(site, visitor, clip)
        answer, known = found.answer, found.model["tested"]
        return site.render(
            request,
            visitor,
            "recording.html",
            clip=found,
            odds=sorted(answer["probabilities"].items(), key=lambda item: -item[1]),
            look=site.clips.look(found),
            paths=drawings.timeline(answer["windows"], answer["seconds"]),
            known=known,
            precision=plain(known, answer["emotion"]) if known else None,
        )

    @router.get("/recordings/{clip}/audio")
    async def sound(request: Request, clip: str) -> FileResponse:
        found = await _own(site, await _known(site, request), clip)
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
        found = await _own(site, await _known(site, request), clip)
        return JSONResponse({"name": found.name, "model": found.model, **found.answer})

    @router.get("/recordings/{clip}/windows/{window}.png")
    async def picture(request: Request, clip: str, window: int) -> FileResponse:
        found = await _own(site, await _known(site, request), clip)
        path = site.clips.picture(found, window)
        if path is None:
            raise HTTPException(404, "there is no such window")
        return FileResponse(path, media_type="image/png")

    @router.post("/recordings/{clip}/delete")
    async def delete(request: Request, clip: str) -> Response:
        visitor, _ = await _form(site, request)
        found = await _own(site, visitor, clip)
        await run_sync(site.clips.remove, found)
        return RedirectResponse("/recordings", 303)


def _samples(router: APIRouter, site: Site) -> None:
    def sample(number: int) -> dict[str, Any]:
        known = site.samples()
        if not 0 <= number < len(known):
            raise HTTPException(404, "there is no such sample")
        return known[number]

    @router.get("/samples/{number}/audio")
    async def listen(request: Request, number: int) -> FileResponse:
        await _known(site, request)
        file = sample(number)["file"]
        kind = MEDIA.get(file.suffix[1:], "application/octet-stream")
        return FileResponse(file, media_type=kind)

    @router.post("/samples/{number}")
    async def take(request: Request, number: int) -> Response:
        visitor, _ = await _form(site, request)
        person = visitor.signed_in
        site.admit(person)
        told = sample(number)
        file = told.pop("file")
        try:
            clip = await site.service.turn(
                site.clips.add, person, file, file.name, "sample", site.service.model, told
            )
        except SiteError as error:
            return await _failed(site, request, visitor, 413, str(error))
        return _kept(request, clip)


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
            kept=await run_sync(site.clips.count),
            error=error,
        )

    @router.get("/admin")
    async def admin(request: Request) -> HTMLResponse:
        visitor = _an_admin(await _known(site, request))
        return await show(request, visitor, 200, None)

    @router.post("/admin/model")
    async def choose(request: Request) -> Response:
        visitor, form = await _form(site, request)
        _an_admin(visitor)
        try:
            await run_sync(site.choose, _text(form, "name"))
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


async def _known(site: Site, request: Request) -> Visitor:
    """Whoever asks, who must be signed in."""
    visitor = await site.guard.visitor(request)
    assert visitor.signed_in
    return visitor


async def _form(site: Site, request: Request) -> tuple[Visitor, FormData]:
    """Whoever sends a form of ours, and what it says."""
    visitor = await site.guard.visitor(request)
    form = await request.form()
    site.guard.check(request, visitor, form.get(FIELD))
    return visitor, form


async def _own(site: Site, visitor: Visitor, clip: str) -> Clip:
    """A recording of whoever asks; somebody else's is as if there were none."""
    found = await run_sync(site.clips.get, visitor.signed_in, clip)
    if found is None:
        raise HTTPException(404, "there is no such recording")
    return found


async def _enter(site: Site, request: Request, person: Person, path: str) -> Response:
    """Sign somebody in, with a new token."""
    response = RedirectResponse(path, 303)
    site.guard.keep(request, response, await run_sync(site.accounts.enter, person))
    return response


def _renewed(site: Site, request: Request) -> Response:
    """Back to the front door, as a stranger."""
    response = RedirectResponse("/", 303)
    site.guard.keep(request, response, secrets.token_urlsafe())
    return response


async def _confirmed(
    site: Site, request: Request, visitor: Visitor, form: FormData
) -> Person | None:
    """The person, if the password proves it."""
    person = visitor.signed_in
    tries: dict[RateLimitItem, str] = {MISTAKES: f"confirmations {person.id}"}
    _refuse_guessing(site, tries)
    found = await run_sync(
        site.accounts.check, person.name, _text(form, "password"), limiter=site.doors
    )
    if found is None:
        _count_guess(site, tries)
    return found


def _tries(name: str, address: str) -> dict[RateLimitItem, str]:
    """What is counted of a wrong password; a digest, for a name may be long."""
    key = hashlib.sha256(name.casefold().encode()).hexdigest()
    return {MISTAKES: f"mistakes {key} {address}", ATTACKS: f"attacks {key}"}


def _refuse_guessing(site: Site, tries: Mapping[RateLimitItem, str]) -> None:
    if any(site.service.turnstile.full(rate, who) for rate, who in tries.items()):
        raise HTTPException(429, SLOWER, {"Retry-After": "300"})


def _count_guess(site: Site, tries: Mapping[RateLimitItem, str]) -> None:
    for rate, who in tries.items():
        site.service.turnstile.count(rate, who)


async def _failed(
    site: Site, request: Request, visitor: Visitor, status: int, words: str
) -> Response:
    """What went wrong, as a page or for the script of one."""
    if wants_page(request):
        return await _home(site, request, visitor, status, words)
    return JSONResponse({"error": words, "request_id": request.state.id}, status)


def _kept(request: Request, clip: Clip) -> Response:
    """The way to a new recording."""
    path = f"/recordings/{clip.id}"
    if wants_page(request):
        return RedirectResponse(path, 303)
    return JSONResponse({"location": path}, 201, {"Location": path})


def _an_admin(visitor: Visitor) -> Visitor:
    if not visitor.signed_in.admin:
        raise HTTPException(404, "there is no such page")
    return visitor


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _local(path: str) -> str:
    """A way on this page and nowhere else."""
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") else "/"
