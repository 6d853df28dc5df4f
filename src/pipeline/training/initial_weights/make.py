"""Gathering starting weights."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors.torch import save_file

from pipeline.config.initial_weights import ImagenetStart, RecipeStart, ScratchStart, StartSettings
from pipeline.core.errors import TrainingError
from pipeline.core.storage import read_json, write_json
from pipeline.splits.roles import TEST
from pipeline.training.initial_weights import imagenet
from pipeline.training.initial_weights.weights import ABOUT, ANY_SEED


def make(settings: StartSettings, folder: Path, root: Path = Path()) -> dict[str, Any]:
    """Fill a folder with the weights that trainings begin from.

    Args:
        settings: where they come from.
        folder: complete afterwards, or as it was.
        root: of the repository.

    Returns:
        What ``about.json`` says.

    Raises:
        TrainingError: the weights are not there, or nothing says who they were learned from.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    if isinstance(settings, ScratchStart):
        about: dict[str, Any] = {"kind": "scratch", "files": {}, "speakers": []}
    elif isinstance(settings, ImagenetStart):
        about = _from_imagenet(settings, partial, root)
    else:
        about = _from_recipe(settings, partial, root)
    write_json(partial / ABOUT, about)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return about


def _from_recipe(settings: RecipeStart, folder: Path, root: Path) -> dict[str, Any]:
    """The networks of another recipe's first fold: one for each seed, or its only one for all."""
    name = settings.recipe
    networks = root / "models/networks" / name
    trained = read_json(networks / "about.json", f"dvc repro train@{name}", TrainingError)
    split = root / "data/splits" / f"{name}.csv"
    if not split.is_file():
        raise TrainingError(f"{split}: not there; make it with: dvc repro split@{name}")
    table = pd.read_csv(split, dtype=str, keep_default_na=False)
    taught = table[(table["fold"] == "0") & (table["role"] != TEST)]
    first = [item for item in trained["networks"] if item["fold"] == 0 and item["part"] is None]
    files = {}
    for item in first:
        seed = ANY_SEED if len(first) == 1 else str(item["seed"])
        files[seed] = file = f"seed-{seed}.safetensors"
        shutil.copyfile(networks / item["weights"], folder / file)
    return {
        "kind": "recipe",
        "recipe": name,
        "dataset": trained["dataset"],
        "network": trained["network"]["name"],
        "clips": len(taught),
        "files": files,
        "speakers": sorted(set(taught["speaker"])),
    }


def _from_imagenet(settings: ImagenetStart, folder: Path, root: Path) -> dict[str, Any]:
    """One set of weights for all seeds."""
    file = f"seed-{ANY_SEED}.safetensors"
    given = root / settings.file if settings.file else imagenet.fetch(settings.layout, folder)
    save_file(imagenet.read(given, settings.layout), folder / file)
    if not settings.file:
        given.unlink()
    return {
        "kind": "imagenet",
        "layout": settings.layout,
        "files": {ANY_SEED: file},
        "speakers": [],
    }
