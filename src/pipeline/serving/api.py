"""The package over HTTP: files in, probabilities out.

Nothing that a client names reaches the file system: an upload is written under a name of our
own into a folder that lives as long as its request, and what it is, is told by decoding it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from limits import RateLimitItemPerMinute
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client import generate_latest as written
from starlette.exceptions import HTTPException

from pipeline.core.errors import AudioError
from pipeline.package.listener import Heard
from pipeline.serving.limits import client
from pipeline.serving.schemas import FAILURES, Answer, Batch, Health, Place
from pipeline.serving.service import VERSION, Service, said, save

WORDS: Final = "A recording: wav, flac, ogg, opus, mp3, aiff."
FILE: Final = File(description=WORDS)
FILES: Final = File(description=WORDS, min_length=1)


def routes(service: Service) -> APIRouter:
    """All routes for programs."""
    router = APIRouter(responses=FAILURES)
    rate = RateLimitItemPerMinute(service.limits.per_minute)

    def admit(request: Request, recordings: int = 1) -> None:
        words = f"more than {service.limits.per_minute} recordings in a minute; wait a little"
        service.turnstile.admit(rate, client(request), words, recordings)

    @router.post("/predict", tags=["predict"])
    async def predict(request: Request, file: Annotated[UploadFile, FILE]) -> Answer:
        """One recording of any common format, up to the limits of the service."""
        admit(request)
        heard = await service.hear(file)
        if isinstance(heard, AudioError):
            raise HTTPException(422, said(heard, file))
        return Answer.model_validate(heard.about())

    @router.post("/predict/batch", tags=["predict"])
    async def predict_batch(request: Request, files: Annotated[list[UploadFile], FILES]) -> Batch:
        """Several recordings; what cannot be used is told in its place."""
        if len(files) > service.limits.files:
            raise HTTPException(
                413, f"{len(files)} files, and {service.limits.files} are taken at once; send fewer"
            )
        admit(request, len(files))
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

    @router.post(
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
        admit(request)
        lines = _lines(service, file)
        first = await anext(lines)  # what cannot be used is told by the status

        async def rest() -> AsyncIterator[str]:
            yield first
            async for line in lines:
                yield line

        return StreamingResponse(rest(), media_type="application/x-ndjson")

    @router.get("/health", tags=["operation"])
    def health() -> Health:
        """Whether answers can be had, and whose."""
        model = service.model
        return Health(
            status="ok",
            model=model.about["recipe"],
            head=model.about["head"],
            engine=model.engine,
            emotions=model.about["emotions"],
            version=VERSION,
        )

    @router.get("/metrics", tags=["operation"], response_class=Response)
    def metrics() -> Response:
        """Counts and times, as Prometheus reads them."""
        return Response(written(service.figures.registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _lines(service: Service, upload: UploadFile) -> AsyncIterator[str]:
    """Windows and the answer, a line each."""
    listener = service.model.listener
    with service.kept() as path:
        await save(upload, path)
        following = listener.follow(path)
        emotions = listener.package.emotions
        while True:
            try:
                item = await service.turn(next, following, None)
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
