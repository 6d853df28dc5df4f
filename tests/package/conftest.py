"""A tiny recipe that was run, and a package of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.package import examples


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which the tiny recipe was run."""
    return examples.run_recipe(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of its softmax."""
    return examples.gather(root, tmp_path_factory.mktemp("package") / "softmax")
