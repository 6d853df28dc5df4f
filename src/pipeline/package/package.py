"""A head with its networks, gathered in one folder: a view's rows in, probabilities out.

A recipe trains a network for each fold and seed. A package holds them all and answers
with their mean: what was measured on people unheard in one fold is served by those who
heard the others too, so a package is at least as informed as what its report tested.

Nothing in a package runs code when it is read: weights are safetensors, trees are the
libraries' own formats, the rest is JSON.

Probabilities are calibrated: a temperature, found on validation clips, takes back what a
head is too sure of. Which emotion comes first is not changed by it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.core.errors import PackageError
from pipeline.core.storage import read_json, write_json
from pipeline.package import calibration

if TYPE_CHECKING:
    from pipeline.heads.head import Head
    from pipeline.networks.network import Network

ABOUT: Final = "package.json"
EXPORTED: Final = "export.json"
"""What an export tells besides, and the card for people."""
CARD: Final = "model_card.md"
GRAPHS: Final = "graphs"
"""Folder of the networks' ONNX graphs, one folder in it for each runtime but torch."""
TOLD: Final = frozenset(
    (
        *("recipe", "dataset", "view", "view_settings", "temperature", "head"),
        *("emotions", "shape", "network", "test_views", "members"),
    )
)
"""What ``package.json`` says."""
SOFTMAX: Final = "softmax"
VOTE: Final = "vote"
Odds = npt.NDArray[np.float64]
See = Callable[[npt.NDArray[Any]], tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]
"""A network that is ready: rows, channels first, to probabilities and embeddings."""
Runtime = Literal["torch", "onnx", "int8", "pruned"]


def gather(recipe: str, head: str, folder: Path, root: Path = Path()) -> dict[str, Any]:
    """Copy what a head needs into a folder.

    Args:
        recipe: that was cooked.
        head: one of its heads.
        folder: to fill; it must not exist.
        root: of the repository.

    Returns:
        What ``package.json`` says.

    Raises:
        PackageError: a file is missing, or the recipe has no such head.
    """
    networks = root / "models/networks" / recipe
    heads = root / "models/heads" / recipe
    trained = read_json(networks / "about.json", f"dvc repro train@{recipe}", PackageError)
    fitted = read_json(heads / "about.json", f"dvc repro heads@{recipe}", PackageError)
    entries = {
        (entry["fold"], entry["seed"]): entry for entry in fitted["heads"] if entry["head"] == head
    }
    if not entries:
        known = ", ".join(sorted({entry["head"] for entry in fitted["heads"]}))
        raise PackageError(f"{recipe}: no head {head!r}; it has {known}")
    members = [_member(entry, trained["networks"]) for entry in entries.values()]
    about = {
        "recipe": recipe,
        "dataset": trained["dataset"],
        "view": trained["view"],
        "view_settings": _view(trained["view"], root),
        "temperature": _temperature(recipe, head, fitted["emotions"], root),
        "head": head,
        "emotions": fitted["emotions"],
        "shape": trained["shape"],
        "network": trained["network"],
        "test_views": trained["training"]["test_views"],
        "members": members,
    }
    folder.mkdir(parents=True)
    for member in members:
        for weights in member["networks"].values():
            _copy(networks / weights, folder / "networks" / weights, f"train@{recipe}")
        for name in member["files"]:
            _copy(heads / name, folder / "heads" / name, f"heads@{recipe}")
    write_json(folder / ABOUT, about)
    return about


@dataclass(frozen=True, slots=True)
class Member:
    """One fold and seed.

    Attributes:
        sees: the networks, by the part that each left out; ``-1`` left out none.
        names: of the heads that are averaged: the head itself, or a vote's members.
        heads: by name and part; the networks' own answers have none.
    """

    sees: dict[int, See]
    names: tuple[str, ...]
    heads: dict[str, dict[int, Head]]


@dataclass(frozen=True, slots=True)
class Package:
    """Ready to answer.

    Attributes:
        about: what ``package.json`` says.
        members: of all folds and seeds.
    """

    about: dict[str, Any]
    members: tuple[Member, ...]

    @property
    def emotions(self) -> list[str]:
        """The classes, in the order of the answers."""
        return list(self.about["emotions"])

    def judge(self, images: npt.NDArray[Any]) -> Odds:
        """Probabilities of rows of the package's view: rows x emotions.

        Raises:
            PackageError: the rows are not of the view's shape.
        """
        if list(images.shape[1:]) != self.about["shape"]:
            raise PackageError(
                f"rows of shape {list(images.shape[1:])}; the model takes {self.about['shape']}, "
                f"as the view {self.about['view']} makes them"
            )
        heat = self.about["temperature"] or 1.0
        answers = [self.ask(member, images) for member in self.members]
        return np.asarray(np.mean([calibration.at(odds, heat) for odds in answers], axis=0))

    def ask(self, member: Member, images: npt.NDArray[Any]) -> Odds:
        """One member's probabilities, as they were tested: not calibrated."""
        from pipeline.heads.fitting import probabilities
        from pipeline.networks import registry

        rows = images.reshape(-1, *registry.row(images.shape[1:]))
        seen = {part: see(rows) for part, see in member.sees.items()}
        answers = []
        for name in member.names:
            heads = member.heads.get(name)
            if heads is None:
                answers.append(seen[-1][0].astype(np.float64))
            else:
                each = [
                    probabilities(head, seen[part][1], self.emotions)
                    for part, head in heads.items()
                ]
                answers.append(np.mean(each, axis=0))
        return np.asarray(np.mean(answers, axis=0))


def open_package(folder: Path, runtime: Runtime = "torch", threads: int = 1) -> Package:
    """Read a package.

    Args:
        folder: that was gathered.
        runtime: what the networks answer with; all but torch need ``ser export`` before.
        threads: of ONNX Runtime.

    Raises:
        PackageError: a file is missing or damaged.
    """
    from pipeline.heads import registry as heads

    about = read(folder)

    def see(weights: str) -> See:
        if runtime == "torch":
            return partial(_judged, network(folder, about, weights), about["test_views"])
        from pipeline.package.graphs import Graph

        return Graph(graph(folder, runtime, weights), threads).see

    members = []
    for item in about["members"]:
        place = folder / "heads" / item["folder"]
        members.append(
            Member(
                {int(part): see(name) for part, name in item["networks"].items()},
                tuple(item["names"]),
                {
                    name: {int(part): heads.load(place, file) for part, file in parts.items()}
                    for name, parts in item["heads"].items()
                },
            )
        )
    return Package(about, tuple(members))


def read(folder: Path) -> dict[str, Any]:
    """What a package's ``package.json`` says.

    Raises:
        PackageError: this is no package, or a damaged one.
    """
    about = read_json(folder / ABOUT, "ser export", PackageError)
    if lacking := sorted(TOLD - about.keys()):
        raise PackageError(
            f"{folder / ABOUT}: damaged, without {', '.join(lacking)}; "
            "make it again with: ser export"
        )
    return about


def network(folder: Path, about: Mapping[str, Any], weights: str) -> Network:
    """One of a package's networks, by the name of its weights.

    Raises:
        PackageError: the file is missing or damaged.
    """
    from safetensors.torch import load_file

    from pipeline.config.networks import parse_network
    from pipeline.networks import registry

    path = folder / "networks" / weights
    chosen = {key: value for key, value in about["network"].items() if key != "name"}
    made = registry.make(
        parse_network(chosen), registry.row(about["shape"]), len(about["emotions"])
    )
    try:
        made.load_state_dict(load_file(path))
    except Exception as error:
        raise PackageError(f"{path}: {str(error).splitlines()[0]}") from None
    return made.eval()


def graph(folder: Path, runtime: Runtime, weights: str) -> Path:
    """Where a network's graph for a runtime lies."""
    return folder / GRAPHS / runtime / Path(weights).with_suffix(".onnx").name


def _judged(
    network: Network, views: int, rows: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    import torch

    from pipeline.training import loop

    return loop.judge(network, torch.from_numpy(np.ascontiguousarray(rows)), views=views)


def _view(name: str, root: Path) -> dict[str, Any]:
    """The settings of a view, which tell how a recording becomes a row."""
    path = root / "data/views" / name / "about.json"
    settings: dict[str, Any] = read_json(path, f"dvc pull view@{name}", PackageError)["settings"]
    if settings.get("scale") == "dataset":
        raise PackageError(
            f"views.{name}.scale is 'dataset', which no single recording has; "
            "let the recipe use a view with scale: clip"
        )
    return settings


def _temperature(recipe: str, head: str, emotions: Sequence[str], root: Path) -> float | None:
    """What calibrates a head; none where its training kept no validation clips apart."""
    path = root / "data/predictions" / f"{recipe}.csv"
    if not path.is_file():
        raise PackageError(f"{path}: not here; get it with: dvc pull heads@{recipe}")
    table = pd.read_csv(path, dtype={"role": str, "head": str, "true": str})
    known = table[(table["role"] == "validation") & (table["head"] == head)]
    if known.empty:
        return None
    odds = known[[f"p_{emotion}" for emotion in emotions]].to_numpy()
    true = pd.Categorical(known["true"], categories=list(emotions)).codes.astype(np.int64)
    return round(calibration.temperature(odds, true), 4)


def _member(entry: Mapping[str, Any], trained: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    fold, seed, settings = entry["fold"], entry["seed"], entry["settings"]
    names = settings["members"] if settings["kind"] == VOTE else [entry["head"]]
    own = [item for item in trained if (item["fold"], item["seed"]) == (fold, seed)]
    weights = {-1 if item["part"] is None else item["part"]: item["weights"] for item in own}
    stems = {Path(file).stem for file in entry["files"]}
    heads: dict[str, dict[int, str]] = {}
    for name in names:
        files = {
            part: name if part == -1 else f"{name}-part-{part}"
            for part in weights
            if (name if part == -1 else f"{name}-part-{part}") in stems
        }
        if files:
            heads[name] = files
    # A name without files is the network's own answer.
    asked = {part for parts in heads.values() for part in parts}
    asked |= {-1} if len(heads) < len(names) else set()
    return {
        "fold": fold,
        "seed": seed,
        "folder": f"fold-{fold}-seed-{seed}",
        "names": list(names),
        "networks": {part: weights[part] for part in sorted(asked)},
        "heads": heads,
        "files": entry["files"],
    }


def _copy(source: Path, target: Path, stage: str) -> None:
    if not source.is_file():
        raise PackageError(f"{source}: not here; get it with: dvc pull {stage}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
