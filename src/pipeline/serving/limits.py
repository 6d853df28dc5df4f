"""What one client may ask for, and what stops it from asking for more."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse
from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOM: Final = 64 * 1024
"""Bytes that a form may have besides its files."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask for.

    Attributes:
        megabytes: of a request.
        seconds: of a recording.
        files: of a batch.
        per_minute: recordings, by address.
        at_once: recordings that are judged side by side; the others wait.
    """

    megabytes: float = 20.0
    seconds: float = 300.0
    files: int = 16
    per_minute: int = 120
    at_once: int = 2


class Turnstile:
    """Counts what each client does, and stops it when that is too much."""

    def __init__(self) -> None:
        # Its counts are forgotten when they are over; a moving window keeps every name for good.
        self._counts = SlidingWindowCounterRateLimiter(MemoryStorage())

    def admit(self, rate: RateLimitItem, who: str, words: str, cost: int = 1) -> None:
        """Count something.

        Args:
            rate: how much of it is allowed.
            who: does it.
            words: for whoever did too much.
            cost: how often it counts.

        Raises:
            HTTPException: that is too much.
        """
        if not self._counts.hit(rate, who, cost=cost):
            raise HTTPException(429, words, {"Retry-After": str(rate.get_expiry())})

    def full(self, rate: RateLimitItem, who: str) -> bool:
        """Whether somebody has had its share; nothing is counted."""
        return not self._counts.test(rate, who)

    def count(self, rate: RateLimitItem, who: str) -> None:
        """Count something that stops nobody yet."""
        self._counts.hit(rate, who)


def client(request: Request) -> str:
    """The address that asks."""
    return request.client.host if request.client else "nobody"


def charset(kind: str) -> str:
    """The encoding that a content type names, if it does.

    Example:
        >>> charset('multipart/form-data; boundary=x; charset="UTF-8"'), charset("text/plain")
        ('utf-8', '')
    """
    found = parse_options_header(kind)[1].get(b"charset", b"")
    return found.decode("latin-1").lower()


def _headers(body: dict[str, str]) -> dict[str, str]:
    return {"X-Request-ID": body["request_id"], "X-Content-Type-Options": "nosniff"}


class Bounded:
    """Stops a request that is larger than allowed, announced or not, before it is stored."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.app = app
        self.largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its bytes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        announced = headers.get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self.largest:
            await self._refuse(scope, receive, send)
            return
        kind = Headers(scope=scope).get("content-type", "")
        if charset(kind) not in ("", "utf-8"):
            # Some of Python's decoders take minutes for what fits into a form.
            body = {"error": "write the form in UTF-8", "request_id": uuid.uuid4().hex}
            await JSONResponse(body, 415, _headers(body))(scope, receive, send)
            return
        seen = 0
        refused = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.largest:
                raise HTTPException(413, self._words())
            return message

        async def answered(message: Message) -> None:
            # Whoever reads the body calls any error in it a bad request.
            nonlocal refused
            if seen <= self.largest:
                await send(message)
            elif not refused:
                refused = True
                await self._refuse(scope, receive, send)

        await self.app(scope, counted, answered)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = {"error": self._words(), "request_id": uuid.uuid4().hex}
        headers = {**_headers(body), "Connection": "close"}
        await JSONResponse(body, 413, headers)(scope, receive, send)

    def _words(self) -> str:
        return f"more than {(self.largest - ROOM) / 1e6:.0f} MB; send a shorter recording"
