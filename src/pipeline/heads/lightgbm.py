"""Boosted trees by LightGBM, stored in its own format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

import lightgbm
import numpy as np
from pydantic import Field, PositiveInt

from pipeline import THREADS
from pipeline.heads.boosting import RANGES, Boosting, BoostingSettings
from pipeline.heads.head import Floats, Integers, Labels
from pipeline.heads.settings import Range


class LightgbmSettings(BoostingSettings):
    """Settings of boosted trees by LightGBM.

    Attributes:
        num_leaves: of a tree, at most.
        min_child_samples: fewest clips in a leaf.
    """

    ranges: ClassVar[Mapping[str, Range]] = {
        "num_leaves": Range(4, 64, log=True),
        "min_child_samples": Range(3, 60, log=True),
        **RANGES,
    }

    kind: Literal["lightgbm"]
    num_leaves: Annotated[int, Field(ge=2, le=4096)]
    min_child_samples: PositiveInt


class Lightgbm(Boosting):
    """LightGBM's leaf-wise trees, as many as had the lowest validation log loss.

    Args:
        rounds: of boosting, at most.
        num_leaves: of a tree, at most.
        learning_rate: share of each tree's output that is added.
        subsample: share of the rows that a round learns from.
        colsample: share of the numbers that a tree may split by.
        min_child_samples: fewest rows in a leaf.
        reg_lambda: L2 penalty on the leaves.
        bins: into which each number is sorted.
        early_stopping: rounds without a lower log loss on the rows given as ``validation``
            before stopping at the best; none to grow all.
        seed: of the draws.
        n_jobs: threads; the trees do not depend on it.
    """

    suffix = ".txt"
    text_: str

    def __init__(
        self,
        rounds: int = 200,
        num_leaves: int = 8,
        learning_rate: float = 0.1,
        subsample: float = 0.8,
        colsample: float = 0.3,
        min_child_samples: int = 10,
        reg_lambda: float = 3.0,
        bins: int = 64,
        early_stopping: int | None = None,
        seed: int = 0,
        n_jobs: int = THREADS,
    ) -> None:
        self.rounds = rounds
        self.num_leaves = num_leaves
        self.learning_rate = learning_rate
        self.subsample = subsample
        self.colsample = colsample
        self.min_child_samples = min_child_samples
        self.reg_lambda = reg_lambda
        self.bins = bins
        self.early_stopping = early_stopping
        self.seed = seed
        self.n_jobs = n_jobs

    def fitted(self) -> dict[str, float | int]:
        """How many rounds there are."""
        return {"rounds_kept": int(self.booster_.current_iteration())}

    def _fit(
        self,
        x: Floats,
        codes: Integers,
        validation: tuple[Floats, Integers] | None,
        groups: Labels,
    ) -> None:
        params = {
            "objective": "multiclass",
            "num_class": len(self.classes_),
            "metric": "multi_logloss",
            "max_bin": self.bins,
            "num_leaves": self.num_leaves,
            "learning_rate": self.learning_rate,
            "bagging_fraction": self.subsample,
            "bagging_freq": 1,
            "feature_fraction": self.colsample,
            "min_data_in_leaf": self.min_child_samples,
            "lambda_l2": self.reg_lambda,
            "seed": self.seed,
            # Otherwise the faster way would be found by timing, and the ways differ in digits.
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": self.n_jobs,
            "verbosity": -1,
        }
        watched: list[lightgbm.Dataset] = []
        stop: list[Callable[..., Any]] = []
        train = lightgbm.Dataset(x, codes, params=params)
        if self.early_stopping:
            watched = [lightgbm.Dataset(*self._required(validation), reference=train)]
            stop = [lightgbm.early_stopping(self.early_stopping, verbose=False)]
        grown = lightgbm.train(
            params, train, num_boost_round=self.rounds, valid_sets=watched, callbacks=stop
        )
        rounds = grown.best_iteration if watched else self.rounds
        text = grown.model_to_string(num_iteration=rounds)
        # The text has the number of threads in it, which changes nothing else.
        self.text_ = re.sub(r"\[num_threads: \d+\]", "[num_threads: 0]", text)
        self.booster_ = lightgbm.Booster(model_str=self.text_)

    def _probabilities(self, x: Floats) -> Floats:
        return np.asarray(self.booster_.predict(x, num_threads=self.n_jobs))

    def store(self, path: Path) -> None:
        """Write the trees."""
        path.write_text(self.text_, encoding="utf-8")

    def restore(self, path: Path) -> None:
        """Read the trees."""
        self.text_ = path.read_text(encoding="utf-8")
        self.booster_ = lightgbm.Booster(model_str=self.text_)


SETTINGS: Final = LightgbmSettings
HEAD: Final = Lightgbm
