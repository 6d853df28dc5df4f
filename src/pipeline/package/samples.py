"""A few recordings of the corpus to try a model with: of each emotion a woman's and a man's.

They are chosen by name, not by how well they are predicted. Each has the fold that tested
it, so that only the runs that did not train on it need predict it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.core.layout import Layout
from pipeline.corpora.index import table as tables
from pipeline.package.about import PackageAbout

COLUMNS: Final = ("clip", "path", "fold", "emotion", "speaker", "sex", "corpus")


def choose(about: PackageAbout, root: Path = Path()) -> list[dict[str, Any]]:
    """Samples for a package, a dictionary of ``COLUMNS`` each.

    Args:
        about: of the package.
        root: of the repository.
    """
    layout = Layout(root)
    text = {"role": str, "head": str, "clip": str, "true": str}
    predictions = pd.read_csv(layout.predictions(about.recipe), dtype=text)
    tested = predictions[(predictions["role"] == "test") & (predictions["head"] == about.head)]
    tested = tested.drop_duplicates("clip").set_index("clip")
    index = tables.read(layout.clips(about.dataset)).rename(columns={"id": "clip"})
    clips = index[index["clip"].isin(tested.index)].sort_values("clip")
    clips = clips.assign(
        fold=clips["clip"].map(tested["fold"]), emotion=clips["clip"].map(tested["true"])
    )
    chosen = []
    for place, emotion in enumerate(about.emotions):
        for _, group in clips[clips["emotion"] == emotion].groupby("sex"):
            speakers = sorted(group["speaker"].unique())
            own = group[group["speaker"] == speakers[place % len(speakers)]]
            chosen.append(own.iloc[len(own) // 2])
    return [{key: _plain(row[key]) for key in COLUMNS} for row in chosen]


def _plain(value: Any) -> Any:
    return int(value) if not isinstance(value, str) else value
