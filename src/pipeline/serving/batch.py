"""Many recordings: in several processes, in order, and no broken one stops the others."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from pipeline.core.errors import AudioError
from pipeline.package.listener import Heard, Listener
from pipeline.package.package import Runtime, open_package

CHUNK: Final = 16
"""Recordings that a process takes at once: their views are judged together."""

Answer = tuple[Path, Heard | AudioError]


def hear_all(
    paths: Sequence[Path], folder: Path, runtime: Runtime, processes: int = 1
) -> Iterator[Answer]:
    """What recordings sound like, in order; an unusable one gives its error in its place.

    Args:
        paths: of the recordings.
        folder: of the package.
        runtime: what the networks answer with.
        processes: that share the work, each with a package of its own.

    Raises:
        PackageError: the package is damaged, or has no graphs for the runtime.
    """
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    if processes == 1 or len(chunks) == 1:
        listener = Listener(open_package(folder, runtime))
        for chunk in chunks:
            yield from zip(chunk, listener.hear_many(chunk), strict=True)
        return
    context = multiprocessing.get_context("spawn")
    workers = min(processes, len(chunks))
    with ProcessPoolExecutor(workers, context, _start, (folder, runtime)) as pool:
        for chunk, heard in zip(chunks, pool.map(_work, chunks), strict=True):
            yield from zip(chunk, heard, strict=True)


_listener: Listener | None = None


def _start(folder: Path, runtime: Runtime) -> None:
    global _listener
    import torch

    torch.set_num_threads(1)
    _listener = Listener(open_package(folder, runtime))


def _work(chunk: Sequence[Path]) -> list[Heard | AudioError]:
    assert _listener is not None
    return _listener.hear_many(chunk)
