"""Stores for tests, with no runs in them."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline import tracking


@pytest.fixture(scope="session")
def template(request: pytest.FixtureRequest) -> Path:
    """A prepared store; making one takes ten seconds, so it is cached between sessions."""
    folder: Path = request.config.cache.mkdir(f"mlflow-{version('mlflow')}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        tracking.prepare()
    return folder / "mlflow.db"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a repository without a store."""
    (tmp_path / "dvc.yaml").touch()
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def root(bare: Path, template: Path) -> Path:
    """The root of a repository with a prepared, empty store."""
    shutil.copy(template, bare / "mlflow.db")
    return bare
