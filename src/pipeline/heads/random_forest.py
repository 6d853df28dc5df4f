"""A random forest, kept as the arrays of its trees."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from pipeline import THREADS
from pipeline.heads.head import ArrayHead, Floats, Integers, Labels

LEAF: Final = -1
AT_ONCE: Final = 1 << 22
"""Places in trees held at once while judging."""


class RandomForest(ArrayHead):
    """scikit-learn grows the trees; they lie one after the other in flat arrays."""

    def __init__(
        self,
        trees: int,
        max_depth: int | None,
        min_samples_leaf: int,
        max_features: float | Literal["sqrt"],
        seed: int,
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

    def _judge(self, x: Floats) -> Floats:
        size = max(1, AT_ONCE // len(self.arrays_["roots"]))
        chunks = [x[start : start + size] for start in range(0, max(1, len(x)), size)]
        return np.concatenate([self._walk(chunk.astype(np.float32)) for chunk in chunks])

    def _walk(self, x: Floats) -> Floats:
        """All rows go down all trees at once, one step each until all are at leaves."""
        kept = self.arrays_
        rows = np.arange(len(x))[:, None]
        places = np.tile(kept["roots"], (len(x), 1))
        while True:
            inner = kept["left"][places] != LEAF
            if not inner.any():
                return np.asarray(kept["shares"][places].mean(axis=1, dtype=np.float64))
            small = x[rows, kept["feature"][places]] <= kept["threshold"][places]
            below = np.where(small, kept["left"][places], kept["right"][places])
            places = np.where(inner, below, places)
