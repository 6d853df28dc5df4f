"""What heads learn from: the network's last hidden layer for every clip of a fold.

A network has memorised the clips that it learned from: their embeddings lie apart as
those of unseen clips never do, and a head that learns from them trusts them too much.
The cures are copies of the training clips, changed by chance, or networks that never
saw the clips they embed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import torch

from pipeline.config.recipes import AugmentedEmbeddings
from pipeline.core.storage import atomic_write
from pipeline.networks.network import Network
from pipeline.splits.roles import TEST, TRAIN, VALIDATION
from pipeline.training import augmentation, loop
from pipeline.training.runs import MAIN, Member, Recipe

KEPT: Final = ["clip", "plane", "role", "emotion", "speaker"]


def table(recipe: Recipe, fold: int, seed: int, networks: Mapping[int, Network]) -> pd.DataFrame:
    """Embeddings and probabilities of every clip of a fold.

    Args:
        recipe: with its data.
        fold: and
        seed: whose networks they are.
        networks: by the part of the training clips that each left out.

    Returns:
        One row per clip, plane, part and copy: clip, plane, part, copy, role, emotion,
        speaker, a probability per emotion, and the embedding's numbers.
    """
    tables = []
    for part, network in networks.items():
        member = Member(fold, seed, part)
        normalisation_rows = recipe.taught(member)
        judged = recipe.rows(fold, VALIDATION, TEST)
        own = recipe.rows(fold, TRAIN) if part == MAIN else recipe.held_out(member)
        seen = pd.concat([own, judged])
        images = recipe.images(seen, normalisation_rows).images
        tables.append(_rows(recipe, network, seen, images, part, copy=0))
        settings = recipe.settings.embeddings
        if part == MAIN and isinstance(settings, AugmentedEmbeddings):
            images = recipe.images(own, normalisation_rows).images
            for copy in range(1, settings.copies + 1):
                seeds = np.random.SeedSequence([seed, fold, copy])
                changed = _changed(recipe, network, images, seeds)
                tables.append(_rows(recipe, network, own, changed, part, copy))
    return pd.concat(tables, ignore_index=True)


def write(path: Path, rows: pd.DataFrame) -> None:
    """Store a table of embeddings."""
    with atomic_write(path) as partial:
        rows.to_parquet(partial, index=False, compression="zstd")


def _rows(
    recipe: Recipe, network: Network, rows: pd.DataFrame, images: torch.Tensor, part: int, copy: int
) -> pd.DataFrame:
    settings = recipe.training
    views = settings.test_views if copy == 0 else 1
    odds, vectors = loop.judge(network, images, views=views, mixed=settings.precision == "mixed")
    named: dict[str, Any] = {
        f"p_{emotion}": odds[:, place] for place, emotion in enumerate(recipe.settings.emotions)
    }
    named |= {f"e{place:03}": vectors[:, place] for place in range(vectors.shape[1])}
    facts = rows[KEPT].reset_index(drop=True)
    facts.insert(2, "part", np.int8(part))
    facts.insert(3, "copy", np.int16(copy))
    return pd.concat([facts, pd.DataFrame(named)], axis=1)


def _changed(
    recipe: Recipe, network: Network, images: torch.Tensor, seeds: np.random.SeedSequence
) -> torch.Tensor:
    rng = torch.Generator().manual_seed(int(seeds.generate_state(1)[0]))
    mean = network.mean.cpu()
    parts = [
        augmentation.augment(batch.float() / 255, recipe.training.augment, rng, mean)
        for batch in torch.split(images, loop.JUDGED)
    ]
    return torch.cat(parts)
