"""A tiny cooked recipe, ready to be served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.package import package
from tests.heads import blobs
from tests.training import tiny

RATE = 16_000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a cooked recipe."""
    root = tmp_path_factory.mktemp("cooked")
    tiny.cook(root, tiny.recipe(), {name: blobs.settings(name) for name in ("softmax", "svm")})
    return root


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of its softmax."""
    folder = tmp_path_factory.mktemp("package") / "softmax"
    package.gather("tiny", "softmax", folder, root)
    return folder


def tone(seconds: float, level: float = 0.3, pitch: float = 220.0) -> npt.NDArray[Any]:
    """Something that can be heard."""
    times = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(level * np.sin(2 * np.pi * pitch * times))
