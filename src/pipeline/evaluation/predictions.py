"""One head's table of predictions: clip, fold, seed, head, speaker, true, predicted, ``p_…``.

There is a column ``p_<emotion>`` with a probability for each emotion. A table that is empty,
mixes heads or does not fit the emotions raises ``ProtocolError``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.core.errors import ProtocolError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TOLERANCE: Final = 1e-3
"""How far a row's probabilities may be from a sum of one: tables are stored rounded."""


def confusions(
    predictions: pd.DataFrame, emotions: Sequence[str], column: str
) -> tuple[Floats, Any]:
    """Confusion matrices (groups x seeds x true x predicted), and the groups in order.

    Args:
        predictions: of one head.
        emotions: in order.
        column: whose values are the groups.
    """
    true, predicted = (codes(predictions, side, emotions) for side in ("true", "predicted"))
    require(predictions, ["clip", "seed", column])
    group, groups = pd.factorize(predictions[column], sort=True)
    seed, seeds = pd.factorize(predictions["seed"], sort=True)
    shape = (len(groups), len(seeds), len(emotions), len(emotions))
    place = np.ravel_multi_index((group, seed, true, predicted), shape)
    counts = np.bincount(place, minlength=math.prod(shape)).reshape(shape).astype(float)
    return counts, groups


def codes(table: pd.DataFrame, column: str, emotions: Sequence[str]) -> Integers:
    """A column of emotions as their places in the order."""
    require(table, [column])
    found = pd.Index(list(emotions)).get_indexer(pd.Index(table[column]))
    if (found < 0).any():
        odd = table[column].to_numpy()[found < 0][0]
        raise ProtocolError(f"{odd!r} in column {column!r} is none of {', '.join(emotions)}")
    return np.asarray(found, dtype=np.int64)


def probabilities(predictions: pd.DataFrame, emotions: Sequence[str]) -> Floats:
    """Each row's probabilities, which sum to one exactly; storing rounds them."""
    names = [f"p_{emotion}" for emotion in emotions]
    require(predictions, names)
    found = predictions[names].to_numpy(dtype=float)
    sums = found.sum(axis=1, keepdims=True)
    if (found < 0).any() or (np.abs(sums - 1) > TOLERANCE).any():
        raise ProtocolError(
            f"a row's probabilities must sum to one, none negative: {', '.join(names)}"
        )
    return np.asarray(found / sums, dtype=float)


def require(predictions: pd.DataFrame, columns: Sequence[str]) -> None:
    """Stop unless a table has rows of one head, and whole columns.

    Raises:
        ProtocolError: it has not.
    """
    if predictions.empty:
        raise ProtocolError("the table of predictions has no rows")
    for column in columns:
        if column not in predictions or predictions[column].isna().any():
            raise ProtocolError(f"the table of predictions lacks column {column!r} or parts of it")
    if "head" in predictions and predictions["head"].nunique() > 1:
        raise ProtocolError("the table of predictions mixes heads; take one at a time")
