"""A repository whose small demo is run and committed, for slow tests to copy and change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.graph.projects import commit, dvc, make_small


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository; tests copy it."""
    project = make_small(tmp_path_factory.mktemp("finished") / "project")
    (project / ".gitignore").write_text(".venv\nmlflow.db*\nmlartifacts\ncheckpoints\n")
    dvc(project, "repro", "evaluate@demo")
    commit(project, "the demo is run")
    return project


@pytest.fixture
def demo_project(finished_demo: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(finished_demo, tmp_path / "project", symlinks=True))
