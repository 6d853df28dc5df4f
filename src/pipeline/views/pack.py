"""A view on disk: one array read by memory map, and a table that says what each row is.

Worker processes render shards of a fixed number of clips, in a fixed order, into a
working folder that outlives a kill; the same call goes on from there. When
all are there they become one file. What is in it depends on the recordings, the
settings and the code alone, not on the number of processes or of kills.
"""

from __future__ import annotations

import hashlib
import json
import math
import multiprocessing
import multiprocessing.context
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from pipeline.config.views import (
    Augmentation,
    ImageViewSettings,
    SpeechViewSettings,
    VectorViewSettings,
    ViewSettings,
)
from pipeline.core.errors import AudioError, ViewError
from pipeline.core.storage import atomic_folder, atomic_write, write_json
from pipeline.views import audio, augmentation
from pipeline.views.packed import ARRAY, LOUDEST, TABLE, ViewAbout
from pipeline.views.renderer import Renderer
from pipeline.views.vector import vector_names
from pipeline.views.warm import compile_once

SHARD: Final = 128

ENCODER: Final = "encoder.json"
"""Beside the shards: what the encoder was that made them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row to render: a clip, or an augmented child of it.

    Attributes:
        clip: id of the recording, the parent of its augmented planes.
        path: its file.
        plane: position in the view's ``augment``, or -1 for the recording itself.
    """

    clip: str
    path: Path
    plane: int


def pack(
    recordings: Sequence[tuple[str, Path, str]],
    settings: ViewSettings,
    folder: Path,
    work: Path,
    *,
    seed: int,
    workers: int | None = None,
    progress: bool = True,
) -> ViewAbout:
    """Render recordings and their augmented planes into a folder.

    Args:
        recordings: id, file and hash of the samples of each clip.
        settings: the view.
        folder: where the view goes; complete, or not there at all.
        work: where shards wait; may hold those of a killed run.
        seed: for planes that draw.
        workers: processes; by default one per core.
        progress: show a progress bar.

    Returns:
        What ``about.json`` says: settings, shape, counts, clips set aside and why.

    Raises:
        ViewError: no clip can be used, or the disk is too small.
    """
    rows = list(_rows(recordings, settings))
    _require_space(folder, len(rows) * _row_bytes(settings))
    shards = work / _fingerprint(recordings, settings, seed)
    _clear_others(work, shards)
    shards.mkdir(parents=True, exist_ok=True)
    jobs = [
        (number, rows[start : start + SHARD])
        for number, start in enumerate(range(0, len(rows), SHARD))
    ]
    # An encoder fills memory and all cores, or the GPU, by itself.
    single = isinstance(settings, SpeechViewSettings)
    _render_all(jobs, settings, seed, shards, 1 if single else workers or cores(), progress)
    about = _assemble(len(jobs), settings, shards, folder)
    shutil.rmtree(work, ignore_errors=True)
    return about


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def plane_name(plane: Augmentation) -> str:
    """What a plane is called in the table.

    Example:
        >>> from pipeline.config.views import NoisePlane
        >>> plane_name(NoisePlane(kind="noise", snr_db=10.0))
        'noise-10'
    """
    value = next(value for key, value in plane.model_dump().items() if key != "kind")
    return f"{plane.kind}-{value:g}"


def _rows(recordings: Sequence[tuple[str, Path, str]], settings: ViewSettings) -> Iterator[Row]:
    """The recordings first, then plane after plane, each in the order of the ids."""
    ordered = sorted(recordings)
    for plane in range(-1, len(settings.augment)):
        for clip, path, _ in ordered:
            yield Row(clip, path, plane)


def _fingerprint(
    recordings: Sequence[tuple[str, Path, str]], settings: ViewSettings, seed: int
) -> str:
    """A hash of what a shard depends on, so that others are not gone on with."""
    digest = hashlib.sha256()
    sources = [
        Path(audio.__file__),
        Path(augmentation.__file__),
        *Path(__file__).parent.glob("*.py"),
    ]
    for source in sorted(sources):
        digest.update(source.read_bytes())
    digest.update(settings.model_dump_json().encode())
    digest.update(
        json.dumps([seed, [(clip, sound) for clip, _, sound in sorted(recordings)]]).encode()
    )
    return digest.hexdigest()[:16]


def _clear_others(work: Path, current: Path) -> None:
    for other in work.glob("*"):
        if other != current:
            shutil.rmtree(other, ignore_errors=True)


def _row_bytes(settings: ViewSettings) -> int:
    """Size of one row, known before anything as large as the view is made."""
    if isinstance(settings, VectorViewSettings):
        return 4 * len(vector_names(settings))
    if isinstance(settings, SpeechViewSettings):
        from pipeline.views import encoders

        return 4 * math.prod(encoders.shape(settings))
    return settings.height * settings.width * (1 if settings.channels == "grey" else 3)


def _require_space(folder: Path, size: int) -> None:
    """Shards and the finished file lie side by side for a moment, hence twice."""
    needed = 2 * size
    place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise ViewError(
            f"{folder}: the view needs {needed / 1e9:.1f} GB while it is made and "
            f"{free / 1e9:.1f} GB are free; make its height and width smaller, or free some space"
        )


def _render_all(
    jobs: list[tuple[int, list[Row]]],
    settings: ViewSettings,
    seed: int,
    shards: Path,
    workers: int,
    progress: bool,
) -> None:
    missing = [job for job in jobs if not _shard_paths(shards, job[0])[1].is_file()]
    total = sum(len(rows) for _, rows in jobs)
    done = total - sum(len(rows) for _, rows in missing)
    bar = tqdm(total=total, initial=done, desc="rendering", unit="clip", disable=not progress)
    with bar:
        if workers == 1 or len(missing) <= 1:
            worker = _Worker(settings, seed, shards)
            if worker.renderer.encoder is not None:
                write_json(shards / ENCODER, worker.renderer.encoder.about())
            for job in missing:
                bar.update(worker.render(job))
            return
        if _needs_librosa(settings):
            compile_once()
        context = _context()
        with ProcessPoolExecutor(
            min(workers, len(missing)), context, _start_worker, (settings, seed, shards)
        ) as pool:
            waiting = [pool.submit(_work, job) for job in missing]
            for future in as_completed(waiting):
                bar.update(future.result())


def _context() -> multiprocessing.context.BaseContext:
    """Processes that share one loading of torch, which takes seconds, where that is possible."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", __name__])
    return context


def _needs_librosa(settings: ViewSettings) -> bool:
    """Whether workers would compile what librosa compiles."""
    return isinstance(settings, VectorViewSettings) or any(
        plane.kind in ("stretch", "pitch") for plane in settings.augment
    )


class _Worker:
    """Renders shards in one process."""

    def __init__(self, settings: ViewSettings, seed: int, shards: Path) -> None:
        self.renderer = Renderer(settings)
        self.seed = seed
        self.shards = shards

    def render(self, job: tuple[int, list[Row]]) -> int:
        """Render one shard; the table is written last and marks it complete."""
        number, rows = job
        images = np.zeros((len(rows), *self.renderer.shape), self.renderer.dtype)
        notes = []
        for position, row in enumerate(rows):
            note: dict[str, Any] = {
                "clip": row.clip,
                "plane": row.plane,
                "error": "",
                "hash": "",
                LOUDEST: 0.0,
            }
            try:
                images[position], note[LOUDEST] = self._one(row)
                note["hash"] = hashlib.sha256(images[position].data).hexdigest()
            except AudioError as error:
                note["error"] = str(error)
            notes.append(note)
        array, table = _shard_paths(self.shards, number)
        with atomic_write(array) as partial, partial.open("wb") as file:
            np.save(file, images)
        write_json(table, notes)
        return len(rows)

    def _one(self, row: Row) -> tuple[npt.NDArray[Any], float]:
        settings = self.renderer.settings
        plane = settings.augment[row.plane] if row.plane >= 0 else None
        if not isinstance(settings, ImageViewSettings) or settings.scale == "clip":
            return self.renderer.render(row.path, plane=plane, seed=self.seed, clip=row.clip), 0.0
        return self.renderer.render_with_level(row.path, plane=plane, seed=self.seed, clip=row.clip)


_worker: _Worker | None = None


def _start_worker(settings: ViewSettings, seed: int, shards: Path) -> None:
    global _worker
    _worker = _Worker(settings, seed, shards)


def _work(job: tuple[int, list[Row]]) -> int:
    assert _worker is not None
    return _worker.render(job)


def _shard_paths(shards: Path, number: int) -> tuple[Path, Path]:
    return shards / f"{number:05}.npy", shards / f"{number:05}.json"


def _assemble(count: int, settings: ViewSettings, shards: Path, folder: Path) -> ViewAbout:
    """Join the shards, without the rows that could not be rendered."""
    notes = [
        json.loads(_shard_paths(shards, number)[1].read_text(encoding="utf-8"))
        for number in range(count)
    ]
    flat = [note for shard in notes for note in shard]
    good = [note for note in flat if not note["error"]]
    errors = {note["clip"]: note["error"] for note in flat if note["error"]}
    if not good:
        first = next(iter(errors.values()), "the dataset's index holds no usable clip")
        raise ViewError(f"{folder}: no clip can be rendered: {first}")
    usable = [[at for at, note in enumerate(shard) if not note["error"]] for shard in notes]
    with atomic_folder(folder) as partial:
        shape, dtype = _join(shards, usable, len(good), partial / ARRAY)
        encoder = None
        if isinstance(settings, SpeechViewSettings):
            encoder = json.loads((shards / ENCODER).read_text(encoding="utf-8"))
        about = ViewAbout(
            settings=settings.model_dump(mode="json"),
            rows=len(good),
            clips=len({note["clip"] for note in good}),
            planes=("", *(plane_name(plane) for plane in settings.augment)),
            shape=shape,
            dtype=dtype,
            set_aside=errors,
            encoder=encoder,
        )
        _table(good, settings).to_csv(partial / TABLE, index=False, lineterminator="\n")
        about.write(partial)
    return about


def _join(
    shards: Path, usable: list[list[int]], rows: int, path: Path
) -> tuple[tuple[int, ...], str]:
    """Write the shards one after the other, so that memory holds one at a time."""
    first = np.load(_shard_paths(shards, 0)[0], mmap_mode="r")
    shape, dtype = first.shape[1:], first.dtype
    header = {"descr": dtype.str, "fortran_order": False, "shape": (rows, *shape)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for number, positions in enumerate(usable):
            images = np.load(_shard_paths(shards, number)[0], mmap_mode="r")
            file.write(np.ascontiguousarray(images[positions]).data)
        file.flush()
        os.fsync(file.fileno())
    return shape, str(dtype)


def _table(notes: list[dict[str, Any]], settings: ViewSettings) -> pd.DataFrame:
    names = [*(plane_name(plane) for plane in settings.augment), ""]
    table = pd.DataFrame(notes)[["clip", "plane", "hash", LOUDEST]]
    table["plane"] = [names[plane] for plane in table["plane"]]
    table[LOUDEST] = table[LOUDEST].round(4)
    return table
