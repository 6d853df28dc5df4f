"""What the earlier stages of a recipe left behind, gathered and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.core.errors import ReportError
from pipeline.core.storage import read_json
from pipeline.evaluation.results import REPORTS

TEXT: Final = {"clip": str, "plane": str, "speaker": str, "sex": str}
"""Columns that are words even where they look like numbers."""


@dataclass(frozen=True, slots=True)
class Cooked:
    """What the earlier stages of a recipe left behind.

    Attributes:
        recipe: its name.
        title: what it is, for people.
        dataset: its dataset.
        view: its view.
        emotions: the classes, in the order that reports show them.
        predictions: of validation and test rows by every head.
        split: clip, plane, fold, role, emotion, speaker, sex.
        summary: the split's numbers, with its protocol and label.
        networks: what is known of the trained networks.
        heads: what is known of the fitted heads.
        curves: losses, epoch by epoch.
    """

    recipe: str
    title: str
    dataset: str
    view: str
    emotions: tuple[str, ...]
    predictions: pd.DataFrame
    split: pd.DataFrame
    summary: dict[str, Any]
    networks: dict[str, Any]
    heads: dict[str, Any]
    curves: pd.DataFrame

    @property
    def label(self) -> str:
        """What every figure of the recipe wears."""
        return str(self.summary["label"])

    @property
    def leaks(self) -> bool:
        """Whether the two sides of the split share what they should not."""
        return bool(self.summary["leaks"])

    @property
    def synthetic(self) -> bool:
        """Whether any clip was made by the demo's own synthesis."""
        return any(corpus == "demo" for corpus in self.corpora)

    @property
    def corpora(self) -> list[str]:
        """The corpora that the clips come from."""
        return sorted({clip.partition("/")[0] for clip in self.split["clip"]})


def read(
    recipe: str, title: str, dataset: str, view: str, emotions: Sequence[str], root: Path = Path()
) -> Cooked:
    """Gather a recipe's files.

    Raises:
        ReportError: one is missing, or they do not belong together.
    """
    report = root / REPORTS / recipe
    networks = root / "models/networks" / recipe / "about.json"
    heads = root / "models/heads" / recipe / "about.json"
    cooked = Cooked(
        recipe=recipe,
        title=title,
        dataset=dataset,
        view=view,
        emotions=tuple(emotions),
        predictions=_table(root / "data/predictions" / f"{recipe}.csv", f"heads@{recipe}"),
        split=_table(root / "data/splits" / f"{recipe}.csv", f"split@{recipe}"),
        summary=read_json(report / "split.json", f"dvc repro split@{recipe}", ReportError),
        networks=read_json(networks, f"dvc repro train@{recipe}", ReportError),
        heads=read_json(heads, f"dvc repro heads@{recipe}", ReportError),
        curves=_table(report / "curves.csv", f"train@{recipe}"),
    )
    _require_whole(cooked)
    return cooked


def test_rows(cooked: Cooked) -> dict[str, pd.DataFrame]:
    """Each head's tested rows with the speaker's sex, heads in the recipe's order."""
    sexes = cooked.split.drop_duplicates("speaker").set_index("speaker")["sex"]
    tested = cooked.predictions[cooked.predictions["role"] == "test"].drop(columns="role")
    tested = tested.assign(sex=tested["speaker"].map(sexes).replace("", "unknown"))
    order = list(dict.fromkeys(tested["head"]))
    return {head: tested[tested["head"] == head].reset_index(drop=True) for head in order}


test_rows.__test__ = False  # type: ignore[attr-defined]


def by_fold(rows: pd.DataFrame, column: str) -> dict[int, list[str]]:
    """A column's values in each fold."""
    folds = sorted(map(int, rows["fold"].unique()))
    return {fold: rows.loc[rows["fold"] == fold, column].tolist() for fold in folds}


def _require_whole(cooked: Cooked) -> None:
    """Stop unless every head answered every tested clip of every fold and seed."""
    where, cure = f"data/predictions/{cooked.recipe}.csv", f"dvc repro heads@{cooked.recipe}"
    needed = {"role", "fold", "seed", "head", "clip", "speaker", "true", "predicted"}
    needed |= {f"p_{emotion}" for emotion in cooked.emotions}
    missing = sorted(needed - set(cooked.predictions))
    if missing:
        raise ReportError(f"{where}: lacks the column {missing[0]!r}; make it anew with: {cure}")
    wanted = by_fold(cooked.split[cooked.split["role"] == "test"], "clip")
    rows = cooked.predictions[cooked.predictions["role"] == "test"]
    seeds = sorted(rows["seed"].unique())
    found = {key: sorted(clips) for key, clips in rows.groupby(["head", "fold", "seed"])["clip"]}
    for head in dict.fromkeys(rows["head"]):
        for fold, clips in wanted.items():
            for seed in seeds:
                if found.get((head, fold, seed)) != sorted(clips):
                    raise ReportError(
                        f"{where}: {head}, fold {fold}, seed {seed} does not answer the "
                        f"split's {len(clips)} tested clips; make it anew with: {cure}"
                    )
    if not found:
        raise ReportError(f"{where}: holds no tested clip; make it anew with: {cure}")


def _table(path: Path, stage: str) -> pd.DataFrame:
    if not path.is_file():
        raise ReportError(f"{path}: not there; make it with: dvc repro {stage}")
    read: pd.DataFrame = pd.read_csv(path, dtype=TEXT, keep_default_na=False, na_values=_numbers())
    return read


def _numbers() -> dict[str, list[str]]:
    """Columns in which an empty field is a missing number, not an empty word."""
    names = ("part", "rate", "loss", "validation_loss", "validation_uar")
    return {name: [""] for name in names}
