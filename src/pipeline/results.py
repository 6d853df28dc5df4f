"""Where the figures of cooked recipes lie, and how to read them: light, for the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pipeline.config.base import nearest, read_params
from pipeline.errors import ReportError

REPORTS: Final = Path("reports/recipes")
REFERENCE: Final = "softmax"
"""The network's own answer, which every other head is held against."""


def read_metrics(recipe: str, reports: Path = REPORTS) -> dict[str, Any]:
    """What ``metrics.json`` says of a recipe.

    Raises:
        ReportError: there is no such recipe, or it is not cooked.
    """
    path = reports / recipe / "metrics.json"
    if path.is_file():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    known = read_params().get("recipes", {})
    if recipe not in known:
        raise ReportError(f"recipes: {recipe!r} is not there; {nearest(recipe, known)}")
    raise ReportError(f"{recipe} is not cooked yet; make it with: dvc repro evaluate@{recipe}")


def cooked(reports: Path = REPORTS) -> list[str]:
    """The recipes that have figures, by name."""
    return sorted(path.parent.name for path in reports.glob("*/metrics.json"))


def headline(found: dict[str, Any]) -> str:
    """The head that stands for a recipe.

    Example:
        >>> headline({"chosen": None, "heads": {"xgboost": {}, "softmax": {}}})
        'softmax'
        >>> headline({"chosen": {"head": "xgboost"}, "heads": {"xgboost": {}, "softmax": {}}})
        'xgboost'
    """
    if found["chosen"]:
        return str(found["chosen"]["head"])
    return REFERENCE if REFERENCE in found["heads"] else str(next(iter(found["heads"])))
