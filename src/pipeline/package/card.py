"""The model card: what a package is, what it was tested on, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import PackageLoader

from pipeline.config.corpora import CorpusSettings
from pipeline.config.folders import load
from pipeline.core.errors import PackageError
from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_write, read_json
from pipeline.corpora.index import table as tables
from pipeline.corpora.registry import describe
from pipeline.evaluation import metrics
from pipeline.evaluation.intervals import by_group
from pipeline.evaluation.results import read_metrics
from pipeline.package.about import PackageAbout
from pipeline.reports import pages
from pipeline.reports.stored import interval
from pipeline.training import provenance

TEMPLATE: Final = "model_card.md"
CORPUS: Final = ("title", "licence", "licence_url", "non_commercial", "citation")
"""Facts of each corpus that a package was trained on."""
DATASET: Final = ("dataset", "clips", "minutes", "speakers", "non_commercial")
REPORT: Final = ("title", "label", "leaks", "synthetic", "protocol", "clips", "speakers", "folds")


def figures(about: PackageAbout) -> dict[str, Any]:
    """A package's figures by its recipe's report, and the facts of its data.

    Args:
        about: of the package.

    Raises:
        SerError: the recipe is not evaluated.
    """
    recipe, head, emotions = about.recipe, about.head, list(about.emotions)
    report = read_metrics(recipe)
    path = Layout().index(about.dataset) / "summary.json"
    summary = read_json(path, f"ser run {recipe}", PackageError)
    tested = _tested(about)
    kind: Any = CorpusSettings
    corpora = [describe(load(kind, "corpora", name)) for name in summary["by_corpus"]]
    return {
        **{key: report[key] for key in REPORT},
        "seeds": len(report["seeds"]),
        "uar": report["heads"][head]["uar"],
        "accuracy": report["heads"][head]["accuracy"],
        "by_emotion": _by_emotion(tested, emotions),
        "by_sex": _by_group(tested, emotions, "sex"),
        "by_speaker": _by_group(tested, emotions, "speaker"),
        "dataset": {key: summary[key] for key in DATASET},
        "corpora": [{key: getattr(corpus, key) for key in CORPUS} for corpus in corpora],
    }


def write(path: Path, about: PackageAbout, exported: Mapping[str, Any]) -> None:
    """Write the card of a package.

    Args:
        path: the file.
        about: of the package.
        exported: what ``export.json`` will say.
    """
    found = exported["tested"]
    engine = pages.environment(escaped=False)
    engine.loader = PackageLoader("pipeline.package")
    text = engine.get_template(TEMPLATE).render(
        about=about,
        exported=exported,
        found=found,
        uar=interval(found["uar"]),
        accuracy=interval(found["accuracy"]),
        trained=provenance.read(about.recipe),
    )
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _tested(about: PackageAbout) -> pd.DataFrame:
    """The head's predictions of tested clips, with each speaker's sex."""
    text = dict.fromkeys(("role", "head", "clip", "speaker", "true", "predicted"), str)
    layout = Layout()
    table = pd.read_csv(layout.predictions(about.recipe), dtype=text, keep_default_na=False)
    rows = table[(table["role"] == "test") & (table["head"] == about.head)]
    index = tables.read(layout.clips(about.dataset)).set_index("id")
    return rows.assign(sex=rows["clip"].map(index["sex"]).replace("", "unknown"))


def _by_emotion(tested: pd.DataFrame, emotions: list[str]) -> list[dict[str, Any]]:
    """Recall of each emotion that was tested, precision of each that was predicted."""
    predicted = set(tested["predicted"])
    return [
        {
            "emotion": emotion,
            "recall": round(scores.recall, 6) if scores.support else None,
            "precision": round(scores.precision, 6) if emotion in predicted else None,
        }
        for emotion, scores in metrics.class_scores(tested, emotions).items()
    ]


def _by_group(tested: pd.DataFrame, emotions: list[str], column: str) -> list[dict[str, Any]]:
    table = by_group(tested, emotions, column).round(6)
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
