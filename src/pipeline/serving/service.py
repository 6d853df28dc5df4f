"""What all routes share: the model, the limits and the metrics."""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import numpy as np
from anyio.to_thread import run_sync
from fastapi import UploadFile
from prometheus_client import CollectorRegistry, Counter, Histogram

from pipeline.core.errors import AudioError, PackageError
from pipeline.core.storage import read_json
from pipeline.package import find
from pipeline.package.about import PackageAbout
from pipeline.package.listener import Listener, Prediction
from pipeline.package.package import CARD, EXPORT, Runtime, open_package
from pipeline.serving.limits import Limits, RateLimiter

VERSION: Final = importlib.metadata.version("ser-workbench")
CHUNK: Final = 1 << 20
T = TypeVar("T")


class Metrics:
    """The Prometheus metrics of one application."""

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
            "ser_recordings_total", "Recordings by outcome.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip


class Model:
    """A package, loaded.

    All of it is read at once, so that a later export to the same folder changes nothing.

    Attributes:
        folder: of the package.
        engine: that its networks run with.
        listener: predicts recordings.
        tested: figures on the recipe's tested clips; none if it was never exported.
        samples: recordings of its corpus to try.
        card: the model card in Markdown; none if it was never exported.
    """

    def __init__(self, folder: Path, engine: Runtime | None, longest: float) -> None:
        """Read a package and predict once, for the first prediction is slow.

        Args:
            folder: of the package.
            engine: that its networks run with; by default ONNX where it was exported.
            longest: seconds of a recording at most.

        Raises:
            PackageError: the package is damaged.
        """
        self.folder = folder
        self.engine: Runtime = engine or find.runtime(folder)
        try:
            self.listener = Listener(open_package(folder, self.engine), longest)
            rows = np.zeros((1, *self.about.shape), self.listener.renderer.dtype)
            self.listener.package.predict_proba(rows)
            exported = read_export(folder)
            self.tested = tested(exported, self.engine)
            self.samples: list[dict[str, Any]] = exported.get("samples", [])
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise PackageError(
                f"{folder}: damaged ({type(error).__name__}: {error}); make it again with: "
                "ser export"
            ) from None
        card = folder / CARD
        self.card = card.read_text(encoding="utf-8") if card.is_file() else None

    @property
    def about(self) -> PackageAbout:
        """What ``package.json`` says."""
        return self.listener.package.about


def read_export(folder: Path) -> dict[str, Any]:
    """What ``export.json`` says of a package; empty where it was never exported.

    Raises:
        PackageError: it is damaged.
    """
    path = folder / EXPORT
    return read_json(path, "ser export", PackageError) if path.is_file() else {}


def tested(exported: Mapping[str, Any], engine: Runtime) -> dict[str, Any] | None:
    """The figures on tested clips, of what ``export.json`` says.

    Intervals and figures for each emotion were measured with whole networks; ``served`` is
    the UAR of the engine itself where it differs.
    """
    if "tested" not in exported:
        return None
    served = exported.get("runtimes", {}).get(engine, {}).get("uar")
    lossy = engine in ("int8", "pruned")
    return {**exported["tested"], "served": served if lossy else None, "engine": engine}


class Service:
    """What the routes share.

    Attributes:
        model: that predicts; it may be replaced between two recordings.
        limits: of size and rate.
        metrics: for Prometheus.
        rate_limiter: counts requests.
        scratch: folder of uploads while they are predicted; the system's own if none.
    """

    def __init__(
        self, folder: Path, engine: Runtime | None, limits: Limits, scratch: Path | None = None
    ) -> None:
        self.engine = engine
        self.limits = limits
        self.model = Model(folder, engine, limits.seconds)
        self.metrics = Metrics()
        self.rate_limiter = RateLimiter()
        self.scratch = scratch
        self._limiter = anyio.CapacityLimiter(limits.at_once)

    def change(self, folder: Path) -> None:
        """Replace the model; predictions under way end with the old one.

        Raises:
            PackageError: the package is damaged; the old one stays.
        """
        self.model = Model(folder, self.engine, self.limits.seconds)

    async def run_limited(self, work: Callable[..., T], *values: Any) -> T:
        """Run work in a thread, as many at once as the limits allow."""
        return await run_sync(work, *values, limiter=self._limiter)

    async def predict(self, upload: UploadFile) -> Prediction | AudioError:
        """The prediction of an upload, or why there is none."""
        with self.upload_path() as path:
            await save(upload, path)
            (prediction,) = await self.run_limited(self.model.listener.predict_many, [path])
        self.count(prediction)
        return prediction

    def count(self, prediction: Prediction | AudioError) -> None:
        """Count a recording in the metrics."""
        self.count_outcome("refused" if isinstance(prediction, AudioError) else "predicted")

    def count_outcome(self, outcome: str) -> None:
        """Count a recording by its outcome, ``predicted`` or ``refused``."""
        self.metrics.recordings.labels(outcome).inc()

    @contextmanager
    def upload_path(self) -> Iterator[Path]:
        """A temporary file for one upload, deleted at the end of the block."""
        with tempfile.TemporaryDirectory(prefix="ser-upload-", dir=self.scratch) as folder:
            yield Path(folder) / "recording"


async def save(upload: UploadFile, path: Path) -> None:
    """Write an upload to a file."""
    async with await anyio.open_file(path, "wb") as file:
        while chunk := await upload.read(CHUNK):
            await file.write(chunk)


def client_message(error: AudioError, upload: UploadFile) -> str:
    """An error with the client's name of the file in place of our path."""
    _, _, reason = str(error).partition("recording: ")
    name = Path(upload.filename or "").name or "recording"
    return f"{name}: {reason or error}"
