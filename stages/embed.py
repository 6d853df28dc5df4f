"""Stage: pass every clip of a recipe through its networks, for heads to learn from."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tqdm import tqdm

from pipeline import embeddings, fleet
from pipeline.errors import spoken


def main(name: str) -> None:
    recipe = fleet.open_recipe(name)
    folder = Path("data/embeddings") / name
    partial = folder.with_name(f".{name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    members = recipe.members()
    runs = sorted({(member.fold, member.seed) for member in members})
    rows = 0
    for fold, seed in tqdm(runs, desc=f"{name}: embeddings", unit="network"):
        networks = {
            member.part: fleet.load(Path("models/networks") / name, member, recipe)
            for member in members
            if (member.fold, member.seed) == (fold, seed)
        }
        table = embeddings.table(recipe, fold, seed, networks)
        embeddings.write(partial / f"fold-{fold}-seed-{seed}.parquet", table)
        rows += len(table)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    print(f"{name}: {rows:,} embeddings of {len(runs)} folds and seeds in {folder}")


if __name__ == "__main__":
    with spoken():
        main(sys.argv[1])
