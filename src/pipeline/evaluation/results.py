"""Where the figures of cooked recipes lie, and how to read them: light, for the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.config.base import nearest, read_params
from pipeline.core.errors import ReportError

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


def headline(found: Mapping[str, Any]) -> str:
    """The head that stands for a recipe, of what ``metrics.json`` says.

    Example:
        >>> headline({"chosen": {"head": "xgboost"}, "shown": "xgboost"})
        'xgboost'
        >>> headline({"chosen": None, "shown": "vote-fixed"})
        'vote-fixed'
    """
    return str(found["chosen"]["head"] if found["chosen"] else found["shown"])


def stand_in(kinds: Mapping[str, str]) -> str:
    """The head that stands for a recipe in which validation chose none.

    A vote, for it prefers no head to another; else the network's own answer; else the first.

    Args:
        kinds: of the heads, by their names.

    Example:
        >>> stand_in({"softmax": "softmax", "svm-fixed": "svm", "vote-fixed": "vote"})
        'vote-fixed'
        >>> stand_in({"xgboost": "xgboost", "softmax": "softmax"})
        'softmax'
    """
    votes = [name for name, kind in kinds.items() if kind == "vote"]
    return next(iter([*votes, *(name for name in kinds if name == REFERENCE), *kinds]))
