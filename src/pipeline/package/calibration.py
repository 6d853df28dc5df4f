"""Temperature scaling: probabilities as confident as validation clips allow."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

Probabilities = npt.NDArray[np.float64]

SMALLEST: Final = 1e-12
"""Smaller probabilities count as this: a forest's zero would stay zero at any temperature."""
RANGE: Final = (-3.0, 3.0)
"""Logarithms of temperatures that are tried."""


def fit_temperature(probabilities: Probabilities, true: npt.NDArray[np.int64]) -> float:
    """The temperature with the smallest log loss; over 1 for an overconfident model.

    Args:
        probabilities: clips x emotions, of clips that the model was not fitted on.
        true: each clip's emotion, as the index of its column.

    Example:
        >>> overconfident = np.array([[0.9, 0.1]] * 10)
        >>> six_of_ten = np.array([0] * 6 + [1] * 4)
        >>> np.round(calibrate(overconfident, fit_temperature(overconfident, six_of_ten))[0], 2)
        array([0.6, 0.4])
    """
    logs = np.log(np.maximum(probabilities, SMALLEST))

    def log_loss(log_temperature: float) -> float:
        scaled = log_softmax(logs / np.exp(log_temperature), axis=1)
        return -float(scaled[np.arange(len(true)), true].mean())

    return float(np.exp(minimize_scalar(log_loss, bounds=RANGE, method="bounded").x))


def calibrate(probabilities: Probabilities, temperature: float | None) -> Probabilities:
    """Probabilities at a temperature; the order of the emotions stays.

    Args:
        probabilities: rows x emotions.
        temperature: none counts as 1.

    Example:
        >>> np.round(calibrate(np.array([[0.8, 0.2]]), None), 6)
        array([[0.8, 0.2]])
    """
    logs = np.log(np.maximum(probabilities, SMALLEST))
    return np.asarray(softmax(logs / (temperature or 1.0), axis=1))
