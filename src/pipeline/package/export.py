"""A package with everything that serving wants: graphs, what each costs in UAR, a model card."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from pipeline.core.storage import write_json
from pipeline.evaluation import metrics
from pipeline.package import calibration, card, graphs, package, samples
from pipeline.package.package import CARD, EXPORTED, Package, Runtime
from pipeline.splits.roles import TEST, TRAIN
from pipeline.training import runs
from pipeline.training.runs import Recipe

CALIBRATION_ROWS: Final = 256
"""Training clips that tell an 8-bit graph how large its activations get."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A package on the clips that its recipe tested, each member on those it never heard.

    Attributes:
        uar: mean over folds and seeds.
        calibration_error: of the answers as the networks and heads give them.
        calibrated_error: of the answers at the package's temperature.
        largest: difference of a probability from torch's.
    """

    uar: float
    calibration_error: float
    calibrated_error: float
    largest: float


def export(
    name: str, head: str, folder: Path, *, prune: float | None = None, progress: bool = True
) -> dict[str, Any]:
    """Write a package with graphs and a card.

    Args:
        name: of a cooked recipe.
        head: one of its heads.
        folder: to make; what is there already stays until the new one is whole.
        prune: share of the smallest weights to cut away in a further variant.
        progress: show a progress bar.

    Returns:
        What ``export.json`` says.

    Raises:
        SerError: something of the recipe is not here, or has no graph.
    """
    recipe = runs.open_recipe(name)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    about = package.gather(name, head, partial)
    runtimes: list[Runtime] = ["torch", "onnx", "int8"]
    if prune is not None:
        runtimes.append("pruned")
    try:
        _draw(recipe, partial, about, prune, progress)
        measured = measure(recipe, partial, runtimes, progress=progress)
        found = {
            "recipe": name,
            "head": head,
            "prune": prune,
            "temperature": about["temperature"],
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
        write_json(partial / EXPORTED, found)
        card.write(partial / CARD, about, found)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return found


def measure(
    recipe: Recipe, folder: Path, runtimes: Sequence[Runtime], *, progress: bool = True
) -> dict[Runtime, Measured]:
    """Ask a package about the clips that its recipe tested.

    Every member is asked about its own fold's test clips alone, whose speakers it never
    heard under an honest protocol; so the figure is the recipe's own.

    Args:
        recipe: that was cooked.
        folder: of the package.
        runtimes: to ask with; the first is what the others are held against.
        progress: show a progress bar.
    """
    found: dict[Runtime, Measured] = {}
    reference: pd.DataFrame | None = None
    bar = tqdm(total=len(runtimes), desc="measuring", unit="runtime", disable=not progress)
    with bar:
        for runtime in runtimes:
            table = _answers(recipe, package.open_package(folder, runtime))
            reference = table if reference is None else reference
            found[runtime] = _figures(table, reference, folder)
            bar.update()
    return found


def _answers(recipe: Recipe, asked: Package) -> pd.DataFrame:
    """A row of probabilities for each member and tested clip, as predictions have them."""
    parts = []
    for item, member in zip(asked.about["members"], asked.members, strict=True):
        rows = recipe.rows(item["fold"], TEST)
        odds = asked.ask(member, np.asarray(recipe.view.array[rows["row"].to_numpy()]))
        answers = pd.DataFrame(odds, columns=[f"p_{emotion}" for emotion in asked.emotions])
        answers["predicted"] = [asked.emotions[place] for place in odds.argmax(axis=1)]
        answers["true"] = rows["emotion"].to_numpy()
        answers["clip"], answers["speaker"] = rows["clip"].to_numpy(), rows["speaker"].to_numpy()
        parts.append(answers.assign(fold=item["fold"], seed=item["seed"]))
    return pd.concat(parts, ignore_index=True)


def _figures(table: pd.DataFrame, reference: pd.DataFrame, folder: Path) -> Measured:
    about = package.read(folder)
    emotions = about["emotions"]
    columns = [f"p_{emotion}" for emotion in emotions]
    odds = table[columns].to_numpy()
    calibrated = table.copy()
    calibrated[columns] = calibration.at(odds, about["temperature"] or 1.0)
    scores = metrics.score(table, emotions)
    return Measured(
        uar=scores.uar,
        calibration_error=scores.calibration_error,
        calibrated_error=metrics.score(calibrated, emotions).calibration_error,
        largest=float(np.abs(odds - reference[columns].to_numpy()).max()),
    )


def _draw(
    recipe: Recipe, folder: Path, about: dict[str, Any], prune: float | None, progress: bool
) -> None:
    """Write every network's graphs."""
    from pipeline.networks import registry

    shape = registry.row(about["shape"])
    jobs = [(item, weights) for item in about["members"] for weights in item["networks"].values()]
    for item, weights in tqdm(jobs, desc="graphs", unit="network", disable=not progress):
        network = package.network(folder, about, weights)
        rows = _calibration_rows(recipe, item["fold"]).reshape(-1, *shape)
        whole, small = (package.graph(folder, runtime, weights) for runtime in ("onnx", "int8"))
        for path in (whole, small):
            path.parent.mkdir(parents=True, exist_ok=True)
        graphs.export(network, shape, str(rows.dtype), about["test_views"], whole)
        graphs.quantise(whole, rows, small)
        if prune is not None:
            lean = package.graph(folder, "pruned", weights)
            lean.parent.mkdir(parents=True, exist_ok=True)
            kind, views = str(rows.dtype), about["test_views"]
            graphs.export(graphs.pruned(network, prune), shape, kind, views, lean)


def _calibration_rows(recipe: Recipe, fold: int) -> npt.NDArray[Any]:
    """Training clips from all over a fold."""
    rows = recipe.rows(fold, TRAIN)["row"].to_numpy()
    some = rows[np.linspace(0, len(rows) - 1, min(len(rows), CALIBRATION_ROWS)).astype(int)]
    return np.asarray(recipe.view.array[np.unique(some)])


def _bytes(folder: Path, runtime: Runtime) -> int:
    place = folder / "networks" if runtime == "torch" else folder / package.GRAPHS / runtime
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
