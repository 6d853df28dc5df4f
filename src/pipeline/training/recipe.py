"""A recipe with what its training and its embeddings read: settings, view, split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from pipeline.config.folders import load
from pipeline.config.recipes import (
    NetworkRecipeSettings,
    OutOfFoldEmbeddings,
    load_network_recipe,
)
from pipeline.config.trainings import TrainingSettings
from pipeline.core.about import ABOUT
from pipeline.core.errors import TrainingError
from pipeline.core.layout import Layout
from pipeline.core.machine import environment
from pipeline.networks import registry
from pipeline.networks.settings import NetworkSettings
from pipeline.splits.roles import TEST, TRAIN, VALIDATION
from pipeline.training.about import NetworksAbout
from pipeline.training.clips import Clips, clips
from pipeline.training.initial_weights.weights import InitialWeights, open_initial_weights
from pipeline.training.run import MAIN, Run
from pipeline.views.packed import TABLE, View, open_view

SHOWN: Final = 3
"""Speakers that an error names."""

TEXT: Final = {"plane": str, "speaker": str, "sex": str, "group": str}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe with its data.

    Attributes:
        name: of the recipe.
        settings: of the recipe.
        network: settings of its network.
        training: settings of its training.
        view: the packed view.
        split: clip, plane, fold, role, emotion, speaker, sex, group.
        initial_weights: that its networks begin from; none where they are trained already.
        inputs: of training: hashes of the tables of the view and the split, and of what
            describes the initial weights.
    """

    name: str
    settings: NetworkRecipeSettings
    network: NetworkSettings
    training: TrainingSettings
    view: View
    split: pd.DataFrame
    initial_weights: InitialWeights | None = None
    inputs: dict[str, str] = field(default_factory=dict)

    def runs(self) -> list[Run]:
        """Every run that the recipe asks for: all folds of a seed, then the next seed."""
        embeddings = self.settings.embeddings
        parts = range(embeddings.parts if isinstance(embeddings, OutOfFoldEmbeddings) else 0)
        return [
            Run(int(fold), seed, part)
            for seed in self.settings.seeds
            for fold in sorted(self.split["fold"].unique())
            for part in (MAIN, *parts)
        ]

    def rows(self, fold: int, *roles: str) -> pd.DataFrame:
        """A fold's rows of the split with these roles, each with its ``row`` of the view."""
        return rows_of(self.name, self.view, self.split, fold, *roles)

    def training_rows(self, run: Run) -> pd.DataFrame:
        """The rows that a network learns from."""
        roles = (TRAIN, VALIDATION) if self.training.validation == "learn" else (TRAIN,)
        rows = self.rows(run.fold, *roles)
        if run.part == MAIN:
            return rows
        return rows[self.parts(rows) != run.part]

    def held_out(self, run: Run) -> pd.DataFrame:
        """The training rows of the part that a network leaves out."""
        rows = self.rows(run.fold, TRAIN)
        return rows[self.parts(rows) == run.part]

    def parts(self, rows: pd.DataFrame) -> pd.Series[int]:
        """The part that each row's group belongs to; groups are dealt out in turn."""
        embeddings = self.settings.embeddings
        assert isinstance(embeddings, OutOfFoldEmbeddings)
        groups = sorted(set(self.rows(int(rows["fold"].iloc[0]), TRAIN)["group"]))
        order = np.random.default_rng(0).permutation(len(groups))
        dealt = {groups[at]: place % embeddings.parts for place, at in enumerate(order)}
        return rows["group"].map(dealt).fillna(MAIN - 1).astype(int)

    def images(self, rows: pd.DataFrame, normalisation_rows: pd.DataFrame) -> Clips:
        """Rows as a network takes them, on the scale of those that it learned from."""
        places = {emotion: place for place, emotion in enumerate(self.settings.emotions)}
        labels = np.array([places[emotion] for emotion in rows["emotion"]])
        array = self.view.scaled(rows["row"].tolist(), normalisation_rows["row"].tolist())
        return clips(array, labels)

    def about(self) -> NetworksAbout:
        """What describes the recipe's networks, without the networks."""
        settings = self.settings
        assert self.initial_weights is not None, "opened for trained networks"
        weights = {"name": settings.initial_weights, **self.initial_weights.about.summary}
        return NetworksAbout(
            recipe=self.name,
            dataset=settings.dataset,
            view=settings.view,
            protocol=settings.protocol,
            emotions=settings.emotions,
            shape=self.view.about.shape,
            seeds=settings.seeds,
            network={"name": settings.network, **self.network.model_dump(mode="json")},
            training={"name": settings.training, **self.training.model_dump(mode="json")},
            initial_weights=weights,
            embeddings=settings.embeddings.model_dump(mode="json"),
            inputs=self.inputs,
            environment=environment(),
        )


def open_recipe(name: str, root: Path = Path()) -> Recipe:
    """A recipe that has a network, with its packed view and its split.

    Args:
        name: of the recipe.
        root: of the repository.

    Raises:
        SerError: the recipe, its view or its split are absent or wrong.
    """
    settings = load_network_recipe(name, root)
    return Recipe(
        name=name,
        settings=settings,
        network=registry.load_network(settings.network, root),
        training=load(TrainingSettings, "trainings", settings.training, root=root),
        view=open_view(Layout(root).view(settings.view)),
        split=read_split(name, root),
    )


def open_for_training(name: str, root: Path = Path()) -> Recipe:
    """A recipe that has a network, with all that its training reads.

    Args:
        name: of the recipe.
        root: of the repository.

    Raises:
        SerError: the recipe, its view, its split or its initial weights are absent or
            wrong, or the weights were learned from a speaker who is tested.
    """
    layout, recipe = Layout(root), open_recipe(name, root)
    folder = layout.initial_weights(recipe.settings.initial_weights)
    recipe = replace(
        recipe,
        initial_weights=open_initial_weights(folder),
        inputs={
            "view": file_hash(layout.view(recipe.settings.view) / TABLE),
            "split": file_hash(layout.split(name)),
            "initial_weights": file_hash(folder / ABOUT),
        },
    )
    require_new_speakers(recipe)
    return recipe


def rows_of(name: str, view: View, split: pd.DataFrame, fold: int, *roles: str) -> pd.DataFrame:
    """A fold's rows of a split with these roles, each with its ``row`` of the view.

    Args:
        name: of the recipe.
        view: the packed view.
        split: of the recipe.
        fold: of the split.
        roles: that the rows play in it.

    Raises:
        TrainingError: the view lacks a row, so the split was made of another.
    """
    chosen = split[(split["fold"] == fold) & split["role"].isin(roles)]
    table = view.table.reset_index(names="row")[["clip", "plane", "row"]]
    joined = chosen.merge(table, on=["clip", "plane"], how="left", validate="one_to_one")
    if joined["row"].isna().any():
        missing = joined[joined["row"].isna()].iloc[0]
        raise TrainingError(
            f"{name}: the view has no row for {missing['clip']} {missing['plane']}; "
            f"make the split again with: ser run split@{name}"
        )
    return joined.astype({"row": int})


def require_new_speakers(recipe: Recipe) -> None:
    """Stop where the initial weights were learned from a speaker who is tested.

    Raises:
        TrainingError: with their names.
    """
    weights = recipe.initial_weights
    tested = recipe.split[recipe.split["role"] == TEST]
    known = sorted(set(weights.about.speakers if weights else ()) & set(tested["speaker"]))
    if known:
        raise TrainingError(
            f"{recipe.name}: the initial weights {recipe.settings.initial_weights!r} were "
            f"learned from {', '.join(known[:SHOWN])}, who are tested; name others"
        )


def read_split(name: str, root: Path = Path()) -> pd.DataFrame:
    """The split table of a recipe.

    Raises:
        TrainingError: it is not there.
    """
    path = Layout(root).split(name)
    if not path.is_file():
        raise TrainingError(f"{path}: no such split; make it with: ser run split@{name}")
    return pd.read_csv(path, dtype=TEXT, keep_default_na=False)


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
