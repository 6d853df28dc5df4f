"""From a head's settings to the head, and heads in and out of files.

A stored head is two files: what it learned, in a format that runs no code when it is read,
and ``<name>.json`` with its kind, classes and settings.
"""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import lightgbm
import numpy as np
import sklearn
import xgboost

from pipeline.config.base import nearest
from pipeline.config.heads import LISTS, LearnedSettings
from pipeline.core.errors import HeadError
from pipeline.core.storage import write_json
from pipeline.heads.boosters import Lightgbm, Xgboost
from pipeline.heads.head import Head
from pipeline.heads.mlp import Mlp
from pipeline.heads.random_forest import RandomForest
from pipeline.heads.svm import Svm

KINDS: Final[dict[str, type[Head]]] = {
    "mlp": Mlp,
    "xgboost": Xgboost,
    "lightgbm": Lightgbm,
    "svm": Svm,
    "random-forest": RandomForest,
}


def make(settings: LearnedSettings) -> Head:
    """A head that has learned nothing yet.

    Args:
        settings: with one value wherever a list is allowed; :func:`pipeline.heads.choice.choices`
            makes such settings.

    Raises:
        HeadError: something is left to choose.

    Example:
        >>> from pipeline.config.base import parse
        >>> from pipeline.config.heads import SvmSettings
        >>> settings = {"kind": "svm", "kernel": "linear", "C": [3.0], "gamma": ["scale"],
        ...     "calibration": "training"}
        >>> make(parse(SvmSettings, settings))
        Svm(C=3.0, calibration='training', gamma='scale', kernel='linear')
    """
    values = settings.model_dump(mode="json", exclude={"kind", "search"})
    for name in LISTS.get(settings.kind, ()):
        if len(values[name]) != 1:
            raise HeadError(f"{name}: {len(values[name])} values, choose one of them first")
        values[name] = values[name][0]
    return KINDS[settings.kind](**values)


def versions() -> dict[str, str]:
    """The libraries that heads depend on."""
    return {
        "lightgbm": lightgbm.__version__,
        "numpy": np.__version__,
        "optuna": metadata.version("optuna"),
        "scikit-learn": sklearn.__version__,
        "xgboost": xgboost.__version__,
    }


def describe(head: Head) -> dict[str, Any]:
    """A head's kind and settings, for people and for JSON."""
    kind = next(name for name, made in KINDS.items() if type(head) is made)
    return {"kind": kind, **head.settings()}


def save(head: Head, folder: Path, name: str) -> list[Path]:
    """Write a fitted head into a folder.

    Returns:
        Its files: what it learned, then what describes it.
    """
    learned, about = folder / f"{name}{head.suffix}", folder / f"{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    head.store(learned)
    facts = {
        "classes": head.classes_.tolist(),
        "numbers": head.n_features_in_,
        "settings": describe(head),
    }
    write_json(about, facts)
    return [learned, about]


def load(folder: Path, name: str) -> Head:
    """A fitted head from a folder.

    Raises:
        HeadError: it is not there, or its files are damaged.
    """
    about = folder / f"{name}.json"
    if not about.is_file():
        known = sorted(path.stem for path in folder.glob("*.json"))
        raise HeadError(f"{about}: no such head; {nearest(name, known)}")
    try:
        facts = json.loads(about.read_text(encoding="utf-8"))
        settings = facts["settings"]
        head = KINDS[settings.pop("kind")](**settings)
        head.classes_ = np.array(facts["classes"])
        head.n_features_in_ = facts["numbers"]
        head.restore(folder / f"{name}{head.suffix}")
    except Exception as error:  # each library has errors of its own
        reason = str(error).strip().splitlines()
        raise HeadError(
            f"{about.with_suffix('')}: damaged ({reason[0] if reason else type(error).__name__}); "
            "fit it anew with: dvc repro heads@<recipe>"
        ) from None
    return head
