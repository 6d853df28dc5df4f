"""What the earlier stages of a recipe made, gathered and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.config.recipes import NetworkRecipeSettings, RecipeSettings, load_recipe
from pipeline.core.errors import ReportError
from pipeline.core.layout import Layout
from pipeline.core.storage import read_json
from pipeline.heads.about import HeadsAbout
from pipeline.splits.roles import TEST
from pipeline.training.about import NetworksAbout

TEXT: Final = {"clip": str, "plane": str, "speaker": str, "sex": str}
"""Columns that are text even where it looks like numbers."""

CURVES: Final = "curves.csv"
NUMBERS: Final = ("part", "rate", "loss", "validation_loss", "validation_uar")
"""Columns in which an empty field is a missing number, not an empty text."""


@dataclass(frozen=True, slots=True)
class RecipeOutputs:
    """What the earlier stages of a recipe made.

    Attributes:
        recipe: its name.
        settings: of the recipe.
        predictions: of validation and test rows by every head.
        split: clip, plane, fold, role, emotion, speaker, sex.
        summary: the split's numbers, with its protocol and label.
        heads: what is known of the fitted heads.
        networks: what is known of the trained networks; none where the recipe has no network.
        curves: losses, epoch by epoch; none likewise.
    """

    recipe: str
    settings: RecipeSettings
    predictions: pd.DataFrame
    split: pd.DataFrame
    summary: dict[str, Any]
    heads: HeadsAbout
    networks: NetworksAbout | None
    curves: pd.DataFrame | None

    @property
    def emotions(self) -> tuple[str, ...]:
        """The classes, in the order that reports show them."""
        return self.settings.emotions

    @property
    def label(self) -> str:
        """What stands on every figure of the recipe."""
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


def read(recipe: str, root: Path = Path()) -> RecipeOutputs:
    """Gather a recipe's files.

    Args:
        recipe: its name.
        root: of the repository.

    Raises:
        ReportError: one is missing, or they do not belong together.
    """
    layout, settings = Layout(root), load_recipe(recipe, root)
    cure = f"ser run {recipe}"
    networks, curves = None, None
    if isinstance(settings, NetworkRecipeSettings):
        folder = layout.network_facts(recipe)
        networks = NetworksAbout.read(folder, cure, ReportError)
        curves = _table(folder / CURVES, cure)
    outputs = RecipeOutputs(
        recipe=recipe,
        settings=settings,
        predictions=_table(layout.predictions(recipe), cure),
        split=_table(layout.split(recipe), cure),
        summary=read_json(layout.split_summary(recipe), cure, ReportError),
        heads=HeadsAbout.read(layout.heads(recipe), cure, ReportError),
        networks=networks,
        curves=curves,
    )
    _require_whole(outputs, layout.predictions(recipe), cure)
    return outputs


def test_rows(outputs: RecipeOutputs) -> dict[str, pd.DataFrame]:
    """Each head's tested rows with the speaker's sex, heads in the recipe's order."""
    sexes = outputs.split.drop_duplicates("speaker").set_index("speaker")["sex"]
    tested = outputs.predictions[outputs.predictions["role"] == TEST].drop(columns="role")
    tested = tested.assign(sex=tested["speaker"].map(sexes).replace("", "unknown"))
    order = list(dict.fromkeys(tested["head"]))
    return {head: tested[tested["head"] == head].reset_index(drop=True) for head in order}


test_rows.__test__ = False  # type: ignore[attr-defined]


def by_fold(rows: pd.DataFrame, column: str) -> dict[int, list[str]]:
    """A column's values in each fold."""
    folds = sorted(map(int, rows["fold"].unique()))
    return {fold: rows.loc[rows["fold"] == fold, column].tolist() for fold in folds}


def _require_whole(outputs: RecipeOutputs, path: Path, cure: str) -> None:
    """Stop unless every head has a prediction of every tested clip of every fold and seed."""
    needed = {"role", "fold", "seed", "head", "clip", "speaker", "true", "predicted"}
    needed |= {f"p_{emotion}" for emotion in outputs.emotions}
    missing = sorted(needed - set(outputs.predictions))
    if missing:
        raise ReportError(f"{path}: lacks the column {missing[0]!r}; make it anew with: {cure}")
    wanted = by_fold(outputs.split[outputs.split["role"] == TEST], "clip")
    rows = outputs.predictions[outputs.predictions["role"] == TEST]
    seeds = sorted(rows["seed"].unique())
    found = {key: sorted(clips) for key, clips in rows.groupby(["head", "fold", "seed"])["clip"]}
    for head in dict.fromkeys(rows["head"]):
        for fold, clips in wanted.items():
            for seed in seeds:
                if found.get((head, fold, seed)) != sorted(clips):
                    raise ReportError(
                        f"{path}: {head}, fold {fold}, seed {seed} does not predict the "
                        f"split's {len(clips)} tested clips; make it anew with: {cure}"
                    )
    if not found:
        raise ReportError(f"{path}: holds no tested clip; make it anew with: {cure}")


def _table(path: Path, cure: str) -> pd.DataFrame:
    if not path.is_file():
        raise ReportError(f"{path}: not there; make it with: {cure}")
    empty = {name: [""] for name in NUMBERS}
    read: pd.DataFrame = pd.read_csv(path, dtype=TEXT, keep_default_na=False, na_values=empty)
    return read
