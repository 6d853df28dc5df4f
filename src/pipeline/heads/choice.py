"""How validation clips choose a head's settings: lists and searches.

The best validation UAR wins; among equals the lower log loss, and then the first tried.
A search always tries the written settings first, then draws from these ranges:

* xgboost: ``max_depth`` 2 to 8, ``learning_rate`` 0.02 to 0.3 (log), ``subsample`` 0.5 to 1,
  ``colsample`` 0.2 to 1, ``min_child_weight`` 0.5 to 20 (log), ``reg_lambda`` 0.1 to 30 (log)
* lightgbm: ``num_leaves`` 4 to 64 (log), ``learning_rate``, ``subsample``, ``colsample`` and
  ``reg_lambda`` the same, ``min_child_samples`` 3 to 60 (log)
* random-forest: ``max_depth`` 4 to 24, ``min_samples_leaf`` 1 to 16 (log),
  ``max_features`` 0.02 to 0.5 (log)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.config.heads import LISTS, LearnedSettings, MlpSettings, SvmSettings
from pipeline.core.errors import HeadError

if TYPE_CHECKING:
    import optuna

Probabilities = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well settings did on the validation clips."""

    uar: float
    log_loss: float

    @property
    def rank(self) -> tuple[float, float]:
        """The higher the better."""
        return (self.uar, -self.log_loss)


class Judged(Protocol):
    """What has been tried."""

    @property
    def judgement(self) -> Judgement | None:
        """How well it did on the validation clips."""


T = TypeVar("T", bound=Judged)


def judge(odds: Probabilities, codes: Codes) -> Judgement:
    """UAR and log loss of probabilities.

    Args:
        odds: a row per clip, a column per emotion.
        codes: the true emotions, as columns.

    Example:
        >>> judge(np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]]), np.array([0, 1, 1]))
        Judgement(uar=0.75, log_loss=0.414932)
    """
    right = odds.argmax(axis=1) == codes
    recalls = [right[codes == code].mean() for code in np.unique(codes)]
    told = np.clip(odds[np.arange(len(codes)), codes], 1e-15, None)
    return Judgement(round(float(np.mean(recalls)), 6), round(float(-np.log(told).mean()), 6))


def choices(settings: LearnedSettings) -> list[LearnedSettings]:
    """Settings with one value in place of each list, in the order that they are written.

    Example:
        >>> from pipeline.config.base import parse
        >>> settings = {"kind": "svm", "kernel": "gaussian", "C": [1, 3], "gamma": ["scale"],
        ...     "calibration": "training"}
        >>> [each.C for each in choices(parse(SvmSettings, settings))]
        [(1.0,), (3.0,)]
    """
    names = LISTS.get(settings.kind, ())
    lists = [[(name, (value,)) for value in getattr(settings, name)] for name in names]
    return [settings.model_copy(update=dict(picked)) for picked in itertools.product(*lists)]


def require_fixed(name: str, settings: LearnedSettings) -> None:
    """Stop if settings leave something that only validation clips could choose.

    Raises:
        HeadError: naming the key and the cure.
    """
    why = "but the recipe keeps no validation clips apart"
    for key in LISTS.get(settings.kind, ()):
        values = getattr(settings, key)
        if len(values) > 1:
            raise HeadError(
                f"heads.{name}.{key}: {len(values)} values to choose from, {why}; leave one, "
                f"such as {key}: [{values[0]}]"
            )
    if getattr(settings, "search", None) is not None:
        raise HeadError(f"heads.{name}.search: a search, {why}; set search: null")
    if getattr(settings, "early_stopping", None) is not None:
        raise HeadError(
            f"heads.{name}.early_stopping: stops by validation clips, {why}; "
            "set early_stopping: null and fewer rounds"
        )
    if isinstance(settings, SvmSettings) and settings.calibration == "validation":
        raise HeadError(
            f"heads.{name}.calibration: by validation clips, {why}; set calibration: training"
        )


def tried(settings: LearnedSettings, attempt: Callable[[LearnedSettings], T]) -> list[T]:
    """Try each value of the lists, or the written settings and then the search's draws."""
    found = [attempt(each) for each in choices(settings)]
    if isinstance(settings, (MlpSettings, SvmSettings)) or settings.search is None:
        return found
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=settings.search.seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for _ in range(settings.search.trials):
        trial = study.ask()
        drawn = attempt(settings.model_copy(update=RANGES[settings.kind](trial)))
        assert drawn.judgement is not None
        study.tell(trial, drawn.judgement.uar)
        found.append(drawn)
    return found


def best(found: Sequence[T]) -> T:
    """The one with the highest UAR, then the lowest log loss, then the first."""
    if len(found) == 1:
        return found[0]
    return max(found, key=lambda each: each.judgement.rank if each.judgement else (0.0, 0.0))


def _boosting(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": _real(trial, "learning_rate", 0.02, 0.3, log=True),
        "subsample": _real(trial, "subsample", 0.5, 1.0),
        "colsample": _real(trial, "colsample", 0.2, 1.0),
        "reg_lambda": _real(trial, "reg_lambda", 0.1, 30.0, log=True),
    }


def _xgboost(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "max_depth": trial.suggest_int("max_depth", 2, 8),
        "min_child_weight": _real(trial, "min_child_weight", 0.5, 20.0, log=True),
        **_boosting(trial),
    }


def _lightgbm(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "num_leaves": trial.suggest_int("num_leaves", 4, 64, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 3, 60, log=True),
        **_boosting(trial),
    }


def _random_forest(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "max_depth": trial.suggest_int("max_depth", 4, 24),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 16, log=True),
        "max_features": _real(trial, "max_features", 0.02, 0.5, log=True),
    }


def _real(trial: optuna.Trial, name: str, low: float, high: float, *, log: bool = False) -> float:
    """A number of three digits, which a person can copy into params.yaml."""
    return float(f"{trial.suggest_float(name, low, high, log=log):.3g}")


RANGES: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "random-forest": _random_forest,
}
