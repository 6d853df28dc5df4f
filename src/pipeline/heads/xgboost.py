"""Boosted trees by XGBoost, stored in its own format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

import numpy as np
import xgboost
from pydantic import Field

from pipeline import THREADS
from pipeline.heads.boosting import RANGES, Boosting, BoostingSettings
from pipeline.heads.head import Floats, Integers, Labels
from pipeline.heads.settings import NonNegative, Range


class XgboostSettings(BoostingSettings):
    """Settings of boosted trees by XGBoost.

    Attributes:
        max_depth: of a tree.
        min_child_weight: least weight of the clips in a leaf.
    """

    ranges: ClassVar[Mapping[str, Range]] = {
        "max_depth": Range(2, 8),
        "min_child_weight": Range(0.5, 20.0, log=True),
        **RANGES,
    }

    kind: Literal["xgboost"]
    max_depth: Annotated[int, Field(ge=1, le=16)]
    min_child_weight: NonNegative


class Xgboost(Boosting):
    """XGBoost's trees over histograms, as many as had the lowest validation log loss.

    Args:
        rounds: of boosting, at most.
        max_depth: of a tree.
        learning_rate: share of each tree's output that is added.
        subsample: share of the rows that a round learns from.
        colsample: share of the numbers that a tree may split by.
        min_child_weight: least weight of the rows in a leaf.
        reg_lambda: L2 penalty on the leaves.
        bins: into which each number is sorted.
        early_stopping: rounds without a lower log loss on the rows given as ``validation``
            before stopping at the best; none to grow all.
        seed: of the draws.
        n_jobs: threads; the trees do not depend on it.
    """

    suffix = ".ubj"

    def __init__(
        self,
        rounds: int = 200,
        max_depth: int = 3,
        learning_rate: float = 0.1,
        subsample: float = 0.8,
        colsample: float = 0.3,
        min_child_weight: float = 2.0,
        reg_lambda: float = 3.0,
        bins: int = 64,
        early_stopping: int | None = None,
        seed: int = 0,
        n_jobs: int = THREADS,
    ) -> None:
        self.rounds = rounds
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.subsample = subsample
        self.colsample = colsample
        self.min_child_weight = min_child_weight
        self.reg_lambda = reg_lambda
        self.bins = bins
        self.early_stopping = early_stopping
        self.seed = seed
        self.n_jobs = n_jobs

    def fitted(self) -> dict[str, float | int]:
        """How many rounds there are."""
        return {"rounds_kept": int(self.booster_.num_boosted_rounds())}

    def _fit(
        self,
        x: Floats,
        codes: Integers,
        validation: tuple[Floats, Integers] | None,
        groups: Labels,
    ) -> None:
        params = {
            "objective": "multi:softprob",
            "num_class": len(self.classes_),
            "eval_metric": "mlogloss",
            "tree_method": "hist",
            "max_bin": self.bins,
            "max_depth": self.max_depth,
            "learning_rate": self.learning_rate,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample,
            "min_child_weight": self.min_child_weight,
            "reg_lambda": self.reg_lambda,
            "seed": self.seed,
            "nthread": self.n_jobs,
        }
        inside = {"max_bin": self.bins, "nthread": self.n_jobs}
        train = xgboost.QuantileDMatrix(x, codes, **inside)
        watched: list[tuple[xgboost.DMatrix, str]] = []
        if self.early_stopping:
            rows = xgboost.QuantileDMatrix(*self._required(validation), ref=train, **inside)
            watched = [(rows, "validation")]
        grown = xgboost.train(
            params,
            train,
            num_boost_round=self.rounds,
            evals=watched,
            early_stopping_rounds=self.early_stopping,
            verbose_eval=False,
        )
        self.booster_ = grown[: grown.best_iteration + 1] if watched else grown
        self.booster_.set_attr(best_iteration=None, best_score=None)

    def _probabilities(self, x: Floats) -> Floats:
        return np.asarray(self.booster_.inplace_predict(x))

    def store(self, path: Path) -> None:
        """Write the trees."""
        self.booster_.save_model(path)

    def restore(self, path: Path) -> None:
        """Read the trees."""
        self.booster_ = xgboost.Booster({"nthread": self.n_jobs}, model_file=path)


SETTINGS: Final = XgboostSettings
HEAD: Final = Xgboost
