"""How sure a model may say it is, learned from validation clips."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

Odds = npt.NDArray[np.float64]

SMALLEST: Final = 1e-12
"""No chance is taken for smaller: a forest's zero would be a sure thing at any temperature."""
RANGE: Final = (-3.0, 3.0)
"""Logarithms of temperatures that are tried."""


def temperature(odds: Odds, true: npt.NDArray[np.int64]) -> float:
    """The temperature at which answers surprise least; over 1 for a model that is too sure.

    Args:
        odds: clips x emotions, none of a clip that was learned from.
        true: each clip's emotion, as the place of its column.

    Example:
        >>> sure = np.array([[0.9, 0.1]] * 10)
        >>> six_of_ten = np.array([0] * 6 + [1] * 4)
        >>> np.round(at(sure, temperature(sure, six_of_ten))[0], 2)
        array([0.6, 0.4])
    """
    logs = np.log(np.maximum(odds, SMALLEST))

    def surprise(log_temperature: float) -> float:
        said = log_softmax(logs / np.exp(log_temperature), axis=1)
        return -float(said[np.arange(len(true)), true].mean())

    return float(np.exp(minimize_scalar(surprise, bounds=RANGE, method="bounded").x))


def at(odds: Odds, heat: float) -> Odds:
    """Answers at a temperature; the order of the emotions stays.

    Example:
        >>> np.round(at(np.array([[0.8, 0.2]]), 1.0), 6)
        array([[0.8, 0.2]])
    """
    return np.asarray(softmax(np.log(np.maximum(odds, SMALLEST)) / heat, axis=1))
