"""``ser export``: a package with ONNX graphs, what each runtime costs in UAR, and a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from pipeline.core.errors import PackageError
from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_folder, write_json
from pipeline.evaluation import metrics
from pipeline.evaluation.results import read_metrics
from pipeline.package import calibration, card, consistency, graphs, package, samples
from pipeline.package.about import PACKAGE, PackageAbout
from pipeline.package.package import CARD, EXPORT, Package, Runtime
from pipeline.splits.roles import TEST, TRAIN
from pipeline.training.recipe import read_split, rows_of
from pipeline.views.packed import View, open_view

CALIBRATION_ROWS: Final = 256
"""Training clips that say how large the activations of an 8-bit graph get."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A package's figures on tested clips, each predicted by the runs of its own fold.

    Attributes:
        uar: mean over folds and seeds.
        calibration_error: of the probabilities as heads give them.
        calibrated_error: of the probabilities at the package's temperature.
        largest: difference of a probability from torch's.
    """

    uar: float
    calibration_error: float
    calibrated_error: float
    largest: float


@dataclass(frozen=True, slots=True)
class Data:
    """The clips of a recipe.

    Attributes:
        recipe: its name.
        view: its packed view.
        split: of the recipe.
    """

    recipe: str
    view: View
    split: pd.DataFrame

    def rows(self, fold: int, role: str) -> pd.DataFrame:
        """A fold's clips with a role, each with its ``row`` of the view."""
        return rows_of(self.recipe, self.view, self.split, fold, role)

    def images(self, rows: pd.DataFrame) -> npt.NDArray[Any]:
        """The view of some clips."""
        return np.asarray(self.view.array[rows["row"].to_numpy()])


def export(
    recipe: str, head: str, folder: Path, *, prune: float | None = None, progress: bool = True
) -> dict[str, Any]:
    """Write a package with graphs and a card.

    A recipe without a network has no graphs: its heads are the whole model.

    Args:
        recipe: that was evaluated.
        head: one of its heads.
        folder: to make; what is there stays until the new one is complete.
        prune: share of the smallest weights to remove in a further variant.
        progress: show a progress bar.

    Returns:
        What ``export.json`` says.

    Raises:
        SerError: something of the recipe is missing, cannot be exported, or is of another
            run than the rest.
    """
    check_target(folder)
    with atomic_folder(folder) as partial:
        about = package.gather(recipe, head, partial)
        report = read_metrics(recipe)
        consistency.check_figures(about, report)
        data = open_data(about)
        runtimes: list[Runtime] = ["torch"]
        if about.network is not None:
            runtimes += ["onnx", "int8"] if prune is None else ["onnx", "int8", "pruned"]
            _write_graphs(data, partial, about, prune, progress)
        measured = measure(data, partial, runtimes, progress=progress)
        consistency.check_measured(about, report, measured["torch"].uar)
        exported = {
            "recipe": recipe,
            "head": head,
            "prune": prune if about.network is not None else None,
            "temperature": about.temperature,
            "runtimes": {
                runtime: {
                    "uar": round(item.uar, 6),
                    "calibration_error": round(item.calibration_error, 6),
                    "calibrated_error": round(item.calibrated_error, 6),
                    "largest_difference": float(f"{item.largest:.2e}"),
                    "bytes": _bytes(partial, runtime),
                }
                for runtime, item in measured.items()
            },
            "tested": card.figures(about),
            "samples": samples.choose(about),
        }
        write_json(partial / EXPORT, exported)
        card.write(partial / CARD, about, exported)
    return exported


def check_target(folder: Path) -> None:
    """Refuse to write a package over a folder that is none.

    Raises:
        PackageError: something else lies there.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / PACKAGE).is_file() or (folder / ".git").exists():
        raise PackageError(f"{folder}: holds something else; name a folder that is empty or new")


def open_data(about: PackageAbout, root: Path = Path()) -> Data:
    """The clips of a package's recipe.

    Args:
        about: of the package.
        root: of the repository.

    Raises:
        SerError: the view or the split is missing.
    """
    view = open_view(Layout(root).view(about.view))
    return Data(about.recipe, view, read_split(about.recipe, root))


def measure(
    data: Data, folder: Path, runtimes: Sequence[Runtime], *, progress: bool = True
) -> dict[Runtime, Measured]:
    """Evaluate a package on the clips that its recipe tested.

    Each run predicts the test clips of its own fold alone, so the figure is the recipe's own.

    Args:
        data: the clips of the recipe.
        folder: of the package.
        runtimes: to evaluate; the others' probabilities are compared with the first's.
        progress: show a progress bar.
    """
    found: dict[Runtime, Measured] = {}
    reference: pd.DataFrame | None = None
    bar = tqdm(total=len(runtimes), desc="measuring", unit="runtime", disable=not progress)
    with bar:
        for runtime in runtimes:
            opened = package.open_package(folder, runtime)
            table = _predictions(data, opened)
            reference = table if reference is None else reference
            found[runtime] = _figures(table, reference, opened.about)
            bar.update()
    return found


def _predictions(data: Data, opened: Package) -> pd.DataFrame:
    """A row of probabilities for each run and tested clip."""
    parts = []
    for run in opened.runs:
        rows = data.rows(run.about.fold, TEST)
        probabilities = opened.predict_run(run, data.images(rows))
        table = pd.DataFrame(probabilities, columns=[f"p_{name}" for name in opened.emotions])
        table["predicted"] = [opened.emotions[place] for place in probabilities.argmax(axis=1)]
        table["true"] = rows["emotion"].to_numpy()
        table["clip"], table["speaker"] = rows["clip"].to_numpy(), rows["speaker"].to_numpy()
        parts.append(table.assign(fold=run.about.fold, seed=run.about.seed))
    return pd.concat(parts, ignore_index=True)


def _figures(table: pd.DataFrame, reference: pd.DataFrame, about: PackageAbout) -> Measured:
    emotions = list(about.emotions)
    columns = [f"p_{emotion}" for emotion in emotions]
    probabilities = table[columns].to_numpy()
    calibrated = table.copy()
    calibrated[columns] = calibration.calibrate(probabilities, about.temperature)
    scores = metrics.score(table, emotions)
    return Measured(
        uar=scores["uar"],
        calibration_error=scores["calibration_error"],
        calibrated_error=metrics.score(calibrated, emotions)["calibration_error"],
        largest=float(np.abs(probabilities - reference[columns].to_numpy()).max()),
    )


def _write_graphs(
    data: Data, folder: Path, about: PackageAbout, prune: float | None, progress: bool
) -> None:
    """Write the graphs of every network."""
    from pipeline.networks import registry

    shape, views = registry.row(about.shape), about.test_views
    jobs = [(run.fold, weights) for run in about.runs for weights in run.networks.values()]
    for fold, weights in tqdm(jobs, desc="graphs", unit="network", disable=not progress):
        network = package.load_network(folder, about, weights)
        rows = _calibration_rows(data, fold).reshape(-1, *shape)
        kind = str(rows.dtype)
        whole, small, lean = (
            package.graph(folder, runtime, weights) for runtime in ("onnx", "int8", "pruned")
        )
        graphs.export(network, shape, kind, views, whole)
        graphs.quantise(whole, rows, small)
        if prune is not None:
            graphs.export(graphs.pruned(network, prune), shape, kind, views, lean)


def _calibration_rows(data: Data, fold: int) -> npt.NDArray[Any]:
    """Training clips from all over a fold."""
    rows = data.rows(fold, TRAIN)
    places = np.linspace(0, len(rows) - 1, min(len(rows), CALIBRATION_ROWS)).astype(int)
    return data.images(rows.iloc[np.unique(places)])


def _bytes(folder: Path, runtime: Runtime) -> int:
    """Bytes of the networks of a runtime; of the heads where there are none."""
    place = folder / "networks" if runtime == "torch" else folder / package.GRAPHS / runtime
    place = place if place.is_dir() else folder / "heads"
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
