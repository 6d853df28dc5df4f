"""Small tables of embeddings whose emotions lie apart, but not by much."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.core.layout import Layout
from pipeline.heads.registry import parse_head
from pipeline.training.about import EmbeddingsAbout, EmbeddingsFacts
from pipeline.training.run import MAIN, Run

EMOTIONS: Final = ("sad", "angry", "happy")
NUMBERS: Final = 6
TAKES: Final = 12
ROLES: Final = {"lab-0": "train", "lab-1": "train", "lab-2": "validation", "lab-3": "test"}

SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "softmax": {"kind": "softmax"},
    "mlp": {
        "kind": "mlp",
        "hidden": [16],
        "alpha": [0.01],
        "rate": 0.01,
        "epochs": 30,
        "batch": 16,
        "seed": 0,
    },
    "xgboost": {
        "kind": "xgboost",
        "rounds": 30,
        "max_depth": 3,
        "learning_rate": 0.2,
        "subsample": 0.8,
        "colsample": 0.8,
        "min_child_weight": 1.0,
        "reg_lambda": 1.0,
        "bins": 32,
        "early_stopping": None,
        "seed": 0,
        "search": None,
    },
    "lightgbm": {
        "kind": "lightgbm",
        "rounds": 30,
        "num_leaves": 7,
        "learning_rate": 0.2,
        "subsample": 0.8,
        "colsample": 0.8,
        "min_child_samples": 3,
        "reg_lambda": 1.0,
        "bins": 32,
        "early_stopping": None,
        "seed": 0,
        "search": None,
    },
    "svm": {
        "kind": "svm",
        "kernel": "gaussian",
        "C": [1.0],
        "gamma": ["scale"],
        "calibration": "training",
    },
    "random-forest": {
        "kind": "random-forest",
        "trees": 20,
        "max_depth": None,
        "min_samples_leaf": 2,
        "max_features": "sqrt",
        "seed": 0,
        "search": None,
    },
    "vote": {"kind": "vote", "members": ["softmax", "svm"], "weights": "equal"},
}
LEARNED: Final = tuple(kind for kind in SETTINGS if kind not in ("softmax", "vote"))


def settings(kind: str, **changes: Any) -> Any:
    """Settings of a head, with a few changed."""
    return parse_head({**SETTINGS[kind], **changes}, f"heads.tiny.{kind}")


def heads(**changes: dict[str, Any]) -> dict[str, Any]:
    """A set of all heads, with a few changes by head."""
    return {kind: settings(kind, **changes.get(kind, {})) for kind in SETTINGS}


def points(
    rows: int = 90, *, emotions: int = 3, seed: int = 0
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.str_]]:
    """Embeddings and labels."""
    rng = np.random.default_rng(seed)
    codes = np.arange(rows) % emotions
    x = rng.normal(size=(rows, NUMBERS)) + 2.0 * np.eye(NUMBERS)[codes]
    return x.astype(np.float32), np.array(EMOTIONS)[codes]


def table(*, copies: int = 0, parts: int = 0, seed: int = 0) -> pd.DataFrame:
    """A fold's embeddings: two speakers train, one validates, one is tested.

    Args:
        copies: of each training clip.
        parts: of out-of-fold embeddings; those of different parts are not comparable.
        seed: of the noise.
    """
    rng = np.random.default_rng(seed)
    tables = []
    for part in (MAIN, *range(parts)):
        for copy in range(copies + 1 if part == MAIN else 1):
            rows = _clips()
            codes = np.array([EMOTIONS.index(emotion) for emotion in rows["emotion"]])
            x = rng.normal(size=(len(rows), NUMBERS)) + 2.0 * np.eye(NUMBERS)[codes]
            scores = np.exp(x[:, : len(EMOTIONS)])
            probabilities = scores / scores.sum(axis=1, keepdims=True)
            rolled = np.roll(x, part + 1, axis=1)
            rows = rows.assign(
                part=np.int8(part),
                copy=np.int16(copy),
                **{
                    f"p_{name}": probabilities[:, at].astype("f4")
                    for at, name in enumerate(EMOTIONS)
                },
                **{f"e{at:03}": rolled[:, at].astype("f4") for at in range(NUMBERS)},
            )
            training = rows["role"] == "train"
            number = rows["clip"].str[-2:].astype(int)
            if part != MAIN:
                rows = rows[~training | (number % parts == part)]
            elif copy:
                rows = rows[training]
            tables.append(rows)
    return pd.concat(tables, ignore_index=True)


def numbers(*, seed: int = 0) -> pd.DataFrame:
    """The same of a recipe without a network: no probabilities."""
    rows = table(seed=seed)
    return rows.drop(columns=[f"p_{name}" for name in EMOTIONS])


def write_embeddings(root: Path, name: str, *tables: pd.DataFrame, validated: bool = True) -> None:
    """Write a recipe's embeddings, a fold for each table."""
    folder = Layout(root).embeddings(name)
    folder.mkdir(parents=True)
    for fold, rows in enumerate(tables):
        rows.to_parquet(folder / f"{Run(fold, 0).name}.parquet")
    about = EmbeddingsAbout(
        recipe=name,
        emotions=EMOTIONS,
        validated=validated,
        networks=tuple(
            EmbeddingsFacts(fold=fold, seed=0, sha256=f"{fold}" * 64, validation_uar=None)
            for fold in range(len(tables))
        ),
    )
    about.write(folder)


def _clips() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "clip": f"{speaker}-{take:02}",
                "plane": "",
                "role": role,
                "emotion": EMOTIONS[take % 3 if take < 9 else 0],
                "speaker": speaker,
            }
            for speaker, role in ROLES.items()
            for take in range(TAKES)
        ]
    )
