"""Deal a recipe's clips to folds and roles, and let no unnamed leak through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.config.base import load
from pipeline.config.protocols import ProtocolSettings
from pipeline.config.recipes import RecipeSettings
from pipeline.core.errors import ViewError
from pipeline.core.storage import atomic_write, write_json
from pipeline.corpora.index import table
from pipeline.splits import protocols


def main(name: str) -> None:
    recipe = load(RecipeSettings, "recipes", name)
    settings: ProtocolSettings = load(ProtocolSettings, "protocols", recipe.protocol)  # type: ignore[arg-type]
    clips = table.read(Path("data/index") / f"{recipe.dataset}.csv")
    used = clips[(clips["left_out"] == "") & clips["emotion"].isin(recipe.emotions)]
    made = protocols.split(used, _rows(recipe.view), settings)
    found = protocols.gate(made, used, settings.kind)
    made = protocols.described(made, used, settings.kind)
    with atomic_write(Path("data/splits") / f"{name}.csv") as partial:
        made.to_csv(partial, index=False, lineterminator="\n")
    summary = summarise(made, used, found, recipe.protocol)
    write_json(Path("reports/recipes") / name / "split.json", summary)
    print(f"{name}: {recipe.protocol}, {summary['folds']} folds; {found.label}")


def _rows(view: str) -> pd.DataFrame:
    path = Path("data/views") / view / "rows.csv"
    if not path.is_file():
        raise ViewError(f"{path}: no such view; make it with: dvc repro view@{view}")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def summarise(
    made: pd.DataFrame, clips: pd.DataFrame, found: protocols.Audit, protocol: str
) -> dict[str, Any]:
    """The split's numbers, per fold, and what it leaks."""
    speakers = clips.set_index("id")["speaker"]
    folds = []
    for _, fold in made.groupby("fold"):
        counts = {
            role: int((fold["role"] == role).sum()) for role in ("train", "validation", "test")
        }
        tested = fold[fold["role"] == "test"]["clip"].map(speakers)
        folds.append({**counts, "test_speakers": sorted(set(tested))})
    return {
        "protocol": protocol,
        "label": found.label,
        "leaks": {kind: len(names) for kind, names in found.shared.items()},
        "folds": len(folds),
        "clips": int(made["clip"].nunique()),
        "per_fold": folds,
    }
