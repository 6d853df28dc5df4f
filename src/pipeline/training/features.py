"""Embeddings of recipes that have no network: the numbers of a view, normalised.

Each number is brought to the mean and deviation of the rows that no test clip is among.
Both are stored beside the table, so that a packaged head can read new recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from tqdm import tqdm

from pipeline.config.recipes import NetworkRecipeSettings, load_recipe
from pipeline.core.errors import TrainingError
from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_folder
from pipeline.splits.roles import TEST, TRAIN, VALIDATION
from pipeline.training import embeddings
from pipeline.training.about import EmbeddingsAbout, EmbeddingsFacts
from pipeline.training.clips import statistics
from pipeline.training.recipe import file_hash, read_split, rows_of
from pipeline.training.run import Run
from pipeline.views.packed import TABLE, open_view

SEED: Final = 0
"""Of recipes without a network, where nothing is drawn before the heads."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Normalisation:
    """The mean and the deviation of each number of a view.

    Attributes:
        mean: of the rows.
        deviation: of the rows.
    """

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, rows: npt.NDArray[Any]) -> Self:
        """That of rows.

        Example:
            >>> Normalisation.of(np.array([[1.0, 10.0], [3.0, 30.0]], np.float32)).mean
            array([ 2., 20.], dtype=float32)
        """
        tensor = torch.from_numpy(np.ascontiguousarray(rows))[:, None]
        mean, deviation = statistics(tensor, by_band=True)
        return cls(mean[0].numpy(), deviation[0].numpy())

    @classmethod
    def read(cls, folder: Path, run: Run) -> Self:
        """That of a run's training side, from a folder of embeddings.

        Raises:
            TrainingError: the file is absent or damaged.
        """
        path = folder / f"{run.name}.safetensors"
        try:
            return cls(**load_file(path))
        except (OSError, SafetensorError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise TrainingError(
                f"{path}: {reason}; make it with: ser run features@{folder.name}"
            ) from None

    def write(self, folder: Path, run: Run) -> None:
        """Store it in a folder of embeddings."""
        path = folder / f"{run.name}.safetensors"
        save_file({"mean": self.mean, "deviation": self.deviation}, path)

    def __call__(self, rows: npt.NDArray[Any]) -> Floats:
        """Rows at a mean of 0 and a deviation of 1."""
        return np.asarray((rows - self.mean) / self.deviation, np.float32)


def embed_without_network(name: str, root: Path = Path()) -> EmbeddingsAbout:
    """Write the embeddings of every fold of a recipe that has no network.

    Args:
        name: of the recipe.
        root: of the repository.

    Returns:
        What ``about.json`` says.

    Raises:
        SerError: the recipe has a network, or its view or its split are absent or wrong.
    """
    layout, settings = Layout(root), load_recipe(name, root)
    if isinstance(settings, NetworkRecipeSettings):
        raise TrainingError(f"{name}: has a network; its heads learn from the stage embed")
    folder = layout.view(settings.view)
    view, split = open_view(folder), read_split(name, root)
    if view.array.ndim != 2:
        raise TrainingError(
            f"{name}: the view {settings.view!r} has no rows of numbers; name a vector view, or "
            "give the recipe a network"
        )
    runs = [Run(int(fold), SEED) for fold in sorted(split["fold"].unique())]
    with atomic_folder(layout.embeddings(name)) as partial:
        for run in tqdm(runs, desc=f"{name}: embeddings", unit="fold"):
            # Nothing is chosen by validation clips, so they belong to the training side.
            training_rows = rows_of(name, view, split, run.fold, TRAIN, VALIDATION)
            normalisation = Normalisation.of(view.array[training_rows["row"].tolist()])
            normalisation.write(partial, run)
            rows = pd.concat(
                rows_of(name, view, split, run.fold, *roles)
                for roles in ((TRAIN,), (VALIDATION, TEST))
            )
            numbers = normalisation(view.array[rows["row"].tolist()])
            table = embeddings.with_numbers(rows, embeddings.numbered(numbers))
            embeddings.write(partial / f"{run.name}.parquet", table)
        about = _about(name, settings.emotions, runs, file_hash(folder / TABLE))
        about.write(partial)
    return about


def _about(name: str, emotions: tuple[str, ...], runs: Sequence[Run], rows: str) -> EmbeddingsAbout:
    return EmbeddingsAbout(
        recipe=name,
        emotions=emotions,
        validated=False,
        networks=tuple(
            EmbeddingsFacts(fold=run.fold, seed=run.seed, sha256=rows, validation_uar=None)
            for run in runs
        ),
    )
