"""What heads learn from: the network's last hidden layer for every clip of a fold.

A network has memorised the clips that it learned from: their embeddings lie apart as
those of unseen clips never do, and a head that learns from them trusts them too much.
The cures are copies of the training clips, changed by augmentation, or networks that never
saw the clips they embed.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from pipeline.config.recipes import AugmentedEmbeddings
from pipeline.core.errors import TrainingError
from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_folder, atomic_write
from pipeline.networks.network import Network
from pipeline.splits.roles import TEST, TRAIN, VALIDATION
from pipeline.training import augmentation, runs
from pipeline.training.about import EmbeddingsAbout, EmbeddingsFacts, NetworksAbout
from pipeline.training.clips import BATCH
from pipeline.training.prediction import predict
from pipeline.training.recipe import Recipe, open_recipe
from pipeline.training.run import MAIN, Run

NETWORKS: Final = "networks"
"""The folder of what is known of the networks, beside the tables."""

FACTS: Final = ["clip", "plane", "role", "emotion", "speaker"]
"""Columns of the split that a table of embeddings has too."""


def embed(name: str, root: Path = Path()) -> EmbeddingsAbout:
    """Pass every clip of a recipe through its networks.

    Args:
        name: of the recipe.
        root: of the repository.

    Raises:
        SerError: something that the recipe needs is absent or wrong.
    """
    layout, recipe = Layout(root), open_recipe(name, root)
    folder = layout.networks(name)
    trained = NetworksAbout.read(folder, f"ser run train@{name}", TrainingError)
    return embed_recipe(recipe, trained, folder, layout.embeddings(name))


def embed_recipe(
    recipe: Recipe, trained: NetworksAbout, networks: Path, folder: Path, *, progress: bool = True
) -> EmbeddingsAbout:
    """Write the embeddings of every fold and seed of a recipe.

    Args:
        recipe: with its data.
        trained: what is known of its networks.
        networks: their folder.
        folder: where a table for each fold and seed and ``about.json`` go, all together or
            not at all.
        progress: show a progress bar.

    Returns:
        What ``about.json`` says.
    """
    facts = sorted(trained.main_networks, key=lambda item: item.run)
    with atomic_folder(folder) as partial:
        for item in tqdm(
            facts, desc=f"{recipe.name}: embeddings", unit="network", disable=not progress
        ):
            loaded = {
                other.part: runs.load(networks, other, recipe)
                for other in recipe.runs()
                if other.main == item.run
            }
            write(partial / f"{item.run.name}.parquet", table(recipe, item.run, loaded))
        about = EmbeddingsAbout(
            recipe=recipe.name,
            emotions=recipe.settings.emotions,
            validated=recipe.training.validation == "stop",
            networks=tuple(
                EmbeddingsFacts(
                    fold=item.fold,
                    seed=item.seed,
                    sha256=item.sha256,
                    validation_uar=item.validation_uar,
                )
                for item in facts
            ),
        )
        about.write(partial)
        # Reports show them; so they need no weights, and the same files for every recipe.
        facts_folder = partial / NETWORKS
        facts_folder.mkdir()
        trained.write(facts_folder)
        shutil.copy(networks / runs.CURVES, facts_folder)
    return about


def table(recipe: Recipe, run: Run, networks: Mapping[int, Network]) -> pd.DataFrame:
    """Embeddings and probabilities of every clip of a fold.

    Args:
        recipe: with its data.
        run: of the fold and seed; the one that leaves out no part.
        networks: of that fold and seed, by the part of the training clips that each left out.

    Returns:
        One row per clip, plane, part and copy: clip, plane, part, copy, role, emotion,
        speaker, a probability per emotion, and the embedding's numbers.
    """
    tables = []
    for part, network in networks.items():
        one = Run(run.fold, run.seed, part)
        normalisation_rows = recipe.training_rows(one)
        others = recipe.rows(run.fold, VALIDATION, TEST)
        training = recipe.rows(run.fold, TRAIN) if part == MAIN else recipe.held_out(one)
        rows = pd.concat([training, others])
        images = recipe.images(rows, normalisation_rows).images
        tables.append(_embedded(recipe, network, rows, images, part, copy=0))
        settings = recipe.settings.embeddings
        if part == MAIN and isinstance(settings, AugmentedEmbeddings):
            images = recipe.images(training, normalisation_rows).images
            for copy in range(1, settings.copies + 1):
                seeds = np.random.SeedSequence([run.seed, run.fold, copy])
                changed = _augmented(recipe, network, images, seeds)
                tables.append(_embedded(recipe, network, training, changed, part, copy))
    return pd.concat(tables, ignore_index=True)


def write(path: Path, rows: pd.DataFrame) -> None:
    """Store a table of embeddings."""
    with atomic_write(path) as partial:
        rows.to_parquet(partial, index=False, compression="zstd")


def with_numbers(
    rows: pd.DataFrame, named: Mapping[str, Any], part: int = MAIN, copy: int = 0
) -> pd.DataFrame:
    """Rows of a split as a table of embeddings has them.

    Args:
        rows: of the split.
        named: columns of numbers.
        part: of the training clips that the network left out.
        copy: number of the augmented copy; 0 for the clips themselves.
    """
    facts = rows[FACTS].reset_index(drop=True)
    facts.insert(2, "part", np.int8(part))
    facts.insert(3, "copy", np.int16(copy))
    return pd.concat([facts, pd.DataFrame(named)], axis=1)


def numbered(vectors: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Columns of embeddings by their names, ``e000`` on."""
    return {f"e{place:03}": vectors[:, place] for place in range(vectors.shape[1])}


def _embedded(
    recipe: Recipe, network: Network, rows: pd.DataFrame, images: torch.Tensor, part: int, copy: int
) -> pd.DataFrame:
    settings = recipe.training
    views = settings.test_views if copy == 0 else 1
    mixed = settings.precision == "mixed"
    probabilities, vectors = predict(network, images, views=views, mixed=mixed)
    named: dict[str, Any] = {
        f"p_{emotion}": probabilities[:, place]
        for place, emotion in enumerate(recipe.settings.emotions)
    }
    return with_numbers(rows, named | numbered(vectors), part, copy)


def _augmented(
    recipe: Recipe, network: Network, images: torch.Tensor, seeds: np.random.SeedSequence
) -> torch.Tensor:
    rng = torch.Generator().manual_seed(int(seeds.generate_state(1)[0]))
    mean = network.mean.cpu()
    parts = [
        augmentation.augment(batch.float() / 255, recipe.training.augment, rng, mean)
        for batch in torch.split(images, BATCH)
    ]
    return torch.cat(parts)
