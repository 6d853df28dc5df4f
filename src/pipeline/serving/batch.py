"""Many recordings: in several processes, in order, and no broken one stops the others."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from pipeline.core.errors import AudioError
from pipeline.package.listener import Listener, Prediction
from pipeline.package.package import Runtime, open_package

CHUNK: Final = 16
"""Recordings that a process takes at once: their views are predicted together."""

Result = tuple[Path, Prediction | AudioError]


def predict_all(
    paths: Sequence[Path], folder: Path, runtime: Runtime, processes: int = 1
) -> Iterator[Result]:
    """The predictions of recordings, in order; an unusable one gives its error instead.

    Args:
        paths: of the recordings.
        folder: of the package.
        runtime: of the networks.
        processes: that share the work, each with a package of its own.

    Raises:
        PackageError: the package is damaged, or has no graphs for the runtime.
    """
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    if processes == 1 or len(chunks) == 1:
        listener = Listener(open_package(folder, runtime))
        for chunk in chunks:
            yield from zip(chunk, listener.predict_many(chunk), strict=True)
        return
    context = multiprocessing.get_context("spawn")
    workers = min(processes, len(chunks))
    with ProcessPoolExecutor(workers, context, _start, (folder, runtime)) as pool:
        for chunk, predictions in zip(chunks, pool.map(_work, chunks), strict=True):
            yield from zip(chunk, predictions, strict=True)


_listener: Listener | None = None


def _start(folder: Path, runtime: Runtime) -> None:
    global _listener
    import torch

    torch.set_num_threads(1)
    _listener = Listener(open_package(folder, runtime))


def _work(chunk: Sequence[Path]) -> list[Prediction | AudioError]:
    assert _listener is not None
    return _listener.predict_many(chunk)
