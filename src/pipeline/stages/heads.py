"""Fit a recipe's heads on embeddings, let validation choose, and ask them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from pipeline import tracking
from pipeline.config.base import load
from pipeline.config.heads import HeadSettings
from pipeline.config.recipes import RecipeSettings
from pipeline.core.errors import HeadError
from pipeline.core.storage import atomic_write, write_json
from pipeline.heads import fitting, registry, tables


def main(name: str) -> None:
    recipe = load(RecipeSettings, "recipes", name)
    known: dict[str, HeadSettings] = load(dict[str, HeadSettings], "heads")
    networks = main_networks(name)
    folder, answers = Path("models/heads") / name, Path("data/predictions") / f"{name}.csv"
    partial = folder.with_name(f".{name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    told: list[dict[str, Any]] = []
    predictions = []
    total = len(networks) * len(recipe.heads)
    with tqdm(total=total, desc=f"{name}: heads", unit="head") as bar:
        for network in networks:
            fold, seed = network["fold"], network["seed"]
            here = f"fold-{fold}-seed-{seed}"
            cooked, table = fitting.cook(
                tables.read(Path("data/embeddings") / name / f"{here}.parquet"),
                recipe.emotions,
                recipe.heads,
                known,
                chosen=network["validation_uar"] is not None,
                told=lambda head: bar.update(),
            )
            for each in cooked:
                files = fitting.save(each, partial / here)
                facts = fitting.facts(each, files, partial, network["sha256"])
                told.append({"head": each.name, "fold": fold, "seed": seed, **facts})
            table.insert(1, "fold", fold)
            table.insert(2, "seed", seed)
            predictions.append(table)
    about = {
        "recipe": name,
        "emotions": list(recipe.emotions),
        "library_versions": registry.versions(),
        "heads": told,
    }
    write_json(partial / "about.json", about)
    with atomic_write(answers) as half:
        pd.concat(predictions).to_csv(half, index=False, lineterminator="\n")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    tracking.record_heads(name)
    print(f"{name}: {len(told)} heads of {len(networks)} folds and seeds in {folder}")


def main_networks(name: str) -> list[dict[str, Any]]:
    """The recipe's networks that leave out no part of the training clips."""
    path = Path("models/networks") / name / "about.json"
    if not path.is_file():
        raise HeadError(f"{path}: no trained networks; make them with: dvc repro train@{name}")
    networks = json.loads(path.read_text(encoding="utf-8"))["networks"]
    return [network for network in networks if network["part"] is None]
