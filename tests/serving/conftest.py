"""A package that can be served."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.package import examples


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of the tiny recipe's softmax."""
    root = examples.run_recipe(tmp_path_factory.mktemp("repository"))
    return examples.gather(root, tmp_path_factory.mktemp("package") / "softmax")
