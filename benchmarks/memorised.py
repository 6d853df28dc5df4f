"""What heads lose by learning from embeddings of clips that the network has memorised.

Takes the trained networks of a recipe whose embeddings are ``out-of-fold`` and fits the
same heads three times: on embeddings of the training clips as the network saw them
(``plain``), on those and changed copies of them (``augmented``), and on those of networks
that left the clip out (``out-of-fold``). All are asked about the same test clips; the
differences to ``plain`` are paired by speaker. Nothing is chosen by what comes out.

    dvc repro train@ravdess-hybrid-speakers
    python benchmarks/memorised.py
    python benchmarks/memorised.py --recipe ravdess-hybrid
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.config.base import load, parse
from pipeline.config.heads import HeadSettings
from pipeline.config.recipes import EmbeddingSettings, OutOfFoldEmbeddings
from pipeline.core.errors import TrainingError, exit_on_error
from pipeline.core.storage import atomic_write
from pipeline.evaluation import metrics
from pipeline.heads import fitting
from pipeline.training import embeddings, runs

HEADS: Final = ("softmax", "mlp", "xgboost", "lightgbm", "svm", "random-forest")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="ravdess-hybrid-speakers")
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/memorised.md"))
    options = parser.parse_args()
    with exit_on_error():
        text = compared(options.recipe, options.copies)
    print(text)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(options.out) as partial:
        partial.write_text(text, encoding="utf-8")


def compared(name: str, copies: int) -> str:
    """The heads' UAR by what they learned from, as a table."""
    recipe = runs.open_recipe(name)
    if not isinstance(recipe.settings.embeddings, OutOfFoldEmbeddings):
        raise TrainingError(f"recipes.{name}.embeddings: not out-of-fold; name another recipe")
    kinds: dict[str, dict[str, Any]] = {
        "plain": {"kind": "plain"},
        f"augmented, {copies} copies": {"kind": "augmented", "copies": copies},
        f"out-of-fold, {recipe.settings.embeddings.parts} parts": (
            recipe.settings.embeddings.model_dump()
        ),
    }
    found = {label: answers(recipe, kind, label) for label, kind in kinds.items()}
    emotions = recipe.settings.emotions
    lines = [
        f"Recipe {name}: UAR in percent on test clips; in brackets the difference to plain, with",
        "its 95 % interval over speakers.",
        "",
        f"| head | {' | '.join(found)} |",
        f"|---|{'---|' * len(found)}",
    ]
    for head in HEADS:
        tables = [table[table["head"] == head] for table in found.values()]
        cells = []
        for place, table in enumerate(tables):
            uar = np.mean([metrics.score(rows, emotions).uar for _, rows in table.groupby("seed")])
            cell = f"{100 * uar:.1f}"
            if place:
                gap = metrics.paired(table, tables[0], emotions)
                cell += f" ({100 * gap.mean:+.1f}: {100 * gap.low:+.1f} to {100 * gap.high:+.1f})"
            cells.append(cell)
        lines.append(f"| {head} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def answers(recipe: runs.Recipe, kind: dict[str, Any], label: str) -> pd.DataFrame:
    """All heads' test rows, taught by embeddings of one kind."""
    settings: EmbeddingSettings = parse(EmbeddingSettings, kind)  # type: ignore[arg-type]
    recipe = dataclasses.replace(
        recipe, settings=recipe.settings.model_copy(update={"embeddings": settings})
    )
    known: dict[str, HeadSettings] = load(dict[str, HeadSettings], "heads")
    trained: dict[tuple[int, int], dict[int, Any]] = {}
    for member in recipe.members():
        network = runs.load(Path("models/networks") / recipe.name, member, recipe)
        trained.setdefault((member.fold, member.seed), {})[member.part] = network
    tables = []
    for (fold, seed), networks in tqdm(trained.items(), desc=label, unit="fold"):
        table = embeddings.table(recipe, fold, seed, networks)
        _, rows = fitting.cook(table, recipe.settings.emotions, HEADS, known, chosen=True)
        tables.append(rows[rows["role"] == "test"].assign(fold=fold, seed=seed))
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    main()
