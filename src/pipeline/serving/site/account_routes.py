"""The routes of accounts: sign up, sign in, change, delete."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from pipeline.core.errors import SiteError
from pipeline.serving.limits import client_address
from pipeline.serving.site.forms import read_form, signed_in, text
from pipeline.serving.site.guard import Visitor
from pipeline.serving.site.site import Site
from pipeline.serving.site.tables import Person

SIGN_INS: Final = RateLimitItemPerMinute(60)
MISTAKES: Final = RateLimitItemPerMinute(5, 5)
"""Wrong passwords for one name from one address, in five minutes."""
ATTACKS: Final = RateLimitItemPerMinute(50, 5)
"""Wrong passwords for one name from anywhere."""
TOO_OFTEN: Final = "too many attempts; wait some minutes and try again"


def add_accounts(router: APIRouter, site: Site) -> None:
    """Add the routes of accounts."""
    sign_ups = RateLimitItemPerHour(site.terms.sign_ups)

    @router.get("/sign-up")
    async def sign_up(request: Request) -> HTMLResponse:
        visitor = await site.guard.visitor(request)
        return site.render(request, visitor, "sign_up.html", name="", error=None)

    @router.post("/sign-up")
    async def sign_up_form(request: Request) -> Response:
        visitor, form = await read_form(site, request)
        if not site.terms.sign_up:
            raise HTTPException(403, "accounts are made by this page's administrator")
        limiter, key = site.service.rate_limiter, f"sign-up {client_address(request)}"
        if limiter.exceeded(sign_ups, key):
            message = f"more than {site.terms.sign_ups} accounts in an hour; try again later"
            raise HTTPException(429, message, {"Retry-After": "3600"})
        name, password = text(form, "name").strip(), text(form, "password")
        try:
            if password != text(form, "again"):
                raise SiteError("the two passwords differ; write them again")
            person = await run_sync(site.accounts.create, name, password, limiter=site.hashing)
        except SiteError as error:
            return site.render(request, visitor, "sign_up.html", 422, name=name, error=str(error))
        limiter.count(sign_ups, key)
        return await _enter(site, request, person, "/")

    @router.get("/sign-in")
    async def sign_in(request: Request, next: str = "/") -> HTMLResponse:
        visitor = await site.guard.visitor(request)
        return site.render(request, visitor, "sign_in.html", name="", next=_local(next), error=None)

    @router.post("/sign-in")
    async def sign_in_form(request: Request) -> Response:
        visitor, form = await read_form(site, request)
        limiter = site.service.rate_limiter
        limiter.require(SIGN_INS, f"sign-in {client_address(request)}", TOO_OFTEN)
        name = text(form, "name").strip()
        keys = _attempt_keys(name, client_address(request))
        _check_attempts(site, keys)
        person = await run_sync(
            site.accounts.check, name, text(form, "password"), limiter=site.hashing
        )
        if person is None:
            _count_attempt(site, keys)
            error = "no account has this name and password; check both and try again"
            path = _local(text(form, "next"))
            return site.render(
                request, visitor, "sign_in.html", 422, name=name, next=path, error=error
            )
        return await _enter(site, request, person, _local(text(form, "next")))

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        visitor, _ = await read_form(site, request)
        await run_sync(site.accounts.sign_out, visitor.token)
        return _signed_out(site, request)

    @router.get("/account")
    async def account(request: Request) -> HTMLResponse:
        visitor = await signed_in(site, request)
        return site.render(request, visitor, "account.html", error=None)

    @router.post("/account/password")
    async def change_password(request: Request) -> Response:
        visitor, form = await read_form(site, request)
        person = await _confirm_password(site, request, visitor, form)
        try:
            if person is None:
                raise SiteError("the present password is wrong; nothing was changed")
            if text(form, "new") != text(form, "again"):
                raise SiteError("the two new passwords differ; nothing was changed")
            await run_sync(
                site.accounts.change_password, person, text(form, "new"), limiter=site.hashing
            )
        except SiteError as error:
            return site.render(request, visitor, "account.html", 422, error=str(error))
        return await _enter(site, request, person, "/account")

    @router.post("/account/delete")
    async def delete_account(request: Request) -> Response:
        visitor, form = await read_form(site, request)
        person = await _confirm_password(site, request, visitor, form)
        if person is None:
            error = "the password is wrong; nothing was deleted"
            return site.render(request, visitor, "account.html", 422, error=error)
        await run_sync(site.accounts.remove, person)
        return _signed_out(site, request)


async def _enter(site: Site, request: Request, person: Person, path: str) -> Response:
    """Sign a person in, with a new token."""
    response = RedirectResponse(path, 303)
    site.guard.set_cookie(request, response, await run_sync(site.accounts.sign_in, person))
    return response


def _signed_out(site: Site, request: Request) -> Response:
    """The home page with a new token, signed out."""
    response = RedirectResponse("/", 303)
    site.guard.set_cookie(request, response, secrets.token_urlsafe())
    return response


async def _confirm_password(
    site: Site, request: Request, visitor: Visitor, form: FormData
) -> Person | None:
    """The person, if the password of the form is right."""
    person = visitor.signed_in
    keys: dict[RateLimitItem, str] = {MISTAKES: f"confirmations {person.id}"}
    _check_attempts(site, keys)
    found = await run_sync(
        site.accounts.check, person.name, text(form, "password"), limiter=site.hashing
    )
    if found is None:
        _count_attempt(site, keys)
    return found


def _attempt_keys(name: str, address: str) -> dict[RateLimitItem, str]:
    """The keys that a wrong password counts for; a digest, as a name may be long."""
    key = hashlib.sha256(name.casefold().encode()).hexdigest()
    return {MISTAKES: f"mistakes {key} {address}", ATTACKS: f"attacks {key}"}


def _check_attempts(site: Site, keys: Mapping[RateLimitItem, str]) -> None:
    if any(site.service.rate_limiter.exceeded(rate, key) for rate, key in keys.items()):
        raise HTTPException(429, TOO_OFTEN, {"Retry-After": "300"})


def _count_attempt(site: Site, keys: Mapping[RateLimitItem, str]) -> None:
    for rate, key in keys.items():
        site.service.rate_limiter.count(rate, key)


def _local(path: str) -> str:
    """A path of this site; of anything else, the home page."""
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") else "/"
