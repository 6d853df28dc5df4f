"""A tiny recipe that was run, its packages, and recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import yaml

from pipeline.config.base import parse
from pipeline.config.views import ViewSettings
from pipeline.core.layout import Layout
from pipeline.heads.recipe import fit_recipe
from pipeline.package import package
from pipeline.training.features import embed_without_network
from pipeline.views.packed import ARRAY, TABLE, ViewAbout
from pipeline.views.renderer import Renderer
from tests.heads import blobs
from tests.training import tiny

RATE = 16_000
NUMBERS = {
    "kind": "vector",
    "dataset": "lab",
    "audio": {**tiny.VIEW["audio"], "seconds": None},  # type: ignore[dict-item]
    "augment": [],
    "n_fft": 1024,
    "hop": 512,
    "features": "basic",
}
"""A view of numbers."""
PARAMS = {
    "heads": {"lab": {"svm": blobs.SETTINGS["svm"]}},
    "recipes_without_network": {
        "numbers": {
            "title": "Numbers",
            "dataset": "lab",
            "view": "lab-numbers",
            "emotions": list(tiny.EMOTIONS),
            "protocol": "speaker",
            "heads": "lab",
        }
    },
}


def run_recipe(root: Path) -> Path:
    """Run the tiny recipe with two heads under a root."""
    tiny.run_stages(
        root, tiny.recipe(), {name: blobs.settings(name) for name in ("softmax", "svm")}
    )
    return root


def gather(root: Path, folder: Path, head: str = "softmax") -> Path:
    """A package of the tiny recipe."""
    package.gather("tiny", head, folder, root)
    return folder


def tone(seconds: float, level: float = 0.3, pitch: float = 220.0) -> npt.NDArray[Any]:
    """A wave that is not silent."""
    times = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(level * np.sin(2 * np.pi * pitch * times))


def run_without_network(root: Path) -> Path:
    """Run a recipe under a root whose head reads a view of numbers."""
    layout, clips = Layout(root), tiny.clips()
    (root / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    folder = layout.view("lab-numbers")
    folder.mkdir(parents=True)
    kind: Any = ViewSettings
    renderer = Renderer(parse(kind, NUMBERS))
    rows = []
    for number, emotion in enumerate(clips["emotion"]):
        pitch = 200.0 * (1 + tiny.EMOTIONS.index(emotion)) + number
        soundfile.write(root / "clip.wav", tone(0.5, pitch=pitch), RATE)
        rows.append(renderer.render(root / "clip.wav"))
    np.save(folder / ARRAY, np.stack(rows))
    table = clips[["clip"]].assign(plane="", hash="", loudest_db=0.0)
    table.to_csv(folder / TABLE, index=False)
    ViewAbout(
        settings=NUMBERS, rows=len(rows), clips=len(rows), planes=("",), shape=rows[0].shape,
        dtype="float32", set_aside={},
    ).write(folder)  # fmt: skip
    split = layout.split("numbers")
    split.parent.mkdir(parents=True)
    tiny.split(clips).to_csv(split, index=False)
    embed_without_network("numbers", root)
    fit_recipe("numbers", root, progress=False)
    return root
