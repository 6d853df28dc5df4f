"""How far a head's confidence can be trusted."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.evaluation import predictions as tables
from pipeline.evaluation.predictions import Floats

BINS: Final = 15


def reliability(predictions: pd.DataFrame, count: int = BINS) -> pd.DataFrame:
    """A reliability diagram's points, one for each bin that is not empty.

    Args:
        predictions: of one head.
        count: of bins.

    Returns:
        confidence (the mean highest probability), accuracy, count, and the bin's low and high.
    """
    tables.require(predictions, ["true", "predicted"])
    names = [str(name) for name in predictions.columns]
    emotions = [name.removeprefix("p_") for name in names if name.startswith("p_")]
    right = (predictions["true"] == predictions["predicted"]).to_numpy(dtype=bool)
    return bins(tables.probabilities(predictions, emotions).max(axis=1), right, count)


def bins(confidence: Floats, right: npt.NDArray[np.bool_], count: int = BINS) -> pd.DataFrame:
    """Predictions in bins of equal width by their confidence.

    Args:
        confidence: each prediction's probability.
        right: whether it is.
        count: of bins.

    Returns:
        confidence, accuracy, count, low, high of each bin that is not empty.
    """
    edges = np.linspace(0, 1, count + 1)
    # A value on an edge falls below it, as in scikit-learn's calibration_curve.
    place = np.searchsorted(edges[1:-1], confidence)
    table = pd.DataFrame({"confidence": confidence, "accuracy": right.astype(float), "count": 1})
    grouped = table.groupby(place).agg({"confidence": "mean", "accuracy": "mean", "count": "sum"})
    full = grouped.index.to_numpy()
    grouped["low"], grouped["high"] = edges[full], edges[full + 1]
    return grouped.reset_index(drop=True)
