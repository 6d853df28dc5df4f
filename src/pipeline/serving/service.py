"""What all routes share: the model that answers, whose turn it is, and what happened."""

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
from pipeline.package.listener import Heard, Listener
from pipeline.package.package import CARD, EXPORTED, Runtime, open_package
from pipeline.serving.limits import Limits, Turnstile

VERSION: Final = importlib.metadata.version("ser-workbench")
PIECE: Final = 1 << 20
T = TypeVar("T")


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


class Model:
    """A package that answers.

    All of it is read at once, so that an export which takes its place on disk changes nothing.

    Attributes:
        folder: it was read from.
        engine: what its networks answer with.
        listener: asks it.
        tested: how it did on the clips that its recipe tested; nothing if never exported.
        samples: recordings of its corpus that a person may try.
        card: for people, in Markdown; nothing if never exported.
    """

    def __init__(self, folder: Path, engine: Runtime | None, longest: float) -> None:
        """Read a package and let it answer once, for the first answer is slow.

        Args:
            folder: of the package.
            engine: what its networks answer with; by default ONNX where it was exported.
            longest: seconds of a recording that are listened to at most.

        Raises:
            PackageError: the package is damaged.
        """
        self.folder = folder
        self.engine: Runtime = engine or find.runtime(folder)
        try:
            self.listener = Listener(open_package(folder, self.engine), longest)
            shape = self.listener.package.about["shape"]
            self.listener.package.judge(np.zeros((1, *shape), self.listener.renderer.dtype))
            told = exported(folder)
            self.tested = tested(told, self.engine)
            self.samples: list[dict[str, Any]] = told.get("samples", [])
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise PackageError(
                f"{folder}: damaged ({type(error).__name__}: {error}); make it again with: "
                "ser export"
            ) from None
        card = folder / CARD
        self.card = card.read_text(encoding="utf-8") if card.is_file() else None

    @property
    def about(self) -> dict[str, Any]:
        """What ``package.json`` says."""
        return self.listener.package.about


def exported(folder: Path) -> dict[str, Any]:
    """What ``export.json`` says of a package; nothing where it was never exported.

    Raises:
        PackageError: it is damaged.
    """
    path = folder / EXPORTED
    return read_json(path, "ser export", PackageError) if path.is_file() else {}


def tested(told: Mapping[str, Any], engine: Runtime) -> dict[str, Any] | None:
    """How a package did, of what ``export.json`` says.

    Its intervals and its figures for each emotion were measured with whole networks; what the
    engine itself reads is told beside them where it is not the same.
    """
    if "tested" not in told:
        return None
    served = told.get("runtimes", {}).get(engine, {}).get("uar")
    lossy = engine in ("int8", "pruned")
    return {**told["tested"], "served": served if lossy else None, "engine": engine}


class Service:
    """What the routes share.

    Attributes:
        model: that answers; another may take its place between two recordings.
        limits: what one client may ask for.
        figures: what happened.
        turnstile: who asked how often.
        scratch: where uploads lie for as long as they are needed; the system's place if none.
    """

    def __init__(
        self, folder: Path, engine: Runtime | None, limits: Limits, scratch: Path | None = None
    ) -> None:
        self.engine = engine
        self.limits = limits
        self.model = Model(folder, engine, limits.seconds)
        self.figures = Figures()
        self.turnstile = Turnstile()
        self.scratch = scratch
        self._turns = anyio.CapacityLimiter(limits.at_once)

    def change(self, folder: Path) -> None:
        """Let another package answer; what is being answered is answered by the old one.

        Raises:
            PackageError: the package is damaged; the old one stays.
        """
        self.model = Model(folder, self.engine, self.limits.seconds)

    async def turn(self, work: Callable[..., T], *values: Any) -> T:
        """Do some work aside when its turn comes."""
        return await run_sync(work, *values, limiter=self._turns)

    async def hear(self, upload: UploadFile) -> Heard | AudioError:
        """What an upload sounds like."""
        with self.kept() as path:
            await save(upload, path)
            (heard,) = await self.turn(self.model.listener.hear_many, [path])
        self.count(heard)
        return heard

    def count(self, heard: Heard | AudioError) -> None:
        """Tell the figures of a recording."""
        outcome = "refused" if isinstance(heard, AudioError) else "heard"
        self.figures.recordings.labels(outcome).inc()

    @contextmanager
    def kept(self) -> Iterator[Path]:
        """A place for one upload, for as long as it is needed."""
        with tempfile.TemporaryDirectory(prefix="ser-upload-", dir=self.scratch) as folder:
            yield Path(folder) / "recording"


async def save(upload: UploadFile, path: Path) -> None:
    """Write an upload to a file."""
    async with await anyio.open_file(path, "wb") as file:
        while piece := await upload.read(PIECE):
            await file.write(piece)


def said(error: AudioError, upload: UploadFile) -> str:
    """An error as the client may read it: with its own name for the file, and no path of ours."""
    _, _, words = str(error).partition("recording: ")
    name = Path(upload.filename or "").name or "recording"
    return f"{name}: {words or error}"
