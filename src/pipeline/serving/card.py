"""The model card: what a package is, on whom it was tested, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline import metrics, provenance
from pipeline.config.base import load
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora import table as tables
from pipeline.corpora.registry import describe
from pipeline.errors import PackageError
from pipeline.reports import pages
from pipeline.reports.stored import Shelf, interval
from pipeline.storage import read_json, whole

FILE: Final = "model_card.md"


def write(path: Path, about: Mapping[str, Any], exported: Mapping[str, Any]) -> None:
    """Write the card of a package.

    Args:
        path: the file.
        about: what ``package.json`` says.
        exported: what ``export.json`` will say.

    Raises:
        SerError: the recipe is not evaluated here.
    """
    recipe, head = about["recipe"], about["head"]
    shelf = Shelf()
    found = shelf.metrics(recipe)
    figures = found["heads"][head]
    summary = read_json(
        Path("reports/datasets") / about["dataset"] / "summary.json",
        f"dvc repro index@{about['dataset']}",
        PackageError,
    )
    tested = _tested(recipe, head, about["dataset"])
    kind: Any = CorpusSettings
    engine = pages.environment(escaped=False)
    text = engine.get_template("model_card.md").render(
        about=about,
        exported=exported,
        found=found,
        uar=interval(figures["uar"]),
        accuracy=interval(figures["accuracy"]),
        summary=summary,
        corpora=[describe(load(kind, "corpora", name)) for name in summary["by_corpus"]],
        by_sex=metrics.by_group(tested, about["emotions"], "sex").to_dict("records"),
        by_speaker=metrics.by_group(tested, about["emotions"], "speaker").to_dict("records"),
        by_emotion=_by_emotion(tested, about["emotions"]),
        trained=provenance.read(recipe),
    )
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _tested(recipe: str, head: str, dataset: str) -> pd.DataFrame:
    """The head's answers to tested clips, with each speaker's sex."""
    text = dict.fromkeys(("role", "head", "clip", "speaker", "true", "predicted"), str)
    table = pd.read_csv(f"data/predictions/{recipe}.csv", dtype=text, keep_default_na=False)
    chosen = table[(table["role"] == "test") & (table["head"] == head)]
    index = tables.read(Path("data/index") / f"{dataset}.csv").set_index("id")
    return chosen.assign(sex=chosen["clip"].map(index["sex"]).replace("", "unknown"))


def _by_emotion(tested: pd.DataFrame, emotions: list[str]) -> list[dict[str, Any]]:
    """How often each emotion was told, and how often it was right when told."""
    rows = []
    for emotion in emotions:
        there, told = tested[tested["true"] == emotion], tested[tested["predicted"] == emotion]
        rows.append(
            {
                "emotion": emotion,
                "recall": float((there["predicted"] == emotion).mean()) if len(there) else None,
                "precision": float((told["true"] == emotion).mean()) if len(told) else None,
            }
        )
    return rows
