"""A recipe's split, from its clips and its protocol to two files.

``split.csv`` has clip, plane, fold, role (``train``, ``validation``, ``test``), and each
clip's emotion, speaker, sex and group; ``summary.json`` has the split in numbers, with its
leaks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.config.recipes import load_recipe
from pipeline.core.errors import ProtocolError, ViewError
from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_folder, write_json
from pipeline.corpora.index import table as index
from pipeline.splits import registry
from pipeline.splits.gate import Audit, gate
from pipeline.splits.roles import TEST, TRAIN, VALIDATION
from pipeline.splits.settings import ProtocolSettings

COLUMNS: Final = ["clip", "plane", "fold", "role"]
ORDER: Final = ["fold", "clip", "plane"]


def make(recipe: str, root: Path = Path()) -> dict[str, Any]:
    """Split a recipe's clips, and write the split.

    Args:
        recipe: its name.
        root: of the repository.

    Returns:
        What ``summary.json`` says.

    Raises:
        ProtocolError: the clips do not allow such a split, or it leaks.
    """
    layout, settings = Layout(root), load_recipe(recipe, root)
    protocol = registry.load_protocol(settings.protocol, root)
    clips = index.read(layout.clips(settings.dataset))
    used = clips[(clips["left_out"] == "") & clips["emotion"].isin(settings.emotions)]
    table = split(used, _view_rows(layout.view(settings.view)), protocol)
    found = gate(table, used, protocol.kind)
    table = described(table, used, protocol.kind)
    summary = summarise(table, found, settings.protocol)
    folder = layout.split_folder(recipe)
    with atomic_folder(folder) as partial:
        name = layout.split(recipe).name
        table.to_csv(partial / name, index=False, lineterminator="\n")
        write_json(partial / layout.split_summary(recipe).name, summary)
    return summary


def split(clips: pd.DataFrame, rows: pd.DataFrame, settings: ProtocolSettings) -> pd.DataFrame:
    """Give the rows of a view a role in every fold.

    Args:
        clips: the clips that may be used: id, corpus, speaker, sex, emotion, statement, hash.
        rows: the view's rows: clip and plane (empty for the recording itself).
        settings: the protocol.

    Returns:
        clip, plane, fold, role; ordered by fold, clip and plane.

    Raises:
        ProtocolError: the clips do not allow such a split.
    """
    rows = rows.sort_values(["clip", "plane"], ignore_index=True)
    clips = clips[clips["id"].isin(set(rows["clip"]))].sort_values("id", ignore_index=True)
    if clips.empty:
        raise ProtocolError("no clip of the recipe's emotions is in the view")
    dealt = registry.module(settings.kind).deal(clips, rows, settings)
    table: pd.DataFrame = dealt[COLUMNS].sort_values(ORDER, ignore_index=True)
    return table


def described(table: pd.DataFrame, clips: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Give each row its clip's emotion, speaker, sex and group.

    Clips of one group stay together whenever the training side is divided further: a
    speaker's clips where no speaker is on both sides, else the recordings with the same
    samples.

    Args:
        table: clip, plane, fold and role.
        clips: the clips' facts.
        kind: of the protocol.
    """
    facts = clips.set_index("id")[["emotion", "speaker", "sex", "hash"]]
    first = clips.sort_values("id").groupby("hash")["id"].transform("first")
    apart = "speaker" not in registry.leaks(kind)
    facts["group"] = clips["speaker"].to_numpy() if apart else first.reindex(clips.index).to_numpy()
    return table.join(facts.drop(columns="hash"), on="clip")


def summarise(table: pd.DataFrame, found: Audit, protocol: str) -> dict[str, Any]:
    """The split's numbers, per fold, and what it leaks.

    Args:
        table: the described split.
        found: what the gate found.
        protocol: its name.
    """
    folds = []
    for _, fold in table.groupby("fold"):
        counts = {role: int((fold["role"] == role).sum()) for role in (TRAIN, VALIDATION, TEST)}
        tested = fold[fold["role"] == TEST]["speaker"]
        folds.append({**counts, "test_speakers": sorted(set(tested))})
    return {
        "protocol": protocol,
        "label": found.label,
        "leaks": {kind: len(names) for kind, names in found.shared.items()},
        "folds": len(folds),
        "clips": int(table["clip"].nunique()),
        "per_fold": folds,
    }


def _view_rows(folder: Path) -> pd.DataFrame:
    path = folder / "rows.csv"
    if not path.is_file():
        raise ViewError(f"{path}: no such view; make it with: dvc repro view@{folder.name}")
    return pd.read_csv(path, dtype=str, keep_default_na=False)
