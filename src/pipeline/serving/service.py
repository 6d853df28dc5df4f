"""The package over HTTP: files in, probabilities out.

Nothing that a client names reaches the file system: an upload is written under a name of our
own into a folder that lives as long as its request, and what it is, is told by decoding it.
"""

from __future__ import annotations

import importlib.metadata
import json
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
from anyio.to_thread import run_sync
from fastapi import FastAPI, File, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as written
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import AudioError
from pipeline.serving import find
from pipeline.serving.listener import Heard, Listener
from pipeline.serving.package import Runtime, open_package

VERSION: Final = importlib.metadata.version("ser-workbench")
REQUEST_ID: Final = "X-Request-ID"
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


class WindowAnswer(BaseModel):
    """A stretch of a recording."""

    start: float = Field(description="Seconds from the beginning.")
    end: float
    probabilities: dict[str, float]


class Answer(BaseModel):
    """What a recording sounds like."""

    emotion: str = Field(description="The likeliest.")
    confidence: float
    probabilities: dict[str, float]
    seconds: float = Field(description="Length of the recording.")
    sounding: float = Field(description="Seconds without the silence at its ends.")
    windows: list[WindowAnswer]


class Failure(BaseModel):
    """Why something could not be done, and what to do."""

    error: str
    request_id: str


class Place(BaseModel):
    """One recording of a batch: an answer, or why there is none."""

    model_config = ConfigDict(extra="forbid")

    name: str
    answer: Answer | None
    error: str | None


class Batch(BaseModel):
    """Recordings in the order they came in."""

    recordings: list[Place]


class Health(BaseModel):
    """Whether answers can be had, and whose."""

    status: str
    model: str
    head: str
    engine: str
    emotions: list[str]
    version: str


FILE: Final = File(description="A recording: wav, flac, ogg, opus, mp3, aiff.")

FAILURES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Failure, "description": words}
    for status, words in {
        400: "the request cannot be read",
        413: "more than the service takes",
        422: "no recording that can be used",
        429: "too many recordings in a minute",
    }.items()
}


class Figures:
    """What Prometheus asks for, of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ser_requests_total", "Requests.", ["path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "ser_request_seconds", "Seconds from request to answer.", ["path"],
            registry=self.registry,
        )  # fmt: skip
        self.recordings = Counter(
            "ser_recordings_total", "Recordings heard, or refused.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip


class Service:
    """What the routes share."""

    def __init__(self, folder: Path, engine: Runtime | None, limits: Limits) -> None:
        self.engine = engine or find.runtime(folder)
        self.listener = Listener(open_package(folder, self.engine), limits.seconds)
        self.limits = limits
        self.figures = Figures()
        self.rate = RateLimitItemPerMinute(limits.per_minute)
        self.limiter = MovingWindowRateLimiter(MemoryStorage())
        self.turns = anyio.CapacityLimiter(limits.at_once)

    def admit(self, request: Request, recordings: int = 1) -> None:
        """Count a client's recordings.

        Raises:
            HTTPException: it had its share for this minute.
        """
        client = request.client.host if request.client else "nobody"
        if not self.limiter.hit(self.rate, client, cost=recordings):
            raise HTTPException(
                429,
                f"more than {self.limits.per_minute} recordings in a minute; wait a little",
                {"Retry-After": "60"},
            )

    async def hear(self, upload: UploadFile) -> Heard | AudioError:
        """What an upload sounds like."""
        with kept() as path:
            await _save(upload, path)
            (heard,) = await run_sync(self.listener.hear_many, [path], limiter=self.turns)
        self.count(heard)
        return heard

    def count(self, heard: Heard | AudioError) -> None:
        """Tell the figures of a recording."""
        outcome = "refused" if isinstance(heard, AudioError) else "heard"
        self.figures.recordings.labels(outcome).inc()


def create(folder: Path, engine: Runtime | None = None, limits: Limits | None = None) -> FastAPI:
    """The application.

    Args:
        folder: of a package.
        engine: what its networks answer with; by default ONNX where it was exported.
        limits: what one client may ask for.

    Raises:
        PackageError: the package is damaged.
    """
    service = Service(folder, engine, limits or Limits())
    app = FastAPI(
        title="ser-workbench",
        version=VERSION,
        summary="What a voice sounds like: probabilities of emotions, as actors play them.",
        responses=FAILURES,
        lifespan=_lifespan,
    )
    app.state.service = service
    app.middleware("http")(_watched)
    app.add_middleware(Bounded, largest=round(service.limits.megabytes * 1e6) + ROOM)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(Exception, _broken)

    @app.post("/predict", tags=["predict"])
    async def predict(request: Request, file: Annotated[UploadFile, FILE]) -> Answer:
        """One recording of any common format, up to the limits of the service."""
        service.admit(request)
        heard = await service.hear(file)
        if isinstance(heard, AudioError):
            raise HTTPException(422, said(heard, file))
        return Answer.model_validate(heard.about())

    @app.post("/predict/batch", tags=["predict"])
    async def predict_batch(request: Request, files: Annotated[list[UploadFile], FILE]) -> Batch:
        """Several recordings; what cannot be used is told in its place."""
        if len(files) > service.limits.files:
            raise HTTPException(
                413, f"{len(files)} files, and {service.limits.files} are taken at once; send fewer"
            )
        service.admit(request, len(files))
        places = []
        for file in files:
            heard = await service.hear(file)
            name = file.filename or ""
            if isinstance(heard, AudioError):
                places.append(Place(name=name, answer=None, error=said(heard, file)))
            else:
                answer = Answer.model_validate(heard.about())
                places.append(Place(name=name, answer=answer, error=None))
        return Batch(recordings=places)

    @app.post(
        "/predict/stream",
        tags=["predict"],
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
    )
    async def predict_stream(
        request: Request, file: Annotated[UploadFile, FILE]
    ) -> StreamingResponse:
        """One recording, window by window as they are judged: a line of JSON for each.

        The last line is what `/predict` gives.
        """
        service.admit(request)
        lines = _lines(service, file)
        first = await anext(lines)  # what cannot be used is told by the status

        async def rest() -> AsyncIterator[str]:
            yield first
            async for line in lines:
                yield line

        return StreamingResponse(rest(), media_type="application/x-ndjson")

    @app.get("/health", tags=["operation"])
    def health() -> Health:
        """Whether answers can be had, and whose."""
        about = service.listener.package.about
        return Health(
            status="ok",
            model=about["recipe"],
            head=about["head"],
            engine=service.engine,
            emotions=about["emotions"],
            version=VERSION,
        )

    @app.get("/metrics", tags=["operation"], response_class=Response)
    def metrics() -> Response:
        """Counts and times, as Prometheus reads them."""
        return Response(written(service.figures.registry), media_type=CONTENT_TYPE_LATEST)

    return app


@contextmanager
def kept() -> Iterator[Path]:
    """A place for one upload, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="ser-upload-") as folder:
        yield Path(folder) / "recording"


def said(error: AudioError, upload: UploadFile) -> str:
    """An error as the client may read it: with its own name for the file, and no path of ours."""
    _, _, words = str(error).partition("recording: ")
    name = Path(upload.filename or "").name or "recording"
    return f"{name}: {words or error}"


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
        await JSONResponse(body, 413, {"Connection": "close"})(scope, receive, send)

    def _words(self) -> str:
        return f"more than {(self.largest - ROOM) / 1e6:.0f} MB; send a shorter recording"


async def _watched(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Give every request an id, and count and time it."""
    given = request.headers.get(REQUEST_ID, "")
    request.state.id = given if given.isalnum() and len(given) <= 64 else uuid.uuid4().hex
    begun = time.perf_counter()
    response = await call_next(request)
    route = request.scope.get("route")
    path = getattr(route, "path", "elsewhere")
    figures: Figures = request.app.state.service.figures
    figures.requests.labels(path, str(response.status_code)).inc()
    figures.seconds.labels(path).observe(time.perf_counter() - begun)
    response.headers[REQUEST_ID] = request.state.id
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = {"error": str(error.detail), "request_id": request.state.id}
    return JSONResponse(body, error.status_code, error.headers)


def _misread(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    words = f"{where}: {first['msg']}" if where else str(first["msg"])
    return JSONResponse({"error": words, "request_id": request.state.id}, 422)


def _broken(request: Request, error: Exception) -> Response:
    body = {
        "error": "something broke here; tell whoever runs this service the request's id",
        "request_id": request.state.id,
    }
    return JSONResponse(body, 500, {REQUEST_ID: request.state.id})


async def _save(upload: UploadFile, path: Path) -> None:
    async with await anyio.open_file(path, "wb") as file:
        while piece := await upload.read(1 << 20):
            await file.write(piece)


async def _lines(service: Service, upload: UploadFile) -> AsyncIterator[str]:
    """Windows and the answer, a line each."""
    with kept() as path:
        await _save(upload, path)
        following = service.listener.follow(path)
        emotions = service.listener.package.emotions
        while True:
            try:
                item = await run_sync(next, following, None, limiter=service.turns)
            except AudioError as error:
                service.count(error)
                raise HTTPException(422, said(error, upload)) from None
            if item is None:
                return
            if isinstance(item, Heard):
                service.count(item)
                yield json.dumps(item.about()) + "\n"
            else:
                yield json.dumps(item.about(emotions)) + "\n"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Answer once before anybody asks, for the first answer is slow."""
    import numpy as np

    service: Service = app.state.service
    package = service.listener.package
    shape = package.about["shape"]
    kind = np.uint8 if service.listener.renderer.dtype == np.uint8 else np.float32
    await run_sync(package.judge, np.zeros((1, *shape), kind))
    yield
