"""Small real recordings, made on the spot; real ones when a mirror is there."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.config.corpora import IndexSettings
from pipeline.config.folders import load

ROOT = Path(__file__).parent.parent

Record = Callable[..., Path]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Write a short recording: a hum whose sound is decided by ``seed``."""

    def write(
        path: str | Path,
        *,
        seed: int = 0,
        seconds: float = 0.5,
        rate: int = 16_000,
        channels: int = 1,
        gain: float = 0.3,
        subtype: str = "PCM_16",
        form: str | None = None,
    ) -> Path:
        rng = np.random.default_rng(seed)
        time = np.arange(round(seconds * rate)) / rate
        wave = gain * np.sin(2 * np.pi * (110 + 7 * seed) * time)
        wave = wave + gain * 0.05 * rng.standard_normal(len(time))
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        samples = np.round(wave * 32767).astype(np.int16)
        frames = np.repeat(samples[:, None], channels, axis=1)
        soundfile.write(target, frames, rate, subtype=subtype, format=form)
        return target

    return write


@pytest.fixture
def index_settings() -> IndexSettings:
    """The index settings of the repository."""
    return load(IndexSettings, "index", root=ROOT)


@pytest.fixture
def mirror(request: pytest.FixtureRequest) -> Path:
    """The folder of real recordings; tests that need it are skipped elsewhere."""
    folder = os.environ.get("SER_MIRROR", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no real recordings: set SER_MIRROR to a folder with <corpus>.zip files")
    return Path(folder).resolve()


@pytest.fixture
def unpacked(mirror: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Unpack a corpus of the mirror; the test is skipped when the mirror lacks it."""

    def unpack(corpus: str) -> Path:
        archive = mirror / f"{corpus}.zip"
        if not archive.is_file():
            pytest.skip(f"no {corpus}.zip in {mirror}")
        with zipfile.ZipFile(archive) as content:
            content.extractall(tmp_path / corpus)
        return tmp_path / corpus

    return unpack


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose small demo is run and committed."""
    from tests.graph.projects import commit, dvc, make_small

    project = make_small(tmp_path_factory.mktemp("finished") / "project")
    (project / ".gitignore").write_text(".venv\nmlflow.db*\nmlartifacts\ncheckpoints\n")
    dvc(project, "repro", "evaluate@demo")
    commit(project, "the demo is run")
    return project


@pytest.fixture
def demo_project(finished_demo: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(finished_demo, tmp_path / "project", symlinks=True))
