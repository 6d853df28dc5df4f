"""Recipes side by side: the leaky row beside the honest one, each with its label.

A row is a recipe's headline: the head that validation chose, or where nothing was chosen the
vote of its heads, or its reference. Where a leaky and an honest recipe tested the same clips,
the difference between them is drawn speaker by speaker: it is what the leak is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.core.layout import Layout
from pipeline.core.storage import write_json
from pipeline.evaluation.files import DIGITS
from pipeline.evaluation.results import headline
from pipeline.reports.pages import write_page
from pipeline.reports.stored import StoredResults, interval

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


def compare(recipes: Sequence[str], root: Path = Path(), *, leaks: bool = True) -> dict[str, Any]:
    """Recipes' headlines, and what leaks are worth.

    Args:
        recipes: their names.
        root: of the repository.
        leaks: compute the differences as well; among many recipes these take seconds.

    Returns:
        ``recipes``: a row for each, datasets together and the best first; ``leaks``: for
        each leaky and honest recipe that tested the same clips, the difference of their UAR,
        where it was asked for.

    Raises:
        ReportError: a recipe is unknown or has no figures.
    """
    stored = StoredResults(root)
    rows = [_row(stored, recipe) for recipe in dict.fromkeys(recipes)]
    rows.sort(key=lambda row: (row["dataset"], -row["emotions"], -row["uar"]["mean"]))
    return {"recipes": rows, "leaks": _leaks(rows, stored) if leaks else []}


def write(found: dict[str, Any], root: Path = Path()) -> Path:
    """Write ``compare.json``, ``compare.md`` and ``compare.html``.

    Args:
        found: what ``compare`` found.
        root: of the repository.

    Returns:
        The page.
    """
    folder = Layout(root).reports
    write_json(folder / "compare.json", found)
    rows = [{**row, "interval": interval(row["uar"])} for row in found["recipes"]]
    leaks = [{**item, "gap": interval(item)} for item in found["leaks"]]
    for form in ("md", "html"):
        path = folder / f"compare.{form}"
        write_page(path, path.name, rows=rows, leaks=leaks)
    return path


def _row(stored: StoredResults, recipe: str) -> dict[str, Any]:
    found = stored.metrics(recipe)
    head = headline(found)
    return {
        **{key: found[key] for key in COPIED},
        "head": head,
        "chosen": bool(found["chosen"]),
        **found["heads"][head],
        "guessing": round(1 / found["emotions"], DIGITS),
        "run_with_this_code": stored.current(recipe),
    }


def _leaks(rows: Sequence[dict[str, Any]], stored: StoredResults) -> list[dict[str, Any]]:
    pairs = []
    for leaky in rows:
        for honest in rows:
            alike = all(leaky[key] == honest[key] for key in ("dataset", "emotions", "clips"))
            if not (alike and leaky["leaks"] and not honest["leaks"]):
                continue
            sides = [(row["recipe"], row["head"]) for row in (leaky, honest)]
            gap = stored.gap(sides[0], sides[1], "uar")
            if gap:
                names = {"leaky": leaky["recipe"], "honest": honest["recipe"]}
                pairs.append({**names, "dataset": leaky["dataset"], **gap})
    return pairs
