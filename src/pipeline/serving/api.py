"""The package over HTTP: files in, probabilities out.

No name that a client sends reaches the file system: an upload is written under a name of our
own into a folder that is deleted with the request, and its format is found by decoding it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from limits import RateLimitItemPerMinute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from pipeline.core.errors import AudioError
from pipeline.package.listener import Prediction
from pipeline.serving.limits import client_address
from pipeline.serving.schemas import FAILURES, Answer, Batch, BatchItem, Health
from pipeline.serving.service import VERSION, Service, client_message, save

WORDS: Final = "A recording: wav, flac, mp3, m4a, aac, mp4, webm, ogg, opus, aiff."
FILE: Final = File(description=WORDS)
FILES: Final = File(description=WORDS, min_length=1)


def routes(service: Service) -> APIRouter:
    """All routes for programs."""
    router = APIRouter(responses=FAILURES)
    rate = RateLimitItemPerMinute(service.limits.per_minute)

    def limit(request: Request, recordings: int = 1) -> None:
        message = f"more than {service.limits.per_minute} recordings in a minute; wait a little"
        service.rate_limiter.require(rate, client_address(request), message, recordings)

    @router.post("/predict", tags=["predict"])
    async def predict(request: Request, file: Annotated[UploadFile, FILE]) -> Answer:
        """One recording of any common format, up to the limits of the service."""
        limit(request)
        prediction = await service.predict(file)
        if isinstance(prediction, AudioError):
            raise HTTPException(422, client_message(prediction, file))
        return Answer.model_validate(prediction.as_dict())

    @router.post("/predict/batch", tags=["predict"])
    async def predict_batch(request: Request, files: Annotated[list[UploadFile], FILES]) -> Batch:
        """Several recordings; one that cannot be used has its error in its place."""
        if len(files) > service.limits.files:
            raise HTTPException(
                413, f"{len(files)} files, and {service.limits.files} are taken at once; send fewer"
            )
        limit(request, len(files))
        items = []
        for file in files:
            prediction = await service.predict(file)
            name = file.filename or ""
            if isinstance(prediction, AudioError):
                error = client_message(prediction, file)
                items.append(BatchItem(name=name, answer=None, error=error))
            else:
                answer = Answer.model_validate(prediction.as_dict())
                items.append(BatchItem(name=name, answer=answer, error=None))
        return Batch(recordings=items)

    @router.post(
        "/predict/stream",
        tags=["predict"],
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
    )
    async def predict_stream(
        request: Request, file: Annotated[UploadFile, FILE]
    ) -> StreamingResponse:
        """One recording, window by window as they are predicted: a line of JSON for each.

        The last line is what `/predict` gives.
        """
        limit(request)
        lines = _lines(service, file)
        first = await anext(lines)  # an error of the recording is the response's status

        async def rest() -> AsyncIterator[str]:
            yield first
            async for line in lines:
                yield line

        return StreamingResponse(rest(), media_type="application/x-ndjson")

    @router.get("/health", tags=["operation"])
    def health() -> Health:
        """Whether the service works, and with which model."""
        model = service.model
        return Health(
            status="ok",
            model=model.about.recipe,
            head=model.about.head,
            engine=model.engine,
            emotions=list(model.about.emotions),
            version=VERSION,
        )

    @router.get("/metrics", tags=["operation"], response_class=Response)
    def metrics() -> Response:
        """Counts and times, as Prometheus reads them."""
        return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _lines(service: Service, upload: UploadFile) -> AsyncIterator[str]:
    """Windows and the whole prediction, a line each."""
    listener = service.model.listener
    with service.upload_path() as path:
        await save(upload, path)
        items = listener.stream(path)
        emotions = listener.package.emotions
        while True:
            try:
                item = await service.run_limited(next, items, None)
            except AudioError as error:
                service.count(error)
                raise HTTPException(422, client_message(error, upload)) from None
            if item is None:
                return
            if isinstance(item, Prediction):
                service.count(item)
                yield json.dumps(item.as_dict()) + "\n"
            else:
                yield json.dumps(item.as_dict(emotions)) + "\n"
