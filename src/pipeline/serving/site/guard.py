"""Security of the pages: cookies, form tokens, headers."""

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
    """The browser that sends a request.

    Attributes:
        token: the value of its cookie.
        person: who is signed in with it, or none.
        csrf: the token in every form of this browser.
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
            HTTPException: the browser is not signed in.
        """
        if self.person is None:
            raise HTTPException(401, "sign in first")
        return self.person


class Guard:
    """Identifies visitors and checks their forms."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts

    async def visitor(self, request: Request) -> Visitor:
        """The visitor who sends a request."""
        token = request.cookies.get(COOKIE, "")
        if not TOKEN.fullmatch(token):
            fresh = secrets.token_urlsafe()
            return Visitor(fresh, None, self._sign(fresh), new=True)
        person = await run_sync(self.accounts.signed_in, token)
        return Visitor(token, person, self._sign(token))

    def set_cookie(self, request: Request, response: Response, token: str) -> None:
        """Set the cookie; scripts do not see it, other sites do not send it."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=VISIT_DAYS * DAY,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )

    def check(self, visitor: Visitor, csrf: object) -> None:
        """Check that a form was made for the browser that sends it.

        Raises:
            HTTPException: it was not.
        """
        if not isinstance(csrf, str) or not hmac.compare_digest(
            csrf.encode(), visitor.csrf.encode()
        ):
            cure = "allow this page's cookie, load it" if visitor.new else "load it"
            raise HTTPException(403, f"this form is out of date; {cure} again and repeat")

    def _sign(self, token: str) -> str:
        return hmac.new(self.accounts.store.secret, token.encode(), hashlib.sha256).hexdigest()


def set_security_headers(request: Request, response: Response) -> None:
    """Set the headers that restrict what a browser does with a response."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.scheme == "https":
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    caching = "no-cache" if request.url.path.startswith("/static/") else "no-store"
    response.headers.setdefault("Cache-Control", caching)
