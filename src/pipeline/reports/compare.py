"""Recipes side by side: the leaky row beside the honest one, each with its label.

A row is a recipe's headline: the head that validation chose, or where nothing was chosen the
vote of its heads, or softmax. Where a leaky and an honest recipe tested the same clips, the
difference between them is drawn speaker by speaker: it is what the leak is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline import metrics
from pipeline.cooked import TEXT
from pipeline.errors import ProtocolError, ReportError
from pipeline.evaluation import DIGITS
from pipeline.metrics import Interval
from pipeline.reports.pages import write_page
from pipeline.results import REPORTS, headline, read_metrics
from pipeline.storage import write_json

OUT: Final = Path("reports")
COPIED: Final = (
    "recipe",
    "title",
    "dataset",
    "protocol",
    "label",
    "leaks",
    "synthetic",
    "emotions",
    "clips",
    "speakers",
    "folds",
    "seeds",
)


def compare(recipes: Sequence[str], reports: Path = REPORTS) -> dict[str, Any]:
    """Recipes' headlines, and what leaks are worth.

    Returns:
        ``recipes``: a row for each, datasets together and the best first; ``leaks``: for
        each leaky and honest recipe that tested the same clips, the difference of their UAR.

    Raises:
        ReportError: a recipe is unknown or not cooked.
    """
    rows = [_row(read_metrics(recipe, reports)) for recipe in dict.fromkeys(recipes)]
    rows.sort(key=lambda row: (row["dataset"], -row["emotions"], -row["uar"]["mean"]))
    return {"recipes": rows, "leaks": _leaks(rows, reports)}


def write(found: dict[str, Any], folder: Path = OUT) -> None:
    """Write ``compare.json``, ``compare.md`` and ``compare.html``."""
    write_json(folder / "compare.json", found)
    rows = [_drawn(row) for row in found["recipes"]]
    leaks = [{**item, "gap": Interval(**_ends(item))} for item in found["leaks"]]
    for form in ("md", "html"):
        path = folder / f"compare.{form}"
        write_page(path, path.name, rows=rows, leaks=leaks)


def _row(found: dict[str, Any]) -> dict[str, Any]:
    head = headline(found)
    return {
        **{key: found[key] for key in COPIED},
        "head": head,
        "chosen": bool(found["chosen"]),
        **found["heads"][head],
        "guessing": round(1 / found["emotions"], DIGITS),
    }


def _leaks(rows: Sequence[dict[str, Any]], reports: Path) -> list[dict[str, Any]]:
    tables: dict[str, pd.DataFrame] = {}
    pairs = []
    for leaky in rows:
        for honest in rows:
            alike = all(leaky[key] == honest[key] for key in ("dataset", "emotions", "clips"))
            if not (alike and leaky["leaks"] and not honest["leaks"]):
                continue
            for row in (leaky, honest):
                if row["recipe"] not in tables:
                    tables[row["recipe"]] = _predictions(row, reports)
            gap = _gap(tables[leaky["recipe"]], tables[honest["recipe"]])
            if gap:
                names = {"leaky": leaky["recipe"], "honest": honest["recipe"]}
                pairs.append({**names, "dataset": leaky["dataset"], **gap})
    return pairs


def _predictions(row: dict[str, Any], reports: Path) -> pd.DataFrame:
    path = reports / row["recipe"] / "predictions.csv"
    if not path.is_file():
        cure = f"dvc repro evaluate@{row['recipe']}"
        raise ReportError(f"{path}: not there; make it with: {cure}")
    table: pd.DataFrame = pd.read_csv(path, dtype=TEXT, keep_default_na=False)
    head: str = row["head"]
    return table[table["head"] == head]


def _gap(leaky: pd.DataFrame, honest: pd.DataFrame) -> dict[str, float] | None:
    emotions = [str(name)[2:] for name in honest if str(name).startswith("p_")]
    try:
        gap = metrics.paired(leaky, honest, emotions)
    except ProtocolError:
        # They tested other clips, or a single speaker: nothing can be paired.
        return None
    return {key: round(value, DIGITS) for key, value in asdict(gap).items()}


def _drawn(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "interval": Interval(**_ends(row["uar"]))}


def _ends(item: dict[str, Any]) -> dict[str, float]:
    """A stored interval's numbers; JSON has no word for one that has no ends."""
    return {
        key: float("nan") if item[key] is None else item[key] for key in ("mean", "low", "high")
    }
