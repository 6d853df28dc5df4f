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
from pipeline.core.storage import write_json
from pipeline.corpora.index import table as index
from pipeline.evaluation import recipe as evaluation
from pipeline.heads.recipe import fit_recipe
from pipeline.package import package
from pipeline.training.features import embed_without_network
from pipeline.views.packed import ARRAY, TABLE, View, ViewAbout
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
INPUTS: dict[str, Any] = {
    "corpora": {
        "lab": {
            "kind": "folder",
            "source": "recordings",
            "table": None,
            "emotions": {},
            "title": "Lab",
            "licence": "CC BY 4.0",
            "citation": "The lab",
            "non_commercial": True,
        }
    }
}
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
    clips = tiny.clips()
    (root / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    kind: Any = ViewSettings
    renderer = Renderer(parse(kind, NUMBERS))
    rows = []
    for number, emotion in enumerate(clips["emotion"]):
        pitch = 200.0 * (1 + tiny.EMOTIONS.index(emotion)) + number
        soundfile.write(root / "clip.wav", tone(0.5, pitch=pitch), RATE)
        rows.append(renderer.render(root / "clip.wav"))
    array = np.stack(rows)
    about = ViewAbout(
        settings=NUMBERS, rows=len(rows), clips=len(rows), planes=("",), shape=array.shape[1:],
        dtype="float32", set_aside={},
    )  # fmt: skip
    table = clips[["clip"]].assign(plane="", hash="", loudest_db=0.0)
    _write_view(View(array, table, about), Layout(root).view("lab-numbers"))
    _write_split(Layout(root), "numbers")
    embed_without_network("numbers", root)
    fit_recipe("numbers", root, progress=False)
    return root


def evaluate_without_network(root: Path) -> Path:
    """Run and evaluate that recipe, with the index of its dataset."""
    run_without_network(root)
    _write_dataset(Layout(root))
    evaluation.make("numbers", root)
    return root


def evaluate_with_network(root: Path) -> Path:
    """Run and evaluate the tiny recipe, with the index of its dataset."""
    run_recipe(root)
    layout, recipe = Layout(root), tiny.recipe()
    params = {"recipes_with_network": {"tiny": recipe.settings.model_dump(mode="json")}}
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    _write_view(recipe.view, layout.view("lab-mel"))
    _write_split(layout, "tiny")
    _write_dataset(layout)
    evaluation.make("tiny", root)
    return root


def _write_view(view: View, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / ARRAY, view.array)
    view.table.to_csv(folder / TABLE, index=False)
    view.about.write(folder)


def _write_split(layout: Layout, recipe: str) -> None:
    path = layout.split(recipe)
    path.parent.mkdir(parents=True)
    tiny.split(tiny.clips()).to_csv(path, index=False)
    label = "no speaker and no recording on both sides"
    summary = {"protocol": "speaker", "label": label, "leaks": {}, "folds": 3, "clips": 36}
    write_json(layout.split_summary(recipe), summary)


def _write_dataset(layout: Layout) -> None:
    """Write the index of the tiny recipe's corpus."""
    clips = tiny.clips()
    (layout.root / "inputs").mkdir()
    (layout.root / "inputs/params.yaml").write_text(yaml.safe_dump(INPUTS))
    facts: dict[str, Any] = dict.fromkeys(index.COLUMNS, "")
    facts |= dict.fromkeys(("age", "repetition", "agreement", "peak_db"), 0)
    table = clips.rename(columns={"clip": "id"}).assign(path=clips["clip"] + ".wav", corpus="lab")
    rest = {name: value for name, value in facts.items() if name not in table}
    index.write(table.assign(**rest)[list(index.COLUMNS)], layout.clips("lab"))
    summary = {"dataset": "lab", "clips": 36, "minutes": 0.3, "speakers": 6}
    summary |= {"non_commercial": True, "by_corpus": {"lab": 36}}
    write_json(layout.index("lab") / "summary.json", summary)
