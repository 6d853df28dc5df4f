"""Boosted trees, by XGBoost and by LightGBM, in the libraries' own formats."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import xgboost

from pipeline import THREADS
from pipeline.core.errors import HeadError
from pipeline.heads.head import Floats, Head, Integers, Labels


class Xgboost(Head):
    """XGBoost's trees over histograms, stopped where the validation log loss was lowest."""

    suffix = ".ubj"
    booster_: Any

    def __init__(
        self,
        rounds: int,
        max_depth: int,
        learning_rate: float,
        subsample: float,
        colsample: float,
        min_child_weight: float,
        reg_lambda: float,
        bins: int,
        early_stopping: int | None,
        seed: int,
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
        """How many rounds were kept."""
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
            held = xgboost.QuantileDMatrix(*_required(validation), ref=train, **inside)
            watched = [(held, "validation")]
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

    def _judge(self, x: Floats) -> Floats:
        return np.asarray(self.booster_.inplace_predict(x))

    def store(self, path: Path) -> None:
        """Write the trees."""
        self.booster_.save_model(path)

    def restore(self, path: Path) -> None:
        """Read the trees."""
        self.booster_ = xgboost.Booster({"nthread": self.n_jobs}, model_file=path)


class Lightgbm(Head):
    """LightGBM's leaf-wise trees, stopped where the validation log loss was lowest."""

    suffix = ".txt"
    booster_: Any

    def __init__(
        self,
        rounds: int,
        num_leaves: int,
        learning_rate: float,
        subsample: float,
        colsample: float,
        min_child_samples: int,
        reg_lambda: float,
        bins: int,
        early_stopping: int | None,
        seed: int,
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
        """How many rounds were kept."""
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
            # Which way is faster would be timed otherwise, and the ways differ in digits.
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": self.n_jobs,
            "verbosity": -1,
        }
        watched: list[lightgbm.Dataset] = []
        stop: list[Callable[..., Any]] = []
        train = lightgbm.Dataset(x, codes, params=params)
        if self.early_stopping:
            validation = _required(validation)
            watched = [lightgbm.Dataset(*validation, reference=train)]
            stop = [lightgbm.early_stopping(self.early_stopping, verbose=False)]
        grown = lightgbm.train(
            params, train, num_boost_round=self.rounds, valid_sets=watched, callbacks=stop
        )
        kept = grown.best_iteration if watched else self.rounds
        text = grown.model_to_string(num_iteration=kept)
        # The text tells the number of threads, which changes nothing else.
        self.text_ = re.sub(r"\[num_threads: \d+\]", "[num_threads: 0]", text)
        self.booster_ = lightgbm.Booster(model_str=self.text_)

    def _judge(self, x: Floats) -> Floats:
        return np.asarray(self.booster_.predict(x, num_threads=self.n_jobs))

    def store(self, path: Path) -> None:
        """Write the trees."""
        path.write_text(self.text_, encoding="utf-8")

    def restore(self, path: Path) -> None:
        """Read the trees."""
        self.text_ = path.read_text(encoding="utf-8")
        self.booster_ = lightgbm.Booster(model_str=self.text_)


def _required(validation: tuple[Floats, Integers] | None) -> tuple[Floats, Integers]:
    if validation is None:
        raise HeadError("no validation clips to stop by; set early_stopping: null")
    return validation
