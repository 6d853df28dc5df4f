"""How validation clips choose a head's settings: lists and searches.

The best validation UAR wins; among equals the lower log loss, and then the first tried.
A search always tries the written settings first, then draws from the ranges of the head's
module.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import HeadError
from pipeline.core.scores import uar
from pipeline.heads.settings import LearnedSettings, SearchableSettings

Probabilities = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Score:
    """How well settings did on the validation clips.

    Attributes:
        uar: unweighted average recall.
        log_loss: mean negative logarithm of the true emotion's probability.
    """

    uar: float
    log_loss: float

    @property
    def rank(self) -> tuple[float, float]:
        """The higher the better."""
        return (self.uar, -self.log_loss)


class Scored(Protocol):
    """What has been tried."""

    @property
    def score(self) -> Score | None:
        """How well it did on the validation clips."""


T = TypeVar("T", bound=Scored)
S = TypeVar("S", bound=LearnedSettings)


def score(probabilities: Probabilities, codes: Codes) -> Score:
    """UAR and log loss of probabilities.

    Args:
        probabilities: a row per clip, a column per emotion.
        codes: the true emotions, as columns.

    Example:
        >>> score(np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]]), np.array([0, 1, 1]))
        Score(uar=0.75, log_loss=0.414932)
    """
    of_true = np.clip(probabilities[np.arange(len(codes)), codes], 1e-15, None)
    loss = float(-np.log(of_true).mean())
    return Score(round(uar(codes, probabilities.argmax(axis=1)), 6), round(loss, 6))


def candidates(settings: S) -> list[S]:
    """Settings with one value in place of each list, in the order that they are written.

    Example:
        >>> from pipeline.heads.registry import parse_head
        >>> settings = {"kind": "svm", "kernel": "gaussian", "C": [1, 3], "gamma": ["scale"],
        ...     "calibration": "training"}
        >>> [each.C for each in candidates(parse_head(settings))]
        [(1.0,), (3.0,)]
    """
    lists = [[(name, (value,)) for value in getattr(settings, name)] for name in settings.lists]
    return [settings.model_copy(update=dict(picked)) for picked in itertools.product(*lists)]


def require_fixed(settings: LearnedSettings, where: str) -> None:
    """Stop if settings leave something that only validation clips could choose.

    Args:
        settings: of a head.
        where: they stand, such as ``heads.all.svm``.

    Raises:
        HeadError: naming the key and the cure.
    """
    for key, (what, cure) in settings.needs_validation().items():
        raise HeadError(
            f"{where}.{key}: {what}, but the recipe keeps no validation clips apart; {cure}"
        )


def try_all(settings: S, attempt: Callable[[S], T]) -> list[T]:
    """Try each value of the lists, or the written settings and then the search's draws."""
    found = [attempt(each) for each in candidates(settings)]
    if not isinstance(settings, SearchableSettings) or settings.search is None:
        return found
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=settings.search.seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for _ in range(settings.search.trials):
        trial = study.ask()
        drawn = {name: range_.draw(trial, name) for name, range_ in settings.ranges.items()}
        tried = attempt(settings.model_copy(update=drawn))
        assert tried.score is not None
        study.tell(trial, tried.score.uar)
        found.append(tried)
    return found


def best(found: Sequence[T]) -> T:
    """The one with the highest UAR, then the lowest log loss, then the first."""
    if len(found) == 1:
        return found[0]
    return max(found, key=lambda each: each.score.rank if each.score else (0.0, 0.0))
