"""The figure that chooses and compares everywhere: unweighted average recall."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def uar(true: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> float:
    """Unweighted average recall: the mean, over the classes that occur, of each one's recall.

    A class that does not occur among the true ones has no recall and does not count.

    Args:
        true: each row's class.
        predicted: each row's class as a model gives it.

    Example:
        >>> uar(np.array([0, 1, 1]), np.array([0, 0, 1]))
        0.75
        >>> uar(np.array(["sad", "sad"]), np.array(["sad", "calm"]))
        0.5
    """
    right = true == predicted
    return float(np.mean([right[true == one].mean() for one in np.unique(true)]))
