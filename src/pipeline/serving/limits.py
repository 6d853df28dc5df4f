"""Limits of size and rate for each client."""

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

FORM_OVERHEAD: Final = 64 * 1024
"""Bytes that a form may have besides its files."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the service.

    Attributes:
        megabytes: of a request.
        seconds: of a recording.
        files: of a batch.
        per_minute: recordings, by address.
        at_once: recordings that are predicted side by side; the others wait.
    """

    megabytes: float = 20.0
    seconds: float = 300.0
    files: int = 16
    per_minute: int = 120
    at_once: int = 2


class RateLimiter:
    """Counts requests by client, and refuses them over a rate."""

    def __init__(self) -> None:
        # Its counts expire; a moving window would keep every key for good.
        self._counts = SlidingWindowCounterRateLimiter(MemoryStorage())

    def require(self, rate: RateLimitItem, key: str, message: str, cost: int = 1) -> None:
        """Count a request, and refuse it over the rate.

        Args:
            rate: that is allowed.
            key: what is counted, such as an address.
            message: of the error.
            cost: how often the request counts.

        Raises:
            HTTPException: the rate is exceeded.
        """
        if not self._counts.hit(rate, key, cost=cost):
            raise HTTPException(429, message, {"Retry-After": str(rate.get_expiry())})

    def exceeded(self, rate: RateLimitItem, key: str) -> bool:
        """Whether another request would exceed the rate; nothing is counted."""
        return not self._counts.test(rate, key)

    def count(self, rate: RateLimitItem, key: str) -> None:
        """Count a request without refusing it."""
        self._counts.hit(rate, key)


def client_address(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else "unknown"


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


class SizeLimit:
    """Refuses a request that is larger than allowed before it is stored."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.app = app
        self.largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its bytes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.largest:
            await self._refuse(scope, receive, send)
            return
        kind = Headers(scope=scope).get("content-type", "")
        if charset(kind) not in ("", "utf-8"):
            # Some of Python's decoders take minutes for what fits into a form.
            body = {"error": "write the form in UTF-8", "request_id": uuid.uuid4().hex}
            await JSONResponse(body, 415, _headers(body))(scope, receive, send)
            return
        received = 0
        refused = False

        async def counting_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.largest:
                raise HTTPException(413, self._message())
            return message

        async def guarded_send(message: Message) -> None:
            # The reader of the body turns any error in it into a bad request.
            nonlocal refused
            if received <= self.largest:
                await send(message)
            elif not refused:
                refused = True
                await self._refuse(scope, receive, send)

        await self.app(scope, counting_receive, guarded_send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = {"error": self._message(), "request_id": uuid.uuid4().hex}
        headers = {**_headers(body), "Connection": "close"}
        await JSONResponse(body, 413, headers)(scope, receive, send)

    def _message(self) -> str:
        return f"more than {(self.largest - FORM_OVERHEAD) / 1e6:.0f} MB; send a shorter recording"
