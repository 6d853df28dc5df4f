"""Pass every clip of a recipe through its networks, for heads to learn from."""

from __future__ import annotations

import shutil
from pathlib import Path

from tqdm import tqdm

from pipeline.training import embeddings, runs


def main(name: str) -> None:
    recipe = runs.open_recipe(name)
    folder = Path("data/embeddings") / name
    partial = folder.with_name(f".{name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    members = recipe.members()
    pairs = sorted({(member.fold, member.seed) for member in members})
    rows = 0
    for fold, seed in tqdm(pairs, desc=f"{name}: embeddings", unit="network"):
        networks = {
            member.part: runs.load(Path("models/networks") / name, member, recipe)
            for member in members
            if (member.fold, member.seed) == (fold, seed)
        }
        table = embeddings.table(recipe, fold, seed, networks)
        embeddings.write(partial / f"fold-{fold}-seed-{seed}.parquet", table)
        rows += len(table)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    print(f"{name}: {rows:,} embeddings of {len(pairs)} folds and seeds in {folder}")
