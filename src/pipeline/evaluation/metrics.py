"""How good predictions are, how sure that is, and how sure a difference is.

Everything reads one head's table of predictions: clip, fold, seed, head, speaker,
true, predicted, and ``p_<emotion>`` for each emotion. Whatever averages over emotions
averages over those that occur among the true labels: an emotion that nobody spoke has
no recall, and counting it as zero would punish a model for the choice of clips. A table
that is empty, mixes heads or does not fit the emotions raises ``ProtocolError``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from sklearn.metrics import precision_recall_fscore_support as per_class

from pipeline.core.errors import ProtocolError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Figure = Literal["uar", "accuracy", "macro_precision", "macro_recall", "macro_f1"]
"""What intervals and differences can be had of; each is a field of ``Scores`` too."""

BINS: Final = 15
TOLERANCE: Final = 1e-3
"""How far a row's probabilities may be from a sum of one: tables are stored rounded."""


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One emotion's figures; precision is 0 where it was never predicted."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Scores:
    """One table's figures.

    Attributes:
        uar: unweighted average recall; ``macro_recall`` is its other name.
        accuracy: the share of rows that are right.
        log_loss: mean negative log of the true emotion's probability, in nats.
        calibration_error: expected calibration error: rows fall into 15 bins of equal width
            by their top probability; the mean distance between a bin's accuracy and its
            mean top probability, weighted by rows.
        confusion: counts; a row per true emotion, a column per predicted one.
    """

    uar: float
    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    log_loss: float
    calibration_error: float
    classes: dict[str, ClassScores]
    confusion: tuple[tuple[int, ...], ...]


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


def score(predictions: pd.DataFrame, emotions: Sequence[str]) -> Scores:
    """Score all rows of a table together.

    A clip counts once per seed; UAR and accuracy are then the mean over seeds as long as
    every seed tests the same clips.
    """
    true, predicted = (_codes(predictions, side, emotions) for side in ("true", "predicted"))
    chances = _chances(predictions, [f"p_{emotion}" for emotion in emotions])
    everything, present = np.arange(len(emotions)), np.unique(true)
    each = zip(*per_class(true, predicted, labels=everything, zero_division=0), strict=True)
    precision, recall, f1, _ = per_class(
        true, predicted, labels=present, average="macro", zero_division=0
    )
    bins = _bins(chances.max(axis=1), true == predicted, BINS)
    gaps = (bins["accuracy"] - bins["confidence"]).abs()
    return Scores(
        uar=float(recall),
        accuracy=float(accuracy_score(true, predicted)),
        macro_precision=float(precision),
        macro_recall=float(recall),
        macro_f1=float(f1),
        # On numbers, not names: scikit-learn takes columns to be in the labels' sorted order.
        log_loss=float(log_loss(true, chances, labels=everything)),
        calibration_error=float(np.average(gaps, weights=bins["count"])),
        classes={
            emotion: ClassScores(float(p), float(r), float(f), int(n))
            for emotion, (p, r, f, n) in zip(emotions, each, strict=True)
        },
        confusion=tuple(map(tuple, confusion_matrix(true, predicted, labels=everything).tolist())),
    )


def bootstrap(
    predictions: pd.DataFrame,
    emotions: Sequence[str],
    figure: Figure = "uar",
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """A figure and its percentile interval, by drawing speakers with replacement.

    Clips of one speaker are alike, so drawing clips would pretend to more evidence than
    there is. A drawn speaker brings all clips of all seeds and folds. The figure is the
    mean over seeds of the figure of all folds together. A draw that misses an emotion
    averages over the emotions it has. One speaker alone has no interval, and is an error.
    """
    counts, _ = confusions(predictions, emotions, "speaker")
    return bootstrap_confusions(counts, figure, resamples, level, seed)


def bootstrap_confusions(
    counts: Floats,
    figure: Figure = "uar",
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The same of confusion matrices: speakers x seeds x classes x classes."""
    low, high = _interval(
        lambda drawn, axis: _figure(_total(drawn, counts), figure),
        *(len(counts), resamples, level, seed),
    )
    return Interval(float(_figure(counts.sum(axis=0), figure)), low, high)


def paired(
    a: pd.DataFrame,
    b: pd.DataFrame,
    emotions: Sequence[str],
    figure: Figure = "uar",
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
    return paired_confusions(first, second, figure, resamples, permutations, level, seed)


def paired_confusions(
    a: Floats,
    b: Floats,
    figure: Figure = "uar",
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
        return _figure(_total(drawn, both), figure) - _figure(_total(against, both), figure)

    low, high = _interval(
        lambda drawn, axis: between(drawn, drawn + count), count, resamples, level, seed
    )
    sides = (np.arange(count), np.arange(count, 2 * count))
    options = {"permutation_type": "samples", "n_resamples": permutations, "batch": 1000}
    rng = np.random.default_rng(seed)
    test = stats.permutation_test(sides, between, vectorized=True, rng=rng, **options)
    return Difference(float(test.statistic), low, high, float(test.pvalue))


def baselines(
    train: Mapping[int, Sequence[str]], test: pd.DataFrame, emotions: Sequence[str], seed: int = 0
) -> pd.DataFrame:
    """What knowing nothing of the sound gives: the heads ``majority`` and ``random``.

    ``majority`` always answers its fold's most frequent training emotion (the first in
    ``emotions`` among equals), with the training shares as probabilities. ``random``
    answers any of the emotions with equal chance, drawn anew in each fold and seed.

    ``train`` holds the training side's emotions fold by fold; ``test`` the tested rows (clip,
    fold, seed, speaker, true) or one head's predictions, whose answers are replaced. Further
    columns are kept.
    """
    _checked(test, ["clip", "fold", "seed"])
    names = [f"p_{emotion}" for emotion in emotions]
    kept = test.drop(columns=["head", "predicted", *names], errors="ignore")
    parts: list[pd.DataFrame] = []
    for fold, run in sorted(set(zip(test["fold"], test["seed"], strict=True))):
        rows = kept[(test["fold"] == fold) & (test["seed"] == run)]
        if not len(train.get(fold, ())):
            raise ProtocolError(f"fold {fold} is tested and has no training labels")
        taught = _codes(pd.DataFrame({"label": list(train[fold])}), "label", emotions)
        shares = np.bincount(taught, minlength=len(emotions)) / len(taught)
        evenly = np.full(len(emotions), 1 / len(emotions))
        rng = np.random.default_rng([seed, fold, run])
        for head, chances, answers in (
            ("majority", shares, np.full(len(rows), shares.argmax())),
            ("random", evenly, rng.integers(len(emotions), size=len(rows))),
        ):
            told = [emotions[answer] for answer in answers]
            columns = dict(zip(names, chances, strict=True))
            parts.append(rows.assign(head=head, predicted=told, **columns))
    return pd.concat(parts, ignore_index=True)


def confusions(
    predictions: pd.DataFrame, emotions: Sequence[str], column: str
) -> tuple[Floats, Any]:
    """Confusion matrices (groups x seeds x classes x classes), and the groups in order."""
    true, predicted = (_codes(predictions, side, emotions) for side in ("true", "predicted"))
    _checked(predictions, ["clip", "seed", column])
    group, groups = pd.factorize(predictions[column], sort=True)
    seed, seeds = pd.factorize(predictions["seed"], sort=True)
    shape = (len(groups), len(seeds), len(emotions), len(emotions))
    place = np.ravel_multi_index((group, seed, true, predicted), shape)
    counts = np.bincount(place, minlength=math.prod(shape)).reshape(shape).astype(float)
    return counts, groups


def by_group(predictions: pd.DataFrame, emotions: Sequence[str], column: str) -> pd.DataFrame:
    """UAR, accuracy (means over seeds) and number of clips for each value of a column."""
    counts, groups = confusions(predictions, emotions, column)
    clips = predictions.groupby(column)["clip"].nunique().reindex(groups).to_numpy()
    figures = {"uar": _figure(counts, "uar"), "accuracy": _figure(counts, "accuracy")}
    return pd.DataFrame({column: groups, **figures, "clips": clips})


def reliability(predictions: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """A reliability diagram's points, one for each bin that is not empty.

    Gives confidence (the mean top probability), accuracy, count, and the bin's low and high.
    """
    _checked(predictions, ["true", "predicted"])
    names = [str(name) for name in predictions.columns if str(name).startswith("p_")]
    right = (predictions["true"] == predictions["predicted"]).to_numpy(dtype=bool)
    return _bins(_chances(predictions, names).max(axis=1), right, bins)


def _bins(top: Floats, right: npt.NDArray[np.bool_], bins: int) -> pd.DataFrame:
    edges = np.linspace(0, 1, bins + 1)
    # A value on an edge falls below it, as in scikit-learn's calibration_curve.
    place = np.searchsorted(edges[1:-1], top)
    table = pd.DataFrame({"confidence": top, "accuracy": right.astype(float), "count": 1})
    grouped = table.groupby(place).agg({"confidence": "mean", "accuracy": "mean", "count": "sum"})
    full = grouped.index.to_numpy()
    grouped["low"], grouped["high"] = edges[full], edges[full + 1]
    return grouped.reset_index(drop=True)


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


def _figure(confusion: Floats, figure: Figure) -> Floats:
    """A figure of confusion matrices (... x seeds x classes x classes), mean over seeds."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    support, answers = confusion.sum(axis=-1), confusion.sum(axis=-2)
    if figure == "accuracy":
        rows = support.sum(axis=-1)
        each = _ratio(hits.sum(axis=-1), rows)
    else:
        above, below = {
            "uar": (hits, support),
            "macro_recall": (hits, support),
            "macro_precision": (hits, answers),
            "macro_f1": (2 * hits, support + answers),
        }[figure]
        present = support > 0
        rows = present.sum(axis=-1)
        each = _ratio((_ratio(above, below) * present).sum(axis=-1), rows)
    # A group may be untested in some seed; that seed then says nothing of it.
    return _ratio(each.sum(axis=-1), (rows > 0).sum(axis=-1))


def _ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> Floats:
    """A quotient that is 0 where nothing was counted."""
    return np.asarray(above / np.maximum(below, 1), dtype=float)


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


def _codes(table: pd.DataFrame, column: str, emotions: Sequence[str]) -> Integers:
    """A column of emotions as their places in the order."""
    _checked(table, [column])
    codes = pd.Index(list(emotions)).get_indexer(pd.Index(table[column]))
    if (codes < 0).any():
        odd = table[column].to_numpy()[codes < 0][0]
        raise ProtocolError(f"{odd!r} in column {column!r} is none of {', '.join(emotions)}")
    return np.asarray(codes, dtype=np.int64)


def _chances(predictions: pd.DataFrame, names: list[str]) -> Floats:
    """Probabilities that sum to one exactly; storing rounds them."""
    _checked(predictions, names)
    chances = predictions[names].to_numpy(dtype=float)
    sums = chances.sum(axis=1, keepdims=True)
    if not names or (chances < 0).any() or (np.abs(sums - 1) > TOLERANCE).any():
        looked = ", ".join(names) or "no column"
        raise ProtocolError(f"a row's probabilities must sum to one, none negative: {looked}")
    return np.asarray(chances / sums, dtype=float)


def _checked(predictions: pd.DataFrame, columns: list[str]) -> None:
    if predictions.empty:
        raise ProtocolError("the table of predictions has no rows")
    for column in columns:
        if column not in predictions or predictions[column].isna().any():
            raise ProtocolError(f"the table of predictions lacks column {column!r} or parts of it")
    if "head" in predictions and predictions["head"].nunique() > 1:
        raise ProtocolError("the table of predictions mixes heads; take one at a time")
