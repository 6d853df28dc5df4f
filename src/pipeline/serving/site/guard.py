"""What stands between a page and the rest of the internet: cookies, form tokens, headers."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from anyio.to_thread import run_sync
from fastapi import Request, Response
from starlette.exceptions import HTTPException

from pipeline.serving.site.accounts import DAY, VISIT_DAYS, Accounts
from pipeline.serving.site.tables import Person

COOKIE: Final = "ser_visit"
FIELD: Final = "csrf"
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
HEADERS: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS: Final = "max-age=31536000"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks for a page.

    Attributes:
        token: that the browser keeps.
        person: who is signed in, if anybody.
        csrf: what every form of this browser carries.
        new: whether the browser has no token yet.
    """

    token: str
    person: Person | None
    csrf: str
    new: bool = False

    @property
    def signed_in(self) -> Person:
        """The person.

        Raises:
            HTTPException: nobody is signed in.
        """
        if self.person is None:
            raise HTTPException(401, "sign in first")
        return self.person


class Guard:
    """Knows visitors and checks their forms."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts

    async def visitor(self, request: Request) -> Visitor:
        """Who asks."""
        token = request.cookies.get(COOKIE, "")
        if not TOKEN.fullmatch(token):
            fresh = secrets.token_urlsafe()
            return Visitor(fresh, None, self._sign(fresh), new=True)
        person = await run_sync(self.accounts.who, token)
        return Visitor(token, person, self._sign(token))

    def keep(self, request: Request, response: Response, token: str) -> None:
        """Let the browser keep a token; scripts do not see it, other sites do not send it."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=VISIT_DAYS * DAY,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )

    def check(self, request: Request, visitor: Visitor, given: object) -> None:
        """Make sure that a form is one of ours, sent by the browser that we gave it to.

        Raises:
            HTTPException: it is not.
        """
        if not isinstance(given, str) or not hmac.compare_digest(
            given.encode(), visitor.csrf.encode()
        ):
            cure = "let the browser keep this page's cookie, load it" if visitor.new else "load it"
            raise HTTPException(403, f"this form is out of date; {cure} again and repeat")

    def _sign(self, token: str) -> str:
        return hmac.new(self.accounts.store.secret, token.encode(), hashlib.sha256).hexdigest()


def harden(request: Request, response: Response) -> None:
    """Give an answer the headers that keep browsers careful."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.scheme == "https":
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    kept = "no-cache" if request.url.path.startswith("/static/") else "no-store"
    response.headers.setdefault("Cache-Control", kept)
