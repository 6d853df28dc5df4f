"""Where the figures of recipes lie, and how to read them: light, for the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.config import folders
from pipeline.config.base import nearest
from pipeline.config.yaml12 import read_yaml
from pipeline.core.errors import ReportError
from pipeline.core.layout import Layout
from pipeline.core.storage import read_json

METRICS_FILE: Final = "metrics.json"
REFERENCE: Final = "softmax"
"""The network's own output, which every other head is compared with."""

NOT_RUN: Final = "not run with this code"
"""What stands beside figures that the present code did not make."""


def read_metrics(recipe: str, root: Path = Path()) -> dict[str, Any]:
    """What ``metrics.json`` says of a recipe.

    Args:
        recipe: its name.
        root: of the repository.

    Raises:
        ReportError: there is no such recipe, or it has no figures.
    """
    path = Layout(root).report(recipe) / METRICS_FILE
    if path.is_file():
        return read_json(path, f"ser run {recipe}", ReportError)
    known = folders.recipes(root)
    if recipe not in known:
        raise ReportError(f"recipes: {recipe!r} is not there; {nearest(recipe, known)}")
    raise ReportError(f"{recipe} has no figures yet; make them with: ser run {recipe}")


def evaluated(root: Path = Path()) -> list[str]:
    """The recipes that have figures, by name."""
    return sorted(
        path.parent.name for path in Layout(root).recipe_reports.glob(f"*/{METRICS_FILE}")
    )


def run_with_this_code(recipe: str, root: Path = Path()) -> bool:
    """Whether the lock file of the recipe's graph has its evaluation.

    DVC writes an entry there when it has run the stage; figures without one are of older
    code.

    Args:
        recipe: its name.
        root: of the repository.
    """
    return recipe in all_run_with_this_code(root)


def all_run_with_this_code(root: Path = Path()) -> frozenset[str]:
    """The recipes of which that holds, each lock file read once."""
    locks: dict[Path, frozenset[str]] = {}
    found = set()
    for recipe, (path, _) in folders.recipes(root).items():
        lock = path.parent / "dvc.lock"
        if lock not in locks:
            locks[lock] = _stages(lock)
        if f"evaluate@{recipe}" in locks[lock]:
            found.add(recipe)
    return frozenset(found)


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

    A vote, for it prefers no head to another; else the reference.

    Args:
        kinds: of the heads, by their names.

    Example:
        >>> stand_in({"softmax": "softmax", "svm-fixed": "svm", "vote-fixed": "vote"})
        'vote-fixed'
        >>> stand_in({"xgboost": "xgboost", "softmax": "softmax"})
        'softmax'
    """
    votes = [name for name, kind in kinds.items() if kind == "vote"]
    return votes[0] if votes else reference(kinds)


def reference(heads: Iterable[str]) -> str:
    """The head that the others are compared with: softmax where there is one, else the first.

    Example:
        >>> reference(["svm", "softmax"]), reference(["svm", "xgboost"])
        ('softmax', 'svm')
    """
    names = list(heads)
    return REFERENCE if REFERENCE in names else names[0]


def _stages(lock: Path) -> frozenset[str]:
    """The stages in a lock file; none where it is not there."""
    if not lock.is_file():
        return frozenset()
    return frozenset((read_yaml(lock) or {}).get("stages") or {})
