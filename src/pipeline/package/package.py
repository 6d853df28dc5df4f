"""A recipe's head with its networks in one folder: a view's rows in, probabilities out.

A recipe trains a network for each fold and seed. A package holds them all and gives the
mean of their probabilities. The heads of a recipe without a network read the view's rows,
normalised as they were for training.

Reading a package runs no code: weights are safetensors, trees are the libraries' own
formats, the rest is JSON.

Probabilities are calibrated by a temperature that was fitted on validation clips. It does
not change which emotion comes first.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import PackageError, TrainingError
from pipeline.core.layout import Layout
from pipeline.package import calibration, consistency
from pipeline.package.about import PackageAbout, PackageRun
from pipeline.package.calibration import Probabilities
from pipeline.package.outputs import describe
from pipeline.training.run import MAIN, Run

if TYPE_CHECKING:
    from pipeline.heads.head import Head
    from pipeline.networks.network import Network

EXPORT: Final = "export.json"
"""What an export measured, beside ``package.json``."""
CARD: Final = "model_card.md"
GRAPHS: Final = "graphs"
"""Folder of the networks' ONNX graphs, one folder in it for each runtime but torch."""
NORMALISATION: Final = "normalisation"
"""Folder of the means and deviations of recipes without a network."""
Rows = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Embed = Callable[[Rows], tuple[Floats | None, Floats]]
"""From rows of a view to the network's own probabilities, if there is one, and embeddings."""
Runtime = Literal["torch", "onnx", "int8", "pruned"]


def gather(recipe: str, head: str, folder: Path, root: Path = Path()) -> PackageAbout:
    """Copy what a head needs into a folder.

    Args:
        recipe: that was trained.
        head: one of its heads.
        folder: to fill.
        root: of the repository.

    Raises:
        PackageError: a file is missing, is of another run than the others, or the recipe
            has no such head.
    """
    about, layout = describe(recipe, head, root), Layout(root)
    for run in about.runs:
        for weights in run.networks.values():
            _copy(layout.networks(recipe) / weights, folder / "networks" / weights, recipe)
        for name in run.files:
            _copy(layout.heads(recipe) / name, folder / "heads" / name, recipe)
        if about.network is None:
            name = f"{run.folder}.safetensors"
            _copy(layout.embeddings(recipe) / name, folder / NORMALISATION / name, recipe)
    consistency.check_weights(about, folder, root)
    about.write(folder)
    return about


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """The networks and heads of one fold and seed.

    Attributes:
        about: which fold and seed, and which files.
        embed: of each network, by the part that it left out.
        heads: by name and part; a head that is the network's own output is absent.
    """

    about: PackageRun
    embed: dict[int, Embed]
    heads: dict[str, dict[int, Head]]

    def predict_proba(self, rows: Rows, emotions: list[str]) -> Probabilities:
        """Probabilities as they were evaluated: not calibrated.

        Args:
            rows: of the view.
            emotions: in the order of the columns.
        """
        from pipeline.heads.fitting import probabilities

        outputs = {part: embed(rows) for part, embed in self.embed.items()}
        each = []
        for name in self.about.names:
            heads = self.heads.get(name)
            if heads is None:
                own, _ = outputs[MAIN]
                each.append(np.asarray(own, np.float64))
            else:
                parts = [
                    probabilities(head, outputs[part][1], emotions) for part, head in heads.items()
                ]
                each.append(np.mean(parts, axis=0))
        return np.asarray(np.mean(each, axis=0))


@dataclass(frozen=True, slots=True)
class Package:
    """A package, read.

    Attributes:
        about: what ``package.json`` says.
        runs: of all folds and seeds.
    """

    about: PackageAbout
    runs: tuple[LoadedRun, ...]

    @property
    def emotions(self) -> list[str]:
        """The classes, in the order of the probabilities."""
        return list(self.about.emotions)

    def predict_proba(self, rows: Rows) -> Probabilities:
        """Calibrated probabilities of rows of the package's view: rows x emotions.

        Raises:
            PackageError: the rows are not of the view's shape.
        """
        each = [self.predict_run(run, rows) for run in self.runs]
        calibrated = [calibration.calibrate(one, self.about.temperature) for one in each]
        return np.asarray(np.mean(calibrated, axis=0))

    def predict_run(self, run: LoadedRun, rows: Rows) -> Probabilities:
        """Probabilities of one fold and seed, as they were evaluated: not calibrated.

        Raises:
            PackageError: the rows are not of the view's shape.
        """
        shape = self.about.shape
        if rows.shape[1:] != shape:
            raise PackageError(
                f"rows of shape {list(rows.shape[1:])}; the model takes {list(shape)}, "
                f"as the view {self.about.view} makes them"
            )
        return run.predict_proba(rows, self.emotions)


def open_package(folder: Path, runtime: Runtime = "torch", threads: int = 1) -> Package:
    """Read a package.

    Args:
        folder: that was gathered.
        runtime: of the networks; all but torch need ``ser export`` before.
        threads: of ONNX Runtime.

    Raises:
        PackageError: a file is missing or damaged.
    """
    about = PackageAbout.read(folder)
    runs = tuple(
        LoadedRun(run, _embeds(folder, about, run, runtime, threads), _heads(folder, run))
        for run in about.runs
    )
    return Package(about, runs)


def load_network(folder: Path, about: PackageAbout, weights: str) -> Network:
    """One of a package's networks, by the name of its weights.

    Raises:
        PackageError: the file is missing or damaged.
    """
    from safetensors.torch import load_file

    from pipeline.networks import registry

    path = folder / "networks" / weights
    if about.network is None:
        raise PackageError(f"{path}: the recipe {about.recipe} has no network")
    settings = {key: value for key, value in about.network.items() if key != "name"}
    network = registry.make(
        registry.parse_network(settings), registry.row(about.shape), len(about.emotions)
    )
    try:
        network.load_state_dict(load_file(path))
    except Exception as error:
        raise PackageError(f"{path}: {str(error).splitlines()[0]}") from None
    return network.eval()


def graph(folder: Path, runtime: Runtime, weights: str) -> Path:
    """The file of a network's graph for a runtime."""
    return folder / GRAPHS / runtime / Path(weights).with_suffix(".onnx").name


def _heads(folder: Path, run: PackageRun) -> dict[str, dict[int, Head]]:
    from pipeline.heads import registry

    place = folder / "heads" / run.folder
    return {
        name: {part: registry.load(place, stem) for part, stem in parts.items()}
        for name, parts in run.heads.items()
    }


def _embeds(
    folder: Path, about: PackageAbout, run: PackageRun, runtime: Runtime, threads: int
) -> dict[int, Embed]:
    if about.network is None:
        return {MAIN: _normalised(folder, run)}
    return {
        part: _network(folder, about, weights, runtime, threads)
        for part, weights in run.networks.items()
    }


def _normalised(folder: Path, run: PackageRun) -> Embed:
    """The view's rows themselves, normalised."""
    from pipeline.training.features import Normalisation

    try:
        normalisation = Normalisation.read(folder / NORMALISATION, Run(run.fold, run.seed))
    except TrainingError as error:
        reason = str(error).partition(";")[0]
        raise PackageError(f"{reason}; make it again with: ser export") from None
    return lambda rows: (None, normalisation(rows))


def _network(
    folder: Path, about: PackageAbout, weights: str, runtime: Runtime, threads: int
) -> Embed:
    """A network in a runtime."""
    from pipeline.networks import registry

    shape = registry.row(about.shape)
    if runtime != "torch":
        from pipeline.package.graphs import Graph

        loaded = Graph(graph(folder, runtime, weights), threads)
        return lambda rows: loaded(rows.reshape(-1, *shape))
    import torch

    from pipeline.training.prediction import predict

    network = load_network(folder, about, weights)

    def embed(rows: Rows) -> tuple[Floats, Floats]:
        tensor = torch.from_numpy(np.ascontiguousarray(rows.reshape(-1, *shape)))
        return predict(network, tensor, views=about.test_views)

    return embed


def _copy(source: Path, target: Path, recipe: str) -> None:
    if not source.is_file():
        raise PackageError(f"{source}: not here; make it with: ser run {recipe}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
