"""A random forest, stored as the arrays of its trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

import numpy as np
from pydantic import PositiveInt
from sklearn.ensemble import RandomForestClassifier

from pipeline import THREADS
from pipeline.heads.head import ArrayHead, Floats, Integers, Labels
from pipeline.heads.settings import Range, SearchableSettings, Seed, Share

LEAF: Final = -1
AT_ONCE: Final = 1 << 22
"""Positions in trees held at once while predicting."""


class RandomForestSettings(SearchableSettings):
    """Settings of a random forest.

    Attributes:
        trees: how many.
        max_depth: of a tree; null for as deep as it takes.
        min_samples_leaf: fewest clips in a leaf.
        max_features: share of the embedding's numbers that a split looks at, or ``sqrt``.
        seed: of the draws.
    """

    ranges: ClassVar[Mapping[str, Range]] = {
        "max_depth": Range(4, 24),
        "min_samples_leaf": Range(1, 16, log=True),
        "max_features": Range(0.02, 0.5, log=True),
    }

    kind: Literal["random-forest"]
    trees: PositiveInt
    max_depth: PositiveInt | None
    min_samples_leaf: PositiveInt
    max_features: Share | Literal["sqrt"]
    seed: Seed


class RandomForest(ArrayHead):
    """scikit-learn grows the trees; they lie one after the other in flat arrays.

    Args:
        trees: how many.
        max_depth: of a tree; none for as deep as it takes.
        min_samples_leaf: fewest rows in a leaf.
        max_features: share of the numbers that a split looks at, or ``sqrt``.
        seed: of the draws.
        n_jobs: threads; the trees do not depend on it.
    """

    def __init__(
        self,
        trees: int = 200,
        max_depth: int | None = None,
        min_samples_leaf: int = 2,
        max_features: float | Literal["sqrt"] = "sqrt",
        seed: int = 0,
        n_jobs: int = THREADS,
    ) -> None:
        self.trees = trees
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.seed = seed
        self.n_jobs = n_jobs

    def _fit(
        self,
        x: Floats,
        codes: Integers,
        validation: tuple[Floats, Integers] | None,
        groups: Labels,
    ) -> None:
        forest = RandomForestClassifier(
            n_estimators=self.trees,
            max_depth=self.max_depth,
            min_samples_leaf=self.min_samples_leaf,
            max_features=self.max_features,
            random_state=self.seed,
            n_jobs=self.n_jobs,
        ).fit(x, codes)
        trees = [tree.tree_ for tree in forest.estimators_]
        roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
        steps = {
            side: np.concatenate(
                [
                    np.where(children == LEAF, LEAF, children + root)
                    for root, children in zip(
                        roots, (getattr(tree, f"children_{side}") for tree in trees), strict=True
                    )
                ]
            ).astype(np.int32)
            for side in ("left", "right")
        }
        self.arrays_ = {
            "roots": roots.astype(np.int32),
            "feature": np.concatenate([tree.feature for tree in trees]).astype(np.int32),
            "threshold": np.concatenate([tree.threshold for tree in trees]),
            **steps,
            "shares": np.concatenate([tree.value[:, 0] for tree in trees]).astype(np.float32),
        }

    def _probabilities(self, x: Floats) -> Floats:
        size = max(1, AT_ONCE // len(self.arrays_["roots"]))
        chunks = [x[start : start + size] for start in range(0, max(1, len(x)), size)]
        return np.concatenate([self._walk(chunk.astype(np.float32)) for chunk in chunks])

    def _walk(self, x: Floats) -> Floats:
        """All rows go down all trees at once, one step each until all are at leaves."""
        arrays = self.arrays_
        rows = np.arange(len(x))[:, None]
        places = np.tile(arrays["roots"], (len(x), 1))
        while True:
            inner = arrays["left"][places] != LEAF
            if not inner.any():
                return np.asarray(arrays["shares"][places].mean(axis=1, dtype=np.float64))
            small = x[rows, arrays["feature"][places]] <= arrays["threshold"][places]
            below = np.where(small, arrays["left"][places], arrays["right"][places])
            places = np.where(inner, below, places)


SETTINGS: Final = RandomForestSettings
HEAD: Final = RandomForest
