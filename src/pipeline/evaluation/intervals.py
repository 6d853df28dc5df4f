"""How sure a figure is, and how sure a difference is: resampling whole speakers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from pipeline.core.errors import ProtocolError
from pipeline.evaluation.metrics import of_confusions
from pipeline.evaluation.predictions import Floats, Integers, confusions


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the ends of its confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference(Interval):
    """By how much one table is better than another, and how easily chance does that."""

    p: float


def bootstrap(
    predictions: pd.DataFrame,
    emotions: Sequence[str],
    metric: str = "uar",
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """A figure and its percentile interval, by drawing speakers with replacement.

    Clips of one speaker are alike, so drawing clips would pretend to more evidence than
    there is. A drawn speaker brings all clips of all seeds and folds. The figure is the
    mean over seeds of the figure of all folds together. A draw that misses an emotion
    averages over the emotions it has. One speaker alone has no interval, and is an error.

    Args:
        predictions: of one head.
        emotions: in order.
        metric: one of counts, by its name.
        resamples: draws.
        level: of confidence.
        seed: of the draws.
    """
    counts, _ = confusions(predictions, emotions, "speaker")
    return bootstrap_confusions(counts, metric, resamples, level, seed)


def bootstrap_confusions(
    counts: Floats,
    metric: str = "uar",
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The same of confusion matrices: speakers x seeds x classes x classes."""
    low, high = _interval(
        lambda drawn, axis: of_confusions(_total(drawn, counts), metric),
        *(len(counts), resamples, level, seed),
    )
    return Interval(float(of_confusions(counts.sum(axis=0), metric)), low, high)


def paired(
    a: pd.DataFrame,
    b: pd.DataFrame,
    emotions: Sequence[str],
    metric: str = "uar",
    resamples: int = 2000,
    permutations: int = 9999,
    level: float = 0.95,
    seed: int = 0,
) -> Difference:
    """By how much ``a`` is above ``b``, on the same speakers and clips.

    The interval draws the same speakers for both. ``p`` is two-sided: how often a
    difference as large appears when whole speakers swap their predictions between the two,
    over all swaps if there are no more than ``permutations``. The numbers of seeds may
    differ; other clips, speakers or labels raise ``ProtocolError``.
    """
    first, second = (confusions(table, emotions, "speaker")[0] for table in (a, b))
    _same_clips(a, b)
    return paired_confusions(first, second, metric, resamples, permutations, level, seed)


def paired_confusions(
    a: Floats,
    b: Floats,
    metric: str = "uar",
    resamples: int = 2000,
    permutations: int = 9999,
    level: float = 0.95,
    seed: int = 0,
) -> Difference:
    """The same of confusion matrices (speakers x seeds x classes x classes) of the same clips."""
    if len(a) != len(b):
        raise ProtocolError(f"speakers cannot be paired: {len(a)} and {len(b)} of them")
    tables = (a, b)
    # Swapping needs seed against seed; repeating all of a table's seeds leaves its mean alone.
    seeds = math.lcm(*(table.shape[1] for table in tables))
    both = np.concatenate([np.repeat(table, seeds // table.shape[1], axis=1) for table in tables])
    count = len(both) // 2

    def between(drawn: Integers, against: Integers, axis: int = -1) -> Floats:
        return of_confusions(_total(drawn, both), metric) - of_confusions(
            _total(against, both), metric
        )

    low, high = _interval(
        lambda drawn, axis: between(drawn, drawn + count), count, resamples, level, seed
    )
    sides = (np.arange(count), np.arange(count, 2 * count))
    options = {"permutation_type": "samples", "n_resamples": permutations, "batch": 1000}
    rng = np.random.default_rng(seed)
    test = stats.permutation_test(sides, between, vectorized=True, rng=rng, **options)
    return Difference(float(test.statistic), low, high, float(test.pvalue))


def by_group(predictions: pd.DataFrame, emotions: Sequence[str], column: str) -> pd.DataFrame:
    """UAR, accuracy (means over seeds) and number of clips for each value of a column."""
    counts, groups = confusions(predictions, emotions, column)
    clips = predictions.groupby(column)["clip"].nunique().reindex(groups).to_numpy()
    figures = {name: of_confusions(counts, name) for name in ("uar", "accuracy")}
    return pd.DataFrame({column: groups, **figures, "clips": clips})


def _interval(
    statistic: Callable[..., Floats], speakers: int, resamples: int, level: float, seed: int
) -> tuple[float, float]:
    if speakers < 2:
        raise ProtocolError("an interval over speakers needs at least two of them")
    options = {"n_resamples": resamples, "confidence_level": level, "method": "percentile"}
    rng = np.random.default_rng(seed)
    found = stats.bootstrap((np.arange(speakers),), statistic, vectorized=True, rng=rng, **options)
    low, high = found.confidence_interval
    return float(low), float(high)


def _total(drawn: Integers, counts: Floats) -> Floats:
    """Confusion matrices (draws x seeds x classes x classes) of drawn speakers.

    Counts how often each was drawn and multiplies: no drawn matrix is ever copied.
    """
    flat = drawn.reshape(-1, drawn.shape[-1])
    offset = np.arange(len(flat))[:, None] * len(counts)
    times = np.bincount((flat + offset).ravel(), minlength=len(flat) * len(counts))
    total = times.reshape(len(flat), -1).astype(float) @ counts.reshape(len(counts), -1)
    return total.reshape(*drawn.shape[:-1], *counts.shape[1:])


def _same_clips(a: pd.DataFrame, b: pd.DataFrame) -> None:
    """Stop unless every seed of both tables tests the same clips, as often."""
    columns = ["clip", "speaker", "true"]
    first, *others = (
        rows.groupby(columns).size() for table in (a, b) for _, rows in table.groupby("seed")
    )
    for other in others:
        odd = first.sub(other, fill_value=0).loc[lambda surplus: surplus != 0]
        if len(odd):
            raise ProtocolError(
                f"the two tables cannot be paired: {len(odd)} clips differ, the first is "
                f"{odd.index[0][0]!r}; compare predictions for the same clips"
            )
