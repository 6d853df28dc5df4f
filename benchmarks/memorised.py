"""What heads lose by learning from embeddings of clips that the network has memorised.

Fits the same heads three times: on embeddings of the training clips as the network that
learned from them gives them (``plain``), on those and augmented copies of them
(``augmented``), and on those of networks that left the clip out (``out-of-fold``). All
predict the same test clips; the differences to ``plain`` are paired by speaker, and nothing
is chosen by what comes out. The networks, whatever embeddings the recipe itself has, are
trained first, or taken from an earlier run.

    dvc repro split@ravdess-hybrid-speakers
    python benchmarks/memorised.py             # hours without a GPU
    python benchmarks/memorised.py --quick     # the demo's synthetic speech
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.config.base import parse
from pipeline.config.recipes import EmbeddingSettings
from pipeline.core.about import ABOUT
from pipeline.core.errors import TrainingError, exit_on_error
from pipeline.core.storage import atomic_write
from pipeline.evaluation import metrics
from pipeline.evaluation.intervals import paired
from pipeline.heads import fitting, registry
from pipeline.heads.settings import HeadSettings
from pipeline.heads.vote import VoteSettings
from pipeline.training import embeddings, runs
from pipeline.training.about import NetworksAbout
from pipeline.training.recipe import Recipe, open_for_training

RECIPE: Final = "ravdess-hybrid-speakers"
QUICK: Final = "demo"
COPIES: Final = 3
PARTS: Final = 2
RESULT: Final = Path("benchmarks/results/memorised.md")
WORK: Final = Path("checkpoints/memorised")

Tables = dict[str, pd.DataFrame]
"""Predictions of test clips, by what heads learned from."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"the recipe {QUICK}, nothing stored")
    parser.add_argument("--recipe", default=RECIPE)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    name = QUICK if options.quick else options.recipe
    with exit_on_error():
        recipe = open_for_training(name)
        heads = registry.load_heads(recipe.settings.heads)
        tables = compared(recipe, heads, WORK)
        emotions = recipe.settings.emotions
        text = described(name, tables, emotions)
    print(text)
    if not options.quick:
        with atomic_write(options.out) as partial:
            partial.write_text(text, encoding="utf-8")
    figures = [mean_uar(table, emotions) for table in tables.values()]
    plain, out_of_fold = figures[0], figures[-1]
    print(f"ratio {out_of_fold / plain:.2f} (heads' UAR, out-of-fold against plain embeddings)")


def compared(recipe: Recipe, heads: Mapping[str, HeadSettings], work: Path) -> Tables:
    """Every head's predictions of test clips, by what it learned from.

    Args:
        recipe: with its data.
        heads: of its set; votes are left out.
        work: the folder that networks are trained in and stay in.
    """
    alone = {name: item for name, item in heads.items() if not isinstance(item, VoteSettings)}
    kinds: dict[str, dict[str, Any]] = {
        "plain": {"kind": "plain"},
        f"augmented, {COPIES} copies": {"kind": "augmented", "copies": COPIES},
        f"out-of-fold, {PARTS} parts": {"kind": "out-of-fold", "parts": PARTS},
    }
    recipes = {label: with_embeddings(recipe, kind) for label, kind in kinds.items()}
    folder = work / recipe.name
    trained(list(recipes.values())[-1], folder)
    return {label: predicted(own, folder, alone, label) for label, own in recipes.items()}


def with_embeddings(recipe: Recipe, kind: Mapping[str, Any]) -> Recipe:
    """The recipe with other embeddings."""
    chosen: EmbeddingSettings = parse(EmbeddingSettings, kind)  # type: ignore[arg-type]
    settings = recipe.settings.model_copy(update={"embeddings": chosen})
    return dataclasses.replace(recipe, settings=settings)


def trained(recipe: Recipe, folder: Path) -> None:
    """Train the recipe's networks into a folder, unless they are there."""
    if (folder / ABOUT).is_file():
        about = NetworksAbout.read(folder, "python benchmarks/memorised.py", TrainingError)
        if about.model_copy(update={"networks": ()}) == recipe.about():
            return
    runs.train(recipe, folder, folder.with_name(f"{folder.name}-unfinished"))


def predicted(
    recipe: Recipe, folder: Path, heads: Mapping[str, HeadSettings], label: str
) -> pd.DataFrame:
    """The test rows of all heads, fitted on embeddings of the recipe's kind."""
    tables = []
    for run in tqdm(sorted({run.main for run in recipe.runs()}), desc=label, unit="fold"):
        networks = {
            one.part: runs.load(folder, one, recipe) for one in recipe.runs() if one.main == run
        }
        _, rows = fitting.fit_heads(
            embeddings.table(recipe, run, networks),
            recipe.settings.emotions,
            heads,
            validated=recipe.training.validation == "stop",
            where=f"heads.{recipe.settings.heads}",
        )
        tables.append(rows[rows["role"] == "test"].assign(fold=run.fold, seed=run.seed))
    return pd.concat(tables, ignore_index=True)


def described(name: str, tables: Tables, emotions: tuple[str, ...]) -> str:
    """The heads' UAR by what they learned from, as a table."""
    lines = [
        f"Recipe {name}: UAR in percent on test clips; in brackets the difference to plain, with",
        "its 95 % interval over speakers.",
        "",
        f"| head | {' | '.join(tables)} |",
        f"|---|{'---|' * len(tables)}",
    ]
    plain = next(iter(tables.values()))
    for head in dict.fromkeys(plain["head"]):
        cells = []
        for table in tables.values():
            own = table[table["head"] == head]
            cell = f"{100 * metrics.score(own, emotions)['uar']:.1f}"
            if table is not plain:
                gap = paired(own, plain[plain["head"] == head], emotions)
                cell += f" ({100 * gap.mean:+.1f}: {100 * gap.low:+.1f} to {100 * gap.high:+.1f})"
            cells.append(cell)
        lines.append(f"| {head} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def mean_uar(table: pd.DataFrame, emotions: tuple[str, ...]) -> float:
    """The mean of the UAR of all heads but the network's own."""
    learned = table[table["head"] != "softmax"]
    return float(
        np.mean([metrics.score(own, emotions)["uar"] for _, own in learned.groupby("head")])
    )


if __name__ == "__main__":
    main()
