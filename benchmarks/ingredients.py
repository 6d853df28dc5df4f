"""What each ingredient of a recipe's training is worth, on validation speakers.

The recipe's network is trained as the recipe says, and then with one thing changed at a
time: one seed, the first folds, without the validation speakers, which it is evaluated on;
test clips are not used. Every row is written as it ends, and a second run goes on from there.

A difference of one seed and few folds is noisy: the deviation between seeds, which
``--seeds`` measures for the unchanged recipe, is the scale to read the table by.

    python benchmarks/ingredients.py                         # ravdess-best, 20 epochs
    python benchmarks/ingredients.py --recipe ravdess-hybrid-speakers --folds 0 1 2
    python benchmarks/ingredients.py --only "no mixup" "width 16"
    python benchmarks/ingredients.py --quick                 # two epochs of two variants
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("SER_THREADS", str(os.cpu_count() or 1))

import numpy as np

from pipeline import THREADS
from pipeline.config.base import parse
from pipeline.config.trainings import TrainingSettings
from pipeline.core.storage import atomic_write
from pipeline.networks.registry import parse_network
from pipeline.networks.settings import NetworkSettings
from pipeline.splits.roles import TRAIN, VALIDATION
from pipeline.training import loop
from pipeline.training.recipe import Recipe, open_for_training

Changes = Mapping[str, Mapping[str, Any]]
"""Settings to change, by ``network``, ``training`` and ``augment``."""

ALL: Final = "none of the five"

VARIANTS: Final[dict[str, Changes]] = {
    "as it is": {},
    "all bands normalised together": {"network": {"normalise": "channel"}},
    "no mixup": {"training": {"mixup": 0.0}},
    "no label smoothing": {"training": {"label_smoothing": 0.0}},
    "no masks": {"augment": {"time_masks": 0, "frequency_masks": 0}},
    "no shift": {"augment": {"shift": 0.0}},
    "no gain": {"augment": {"gain": 0.0}},
    ALL: {
        "training": {"mixup": 0.0, "label_smoothing": 0.0},
        "augment": {"time_masks": 0, "frequency_masks": 0, "shift": 0.0, "gain": 0.0},
    },
    "a constant rate of 0.001": {"training": {"schedule": "constant", "rate": 0.001}},
    "half the rate": {"training": {"rate": 0.002}},
    "a quarter of the rate": {"training": {"rate": 0.001}},
    "running average of weights": {"training": {"average": 0.99}},
    "attentive pooling": {"network": {"pooling": "attentive"}},
    "statistics pooling": {"network": {"pooling": "statistics"}},
    "width 16": {"network": {"width": 16}},
    "stretched in time and pitch": {"augment": {"stretch": 0.1, "bands": 0.04, "warp": 0.06}},
    "half the epochs": {"training": {"epochs": 0.5}},
}
COLUMNS: Final = ("recipe", "variant", "seed", "epochs", "fold", "uar", "loss")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="ravdess-best")
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--only", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/ingredients.csv"))
    parser.add_argument("--quick", action="store_true", help="one fold, two epochs, two variants")
    options = parser.parse_args()
    if options.quick:
        options.folds, options.epochs = options.folds[:1], 2
        options.only = ["as it is", ALL]
    recipe = open_for_training(options.recipe)
    rows = read(options.out)
    for variant in options.only:
        network, settings = changed(recipe, VARIANTS[variant], options.epochs)
        for seed in options.seeds:
            for fold in options.folds:
                place = (recipe.name, variant, str(seed), str(options.epochs), str(fold))
                if any(tuple(row[name] for name in COLUMNS[:5]) == place for row in rows):
                    continue
                uar, loss = validated(recipe, network, settings, fold, seed, variant)
                rows.append(dict(zip(COLUMNS, (*place, f"{uar:.4f}", f"{loss:.4f}"), strict=True)))
                write(rows, options.out)
    rows = [row for row in rows if row["recipe"] == recipe.name]
    report(rows, options.epochs, options.folds)


def changed(
    recipe: Recipe, changes: Changes, epochs: int
) -> tuple[NetworkSettings, TrainingSettings]:
    """The recipe's settings with some changed, with every epoch run and the last one taken."""
    new = dict(changes.get("training", {}))
    number = max(1, round(epochs * new.pop("epochs", 1)))
    augment = {**recipe.training.augment.model_dump(), **changes.get("augment", {})}
    data = {**recipe.training.model_dump(), **new, "augment": augment, "epochs": number}
    network = {**recipe.network.model_dump(), **changes.get("network", {})}
    stop: Any = {"validation": "stop", "patience": None}
    return parse_network(network), parse(TrainingSettings, data | stop)


def validated(
    recipe: Recipe,
    network: NetworkSettings,
    settings: TrainingSettings,
    fold: int,
    seed: int,
    label: str,
) -> tuple[float, float]:
    """UAR and log loss on the validation speakers, by the weights of the last epoch."""
    training, validation = recipe.rows(fold, TRAIN), recipe.rows(fold, VALIDATION)
    weights = recipe.initial_weights
    assert weights is not None
    fitted = loop.fit(
        recipe.images(training, training),
        recipe.images(validation, training),
        network,
        settings,
        emotions=len(recipe.settings.emotions),
        seed=seed,
        initial=weights.load(seed),
        label=f"{label}, fold {fold}",
    )
    last = fitted.epochs[-1]
    assert last.validation_uar is not None and last.validation_loss is not None
    return last.validation_uar, last.validation_loss


def read(path: Path) -> list[dict[str, str]]:
    """The rows that earlier runs wrote."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(rows: list[dict[str, str]], path: Path) -> None:
    """All rows, together or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def report(rows: list[dict[str, str]], epochs: int, folds: list[int]) -> None:
    """A line for each variant: mean over folds, and the difference from the recipe."""
    wanted = {str(fold) for fold in folds}
    rows = [row for row in rows if row["epochs"] == str(epochs) and row["fold"] in wanted]

    def mean(variant: str, column: str) -> float:
        found = [float(row[column]) for row in rows if row["variant"] == variant]
        return float(np.mean(found)) if found else float("nan")

    print(f"\n{epochs} epochs, folds {sorted(wanted)}, {THREADS} threads; validation speakers\n")
    print("| variant | UAR | difference | log loss |\n|---|---|---|---|")
    base = mean("as it is", "uar")
    for variant in dict.fromkeys(row["variant"] for row in rows):
        uar = mean(variant, "uar")
        gap = "" if variant == "as it is" else f"{100 * (uar - base):+.1f}"
        print(f"| {variant} | {100 * uar:.1f} | {gap} | {mean(variant, 'loss'):.2f} |")
    ratio = base / mean(ALL, "uar")
    if np.isfinite(ratio):
        print(f"\nratio {ratio:.2f} (validation UAR of the recipe against it with {ALL})")


if __name__ == "__main__":
    main()
