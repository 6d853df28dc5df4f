"""A few recordings of the corpus that a person may try, for each emotion a woman's and a man's.

They are chosen by their names, never by how well they are answered. Each is told with the fold
that tested it, so that only members answer which did not learn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.corpora.index import table as tables

CORPORA: Final = Path("data/corpora")
"""Where datasets lie, each in a folder, from which the paths of its index count."""
TOLD: Final = ("clip", "path", "fold", "emotion", "speaker", "sex", "corpus")


def choose(about: Mapping[str, Any], root: Path = Path()) -> list[dict[str, Any]]:
    """Samples for a package, a dictionary of ``TOLD`` each.

    Args:
        about: what ``package.json`` says.
        root: of the repository.
    """
    text = {"role": str, "head": str, "clip": str, "true": str}
    answers = pd.read_csv(root / "data/predictions" / f"{about['recipe']}.csv", dtype=text)
    tested = answers[(answers["role"] == "test") & (answers["head"] == about["head"])]
    told = tested.drop_duplicates("clip").set_index("clip")
    index = tables.read(root / "data/index" / f"{about['dataset']}.csv")
    known = index[index["id"].isin(told.index)].rename(columns={"id": "clip"}).sort_values("clip")
    known = known.assign(
        fold=known["clip"].map(told["fold"]), emotion=known["clip"].map(told["true"])
    )
    chosen = []
    for place, emotion in enumerate(about["emotions"]):
        for _, group in known[known["emotion"] == emotion].groupby("sex"):
            speakers = sorted(group["speaker"].unique())
            own = group[group["speaker"] == speakers[place % len(speakers)]]
            chosen.append(own.iloc[len(own) // 2])
    return [{key: _plain(row[key]) for key in TOLD} for row in chosen]


def _plain(value: Any) -> Any:
    return int(value) if not isinstance(value, str) else value
