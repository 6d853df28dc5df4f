"""Gathering initial weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
from safetensors.torch import save_file

from pipeline.config.folders import load
from pipeline.config.initial_weights import (
    ImagenetWeightsSettings,
    InitialWeightsSettings,
    RandomWeightsSettings,
    RecipeWeightsSettings,
)
from pipeline.core.errors import TrainingError
from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_folder
from pipeline.splits.roles import TEST
from pipeline.training.about import InitialWeightsAbout, NetworksAbout
from pipeline.training.initial_weights import imagenet
from pipeline.training.initial_weights.weights import ANY_SEED


def make(name: str, root: Path = Path()) -> InitialWeightsAbout:
    """Gather the weights of an entry of ``initial_weights``.

    Args:
        name: of the entry.
        root: of the repository.

    Raises:
        SerError: there is no such entry, or its weights cannot be gathered.
    """
    settings: InitialWeightsSettings = load(
        InitialWeightsSettings,  # type: ignore[arg-type]
        "initial_weights",
        name,
        root=root,
    )
    return gather(settings, Layout(root).initial_weights(name), root)


def gather(
    settings: InitialWeightsSettings, folder: Path, root: Path = Path()
) -> InitialWeightsAbout:
    """Fill a folder with the weights that trainings begin from.

    Args:
        settings: where they come from.
        folder: complete afterwards, or as it was.
        root: of the repository.

    Returns:
        What ``about.json`` says.

    Raises:
        TrainingError: the weights are not there, or nothing says whose clips they were
            learned from.
    """
    with atomic_folder(folder) as partial:
        if isinstance(settings, RandomWeightsSettings):
            about = InitialWeightsAbout(kind="random")
        elif isinstance(settings, ImagenetWeightsSettings):
            about = _from_imagenet(settings, partial, root)
        else:
            about = _from_recipe(settings, partial, root)
        about.write(partial)
    return about


def _from_recipe(settings: RecipeWeightsSettings, folder: Path, root: Path) -> InitialWeightsAbout:
    """The networks of another recipe's first fold: one for each seed, or its only one for all."""
    name, layout = settings.recipe, Layout(root)
    networks, split = layout.networks(name), layout.split(name)
    trained = NetworksAbout.read(networks, f"ser run train@{name}", TrainingError)
    if not split.is_file():
        raise TrainingError(f"{split}: not there; make it with: ser run split@{name}")
    table = pd.read_csv(split, dtype=str, keep_default_na=False)
    rows = table[(table["fold"] == "0") & (table["role"] != TEST)]
    first = [item for item in trained.main_networks if item.fold == 0]
    files = {}
    for item in first:
        seed = ANY_SEED if len(first) == 1 else str(item.seed)
        files[seed] = file = f"seed-{seed}.safetensors"
        shutil.copyfile(networks / item.weights, folder / file)
    return InitialWeightsAbout(
        kind="recipe",
        files=files,
        speakers=tuple(sorted(set(rows["speaker"]))),
        recipe=name,
        dataset=trained.dataset,
        network=str(trained.network["name"]),
        clips=len(rows),
    )


def _from_imagenet(
    settings: ImagenetWeightsSettings, folder: Path, root: Path
) -> InitialWeightsAbout:
    """One set of weights for all seeds."""
    file = f"seed-{ANY_SEED}.safetensors"
    given = root / settings.file if settings.file else imagenet.fetch(settings.layout, folder)
    save_file(imagenet.read(given, settings.layout), folder / file)
    if not settings.file:
        given.unlink()
    return InitialWeightsAbout(kind="imagenet", files={ANY_SEED: file}, layout=settings.layout)
