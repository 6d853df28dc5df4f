"""The model card: what a package is, on whom it was tested, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.config.base import load
from pipeline.config.corpora import CorpusSettings
from pipeline.core.errors import PackageError
from pipeline.core.storage import atomic_write, read_json
from pipeline.corpora.index import table as tables
from pipeline.corpora.registry import describe
from pipeline.evaluation import metrics
from pipeline.reports import pages
from pipeline.reports.stored import Shelf, interval
from pipeline.training import provenance

CORPUS: Final = ("title", "licence", "licence_url", "non_commercial", "citation")
"""What is told of each corpus that a package learned from."""


def figures(about: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a package by its recipe's report: whom it was tested on, how it did.

    Args:
        about: what ``package.json`` says.

    Raises:
        SerError: the recipe is not evaluated here.
    """
    recipe, head, emotions = about["recipe"], about["head"], about["emotions"]
    found = Shelf().metrics(recipe)
    summary = read_json(
        Path("reports/datasets") / about["dataset"] / "summary.json",
        f"dvc repro index@{about['dataset']}",
        PackageError,
    )
    tested = _tested(recipe, head, about["dataset"])
    kind: Any = CorpusSettings
    corpora = [describe(load(kind, "corpora", name)) for name in summary["by_corpus"]]
    said = ("title", "label", "leaks", "synthetic", "protocol", "clips", "speakers", "folds")
    return {
        **{key: found[key] for key in said},
        "seeds": len(found["seeds"]),
        "uar": found["heads"][head]["uar"],
        "accuracy": found["heads"][head]["accuracy"],
        "by_emotion": _by_emotion(tested, emotions),
        "by_sex": _by_group(tested, emotions, "sex"),
        "by_speaker": _by_group(tested, emotions, "speaker"),
        "dataset": {
            key: summary[key]
            for key in ("dataset", "clips", "minutes", "speakers", "non_commercial")
        },
        "corpora": [{key: getattr(corpus, key) for key in CORPUS} for corpus in corpora],
    }


def write(path: Path, about: Mapping[str, Any], exported: Mapping[str, Any]) -> None:
    """Write the card of a package.

    Args:
        path: the file.
        about: what ``package.json`` says.
        exported: what ``export.json`` will say.
    """
    found = exported["tested"]
    text = (
        pages.environment(escaped=False)
        .get_template("model_card.md")
        .render(
            about=about,
            exported=exported,
            found=found,
            uar=interval(found["uar"]),
            accuracy=interval(found["accuracy"]),
            trained=provenance.read(about["recipe"]),
        )
    )
    with atomic_write(path) as partial:
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
                "recall": _share(there["predicted"] == emotion),
                "precision": _share(told["true"] == emotion),
            }
        )
    return rows


def _share(right: pd.Series[bool]) -> float | None:
    return round(float(right.mean()), 6) if len(right) else None


def _by_group(tested: pd.DataFrame, emotions: list[str], column: str) -> list[dict[str, Any]]:
    table = metrics.by_group(tested, emotions, column).round(6)
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
