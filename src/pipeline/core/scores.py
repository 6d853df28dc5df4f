"""The figure that chooses and compares everywhere: unweighted average recall."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def mean_recall(hits: npt.NDArray[Any], support: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The mean, over the classes that occur, of each one's recall.

    A class that does not occur has no recall and does not count.

    Args:
        hits: how often each class was recognised; classes are the last axis.
        support: how often each class occurs.

    Example:
        >>> float(mean_recall(np.array([1, 1, 0]), np.array([1, 2, 0])))
        0.75
    """
    recalls = hits / np.maximum(support, 1)
    present = (support > 0).sum(axis=-1)
    return np.asarray(recalls.sum(axis=-1) / np.maximum(present, 1), dtype=float)


def uar(true: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> float:
    """Unweighted average recall of rows.

    Args:
        true: each row's class.
        predicted: each row's class as a model gives it.

    Example:
        >>> uar(np.array([0, 1, 1]), np.array([0, 0, 1]))
        0.75
        >>> uar(np.array(["sad", "sad"]), np.array(["sad", "calm"]))
        0.5
    """
    classes = np.unique(true)
    hits = np.array([np.sum((true == one) & (predicted == one)) for one in classes])
    support = np.array([np.sum(true == one) for one in classes])
    return float(mean_recall(hits, support))
