"""Settings as in params.yaml, and a few real recordings when a mirror is there."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipeline.config.base import parse
from pipeline.config.views import (
    MelViewSettings,
    StftViewSettings,
    VectorViewSettings,
    ViewSettings,
)

AUDIO: dict[str, Any] = {
    "rate": 16_000,
    "resampler": "HQ",
    "silence": {"trim_db": 40.0, "inner": False, "frame": 2048, "hop": 512},
    "normalise": "none",
    "rms_db": None,
    "seconds": 3.0,
    "fit": "centre",
}
IMAGE: dict[str, Any] = {
    "dataset": "demo",
    "n_fft": 1024,
    "hop": 376,
    "fmin": 0.0,
    "fmax": 8000.0,
    "top_db": 80.0,
    "height": 128,
    "width": 128,
    "channels": "grey",
    "colour_map": None,
    "scale": "clip",
    "augment": [],
}
VECTOR: dict[str, Any] = {
    "dataset": "demo",
    "n_fft": 2048,
    "hop": 512,
    "features": "basic",
    "augment": [],
}


def image(
    kind: str = "mel", audio: dict[str, Any] | None = None, **changes: Any
) -> MelViewSettings | StftViewSettings:
    """Settings of an image; ``audio`` and the rest change single values."""
    bands = {"bands": 128} if kind == "mel" else {}
    data = {"kind": kind, **IMAGE, **bands, "audio": {**AUDIO, **(audio or {})}, **changes}
    settings: MelViewSettings | StftViewSettings = parse(ViewSettings, data, "views.test")  # type: ignore[arg-type]
    return settings


def vector(audio: dict[str, Any] | None = None, **changes: Any) -> VectorViewSettings:
    """Settings of a vector of the whole clip."""
    prepared = {**AUDIO, "seconds": None, **(audio or {})}
    data = {"kind": "vector", **VECTOR, "audio": prepared, **changes}
    settings: VectorViewSettings = parse(ViewSettings, data, "views.test")  # type: ignore[arg-type]
    return settings


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write a wave to a file; by default as exact samples in a .wav."""

    def write(name: str, wave: np.ndarray, rate: int = 16_000, **options: Any) -> Path:
        path = tmp_path / name
        if path.suffix == ".wav":
            options.setdefault("subtype", "FLOAT")
        soundfile.write(path, wave, rate, **options)
        return path

    return write


def members(archive: Path, folder: Path, ending: str, count: int) -> list[Path]:
    """Unpack some recordings, evenly spread over an archive."""
    if not archive.is_file():
        pytest.skip(f"no {archive.name} in SER_MIRROR")
    with zipfile.ZipFile(archive) as content:
        names = sorted(name for name in content.namelist() if name.endswith(ending))
        return [Path(content.extract(name, folder)) for name in names[:: len(names) // count]]


@pytest.fixture
def ravdess(mirror: Path, tmp_path: Path) -> list[Path]:
    """Forty clips of RAVDESS, 48 kHz."""
    return members(mirror / "ravdess.zip", tmp_path, ".flac", 40)


@pytest.fixture
def crema(mirror: Path, tmp_path: Path) -> list[Path]:
    """Forty clips of CREMA-D, the Opus copy."""
    return members(mirror / "crema-d.zip", tmp_path, ".opus", 40)
