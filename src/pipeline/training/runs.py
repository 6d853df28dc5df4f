"""All networks of a recipe: one for each fold and seed, and what heads need besides.

They are trained one after the other. What is finished waits in a working folder that
outlives a kill, and the one under way goes on from its last checkpoint; when all are
there they are put in place together.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from pipeline.config.folders import load as load_settings
from pipeline.config.recipes import OutOfFoldEmbeddings, RecipeSettings
from pipeline.config.trainings import TrainingSettings
from pipeline.core.errors import NetworkError, TrainingError
from pipeline.core.machine import device, environment
from pipeline.core.storage import atomic_write, write_json
from pipeline.networks import registry
from pipeline.networks.network import Network
from pipeline.networks.registry import load_network
from pipeline.networks.settings import NetworkSettings
from pipeline.splits.roles import TEST, TRAIN, VALIDATION
from pipeline.training import loop
from pipeline.training.initial_weights.weights import Start, open_start
from pipeline.training.loop import Clips, clips
from pipeline.views.packed import View, open_view

ABOUT: Final = "about.json"
SHOWN: Final = 3
TEXT: Final = {"plane": str, "speaker": str, "sex": str, "group": str}
MAIN: Final = -1
"""The part of a network that leaves out no part of the training clips."""


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One network of the fleet.

    Attributes:
        fold: tested in it.
        seed: of its weights and chances.
        part: of the training clips that it leaves out, or ``MAIN``.
    """

    fold: int
    seed: int
    part: int

    @property
    def number(self) -> int | None:
        """The part's number, or nothing for a network that leaves out none."""
        return None if self.part == MAIN else self.part

    @property
    def name(self) -> str:
        """What its files are called.

        Example:
            >>> Member(0, 1, MAIN).name, Member(0, 1, 2).name
            ('fold-0-seed-1', 'fold-0-seed-1-part-2')
        """
        part = "" if self.part == MAIN else f"-part-{self.part}"
        return f"fold-{self.fold}-seed-{self.seed}{part}"


class Watch(Protocol):
    """Who is told of a training as it goes."""

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        """An epoch has ended."""

    def done(self, facts: dict[str, Any]) -> None:
        """The network is trained."""


Follow = Callable[[Member], AbstractContextManager[Watch]]


class _Silent:
    """Hears everything and keeps nothing."""

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        pass

    def done(self, facts: dict[str, Any]) -> None:
        pass


def nobody(member: Member) -> AbstractContextManager[Watch]:
    """For trainings that nobody follows."""
    return nullcontext(_Silent())


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe with everything that training reads.

    Attributes:
        name: in params.yaml.
        settings: of the recipe.
        network: and
        training: their settings.
        start: the weights that they begin from.
        view: the packed view.
        split: clip, plane, fold, role, emotion, speaker, sex, group.
        inputs: hashes of the view's and the split's tables and of what says where weights begin.
    """

    name: str
    settings: RecipeSettings
    network: NetworkSettings
    training: TrainingSettings
    start: Start
    view: View
    split: pd.DataFrame
    inputs: dict[str, str]

    def members(self) -> list[Member]:
        """Every network that the recipe asks for: all folds of a seed, then the next seed."""
        embeddings = self.settings.embeddings
        parts = range(embeddings.parts if isinstance(embeddings, OutOfFoldEmbeddings) else 0)
        return [
            Member(int(fold), seed, part)
            for seed in self.settings.seeds
            for fold in sorted(self.split["fold"].unique())
            for part in (MAIN, *parts)
        ]

    def rows(self, fold: int, *roles: str) -> pd.DataFrame:
        """A fold's rows of the split with these roles, each with its ``row`` of the view."""
        chosen = self.split[(self.split["fold"] == fold) & self.split["role"].isin(roles)]
        table = self.view.table.reset_index(names="row")[["clip", "plane", "row"]]
        joined = chosen.merge(table, on=["clip", "plane"], how="left", validate="one_to_one")
        if joined["row"].isna().any():
            missing = joined[joined["row"].isna()].iloc[0]
            raise TrainingError(
                f"{self.name}: the view has no row for {missing['clip']} {missing['plane']}; "
                f"make the split anew with: dvc repro split@{self.name}"
            )
        return joined.astype({"row": int})

    def taught(self, member: Member) -> pd.DataFrame:
        """The rows that a network learns from."""
        roles = (TRAIN, VALIDATION) if self.training.validation == "learn" else (TRAIN,)
        rows = self.rows(member.fold, *roles)
        if member.part == MAIN:
            return rows
        return rows[self.parts(rows) != member.part]

    def held_out(self, member: Member) -> pd.DataFrame:
        """The training rows of the part that a network leaves out."""
        rows = self.rows(member.fold, TRAIN)
        return rows[self.parts(rows) == member.part]

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

    def about(self) -> dict[str, Any]:
        """What describes the recipe's networks, but for the networks."""
        settings = self.settings
        return {
            "recipe": self.name,
            "dataset": settings.dataset,
            "view": settings.view,
            "protocol": settings.protocol,
            "emotions": list(settings.emotions),
            "shape": list(self.view.about["shape"]),
            "seeds": list(settings.seeds),
            "network": {"name": settings.network, **self.network.model_dump(mode="json")},
            "training": {"name": settings.training, **self.training.model_dump(mode="json")},
            "start": {"name": settings.start, **self.start.told},
            "embeddings": settings.embeddings.model_dump(mode="json"),
            "inputs": self.inputs,
            "environment": environment(),
        }


def open_recipe(name: str) -> Recipe:
    """A recipe of params.yaml with its packed view and its split.

    Raises:
        SerError: a section, the view or the split is absent or wrong.
    """
    settings = load_settings(RecipeSettings, "recipes", name)
    view, split = Path("data/views") / settings.view, Path("data/splits") / f"{name}.csv"
    start = Path("models/starts") / settings.start
    recipe = Recipe(
        name=name,
        settings=settings,
        network=load_network(settings.network),
        start=open_start(start),
        training=load_settings(TrainingSettings, "trainings", settings.training),
        view=open_view(view),
        split=read_split(split),
        inputs={
            "view": _sha256(view / "rows.csv"),
            "split": _sha256(split),
            "start": _sha256(start / "about.json"),
        },
    )
    require_unheard(recipe)
    return recipe


def require_unheard(recipe: Recipe) -> None:
    """Stop where the starting weights have heard someone who is tested.

    Raises:
        TrainingError: with their names.
    """
    tested = recipe.split[recipe.split["role"] == TEST]
    known = sorted(recipe.start.speakers & set(tested["speaker"]))
    if known:
        raise TrainingError(
            f"{recipe.name}: the start {recipe.settings.start!r} has heard "
            f"{', '.join(known[:SHOWN])}, who are tested; start from another"
        )


def read_split(path: Path) -> pd.DataFrame:
    """The split table of a recipe.

    Raises:
        TrainingError: it is not there.
    """
    if not path.is_file():
        raise TrainingError(f"{path}: no such split; make it with: dvc repro split@{path.stem}")
    return pd.read_csv(path, dtype=TEXT, keep_default_na=False)


def train(
    recipe: Recipe, folder: Path, curves: Path, work: Path, follow: Follow, *, progress: bool = True
) -> dict[str, Any]:
    """Train every network of a recipe and put them in place.

    Args:
        recipe: with its data.
        folder: where weights and ``about.json`` go, all together or not at all.
        curves: the table of losses, epoch by epoch.
        work: where finished networks wait, and the checkpoint of the one under way.
        follow: who is told of each training.
        progress: show progress bars.

    Returns:
        What ``about.json`` says.
    """
    about = recipe.about()
    waiting = work / _digest(about)
    for other in set(work.glob("*")) - {waiting}:
        shutil.rmtree(other)
    waiting.mkdir(parents=True, exist_ok=True)
    members = recipe.members()
    for place, member in enumerate(members, start=1):
        if not (waiting / f"{member.name}.json").is_file():
            label = f"{recipe.name} {place}/{len(members)} {member.name}"
            with follow(member) as watch:
                _train_one(recipe, member, waiting, watch, label, progress)
    _put_in_place(about, members, waiting, folder, curves)
    shutil.rmtree(work)
    done: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return done


def load(folder: Path, member: Member, recipe: Recipe) -> Network:
    """A trained network of a recipe, ready to judge, on the GPU when there is one.

    Args:
        folder: that ``train`` filled.
        member: which network.
        recipe: whose.

    Raises:
        NetworkError: the file is absent or is not this network's.
    """
    path = folder / f"{member.name}.safetensors"
    shape = registry.row(recipe.view.about["shape"])
    network = registry.make(recipe.network, shape, len(recipe.settings.emotions))
    try:
        network.load_state_dict(load_file(path))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise NetworkError(f"{path}: {str(error).splitlines()[0]}; train again") from None
    return network.to(device()).eval()


def _train_one(
    recipe: Recipe, member: Member, waiting: Path, watch: Watch, label: str, progress: bool
) -> None:
    taught = recipe.taught(member)
    settings = recipe.training
    validation = recipe.rows(member.fold, VALIDATION) if settings.validation == "stop" else None
    checkpoint = waiting / f"{member.name}.checkpoint"

    def tell(epoch: loop.Epoch) -> None:
        figures = dataclasses.asdict(epoch)
        number = figures.pop("number")
        watch.epoch(number, {key: value for key, value in figures.items() if value is not None})

    fitted = loop.fit(
        recipe.images(taught, taught),
        None if validation is None else recipe.images(validation, taught),
        recipe.network,
        settings,
        emotions=len(recipe.settings.emotions),
        seed=member.seed,
        start=recipe.start.weights(member.seed),
        checkpoint=checkpoint,
        on_epoch=tell,
        label=label,
        progress=progress,
    )
    weights = waiting / f"{member.name}.safetensors"
    with atomic_write(weights) as partial:
        state = fitted.network.cpu().state_dict()
        save_file({name: value.contiguous() for name, value in state.items()}, partial)
    best = fitted.best
    facts = {
        "fold": member.fold,
        "seed": member.seed,
        "part": member.number,
        "weights": weights.name,
        "sha256": _sha256(weights),
        "parameters": registry.weights(fitted.network),
        "clips": len(taught),
        "epochs": len(fitted.epochs),
        "best_epoch": best.number if best else None,
        "validation_uar": best.validation_uar if best else None,
        "validation_loss": best.validation_loss if best else None,
    }
    epochs = [dataclasses.asdict(epoch) for epoch in fitted.epochs]
    # Written last: this file says that the network is finished.
    write_json(waiting / f"{member.name}.json", {"facts": facts, "epochs": epochs})
    checkpoint.unlink(missing_ok=True)
    watch.done(facts)


def _put_in_place(
    about: dict[str, Any], members: Sequence[Member], waiting: Path, folder: Path, curves: Path
) -> None:
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    facts, lines = [], []
    for member in members:
        notes = json.loads((waiting / f"{member.name}.json").read_text(encoding="utf-8"))
        facts.append(notes["facts"])
        shutil.copy(waiting / notes["facts"]["weights"], partial)
        lines += [_line(member, epoch) for epoch in notes["epochs"]]
    write_json(partial / ABOUT, {**about, "networks": facts})
    with atomic_write(curves) as half, half.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _line(member: Member, epoch: dict[str, Any]) -> dict[str, Any]:
    figures = {
        key: "" if epoch[key] is None else round(epoch[key], 6)
        for key in ("rate", "loss", "validation_loss", "validation_uar")
    }
    part = "" if member.number is None else member.number
    place = {"fold": member.fold, "seed": member.seed, "part": part, "epoch": epoch["number"]}
    return {**place, **figures}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(about: dict[str, Any]) -> str:
    """What finished networks belong to: other data or settings begin anew.

    Other seeds do not, and neither do embeddings that need no networks of their own.
    """
    shared = {key: value for key, value in about.items() if key != "seeds"}
    if about["embeddings"]["kind"] != "out-of-fold":
        del shared["embeddings"]
    return hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()[:16]
