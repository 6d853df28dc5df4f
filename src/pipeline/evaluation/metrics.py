"""The metrics: each is one function here, and reports, commands and docs list what is here.

A metric is a function of confusion matrices (``... x true x predicted``, so that thousands
of resampled ones are scored at once) or of rows with their probabilities. Its decorator
gives it a title; its docstring is what reports and the documentation say of it.

Whatever averages over emotions averages over those that occur among the true labels: an
emotion that does not occur has no recall, and counting it as zero would lower a figure for
the choice of clips.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.config.base import nearest
from pipeline.core.errors import ProtocolError
from pipeline.core.scores import mean_recall
from pipeline.evaluation import predictions as tables
from pipeline.evaluation.calibration import bins
from pipeline.evaluation.predictions import Floats, Integers


@dataclass(frozen=True, slots=True)
class Rows:
    """Predictions as numbers.

    Attributes:
        true: each row's class.
        predicted: each row's class as a head gives it.
        probabilities: rows x classes.
    """

    true: Integers
    predicted: Integers
    probabilities: Floats


OfCounts = Callable[[Floats], Floats]
OfRows = Callable[[Rows], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of a table of predictions.

    Attributes:
        name: in metrics.json.
        title: of its column.
        short: the same for narrow tables.
        higher_is_better: whether larger is better.
        percent: whether it is a fraction that reports show in percent.
        interval: whether reports give its interval over speakers.
        of_counts: what computes it from confusion matrices; none where it needs probabilities.
        of_rows: what computes it from rows with their probabilities.
    """

    name: str
    title: str
    short: str
    higher_is_better: bool
    percent: bool
    interval: bool
    of_counts: OfCounts | None
    of_rows: OfRows | None

    @property
    def explanation(self) -> str:
        """What it means: the first paragraph of its function's docstring, in one line."""
        words = inspect.getdoc(self.of_counts or self.of_rows) or ""
        return " ".join(words.split("\n\n")[0].split())


METRICS: Final[dict[str, Metric]] = {}
"""Every metric by its name, in the order that reports show them."""


def counted(
    title: str, *, short: str = "", interval: bool = False
) -> Callable[[OfCounts], OfCounts]:
    """Make a function of confusion matrices a metric; it is a fraction, and higher is better.

    Args:
        title: of its column.
        short: the same for narrow tables.
        interval: reports give its interval over speakers.
    """

    def register(function: OfCounts) -> OfCounts:
        name = function.__name__
        METRICS[name] = Metric(name, title, short or title, True, True, interval, function, None)
        return function

    return register


def probabilistic(
    title: str, *, short: str = "", higher_is_better: bool, percent: bool
) -> Callable[[OfRows], OfRows]:
    """Make a function of rows a metric.

    Args:
        title: of its column.
        short: the same for narrow tables.
        higher_is_better: whether larger is better.
        percent: it is a fraction that reports show in percent.
    """

    def register(function: OfRows) -> OfRows:
        name = function.__name__
        METRICS[name] = Metric(
            name, title, short or title, higher_is_better, percent, False, None, function
        )
        return function

    return register


@counted("UAR", interval=True)
def uar(counts: Floats) -> Floats:
    """Unweighted average recall: the mean, over the emotions, of the share that is recognised."""
    return mean_recall(_hits(counts), counts.sum(axis=-1))


@counted("accuracy", short="acc.", interval=True)
def accuracy(counts: Floats) -> Floats:
    """The share of clips that are recognised; frequent emotions count more."""
    return _ratio(_hits(counts).sum(axis=-1), counts.sum(axis=(-2, -1)))


@counted("macro precision", short="prec.")
def macro_precision(counts: Floats) -> Floats:
    """The mean, over the emotions, of the share of its predictions that are right."""
    return _mean_over_emotions(counts, _hits(counts), counts.sum(axis=-2))


@counted("macro recall", short="recall")
def macro_recall(counts: Floats) -> Floats:
    """The same as UAR, under the name that scikit-learn gives it."""
    return uar(counts)


@counted("macro F1", short="F1")
def macro_f1(counts: Floats) -> Floats:
    """The mean, over the emotions, of the harmonic mean of precision and recall."""
    both = counts.sum(axis=-1) + counts.sum(axis=-2)
    return _mean_over_emotions(counts, 2 * _hits(counts), both)


@probabilistic("log loss", short="loss", higher_is_better=False, percent=False)
def log_loss(rows: Rows) -> float:
    """Mean negative logarithm of the true emotion's probability, in nats."""
    # Imported here, for commands that only read stored figures start faster without it.
    from sklearn.metrics import log_loss as loss

    # On numbers, not names: scikit-learn takes columns to be in the labels' sorted order.
    classes = np.arange(rows.probabilities.shape[1])
    return float(loss(rows.true, rows.probabilities, labels=classes))


@probabilistic("calibration error", short="calib.", higher_is_better=False, percent=True)
def calibration_error(rows: Rows) -> float:
    """Expected calibration error: how far confidence is from the share that is right.

    Clips fall into 15 bins of equal width by their highest probability; the mean distance
    between a bin's accuracy and its mean highest probability, weighted by clips.
    """
    table = bins(rows.probabilities.max(axis=1), rows.true == rows.predicted)
    gaps = (table["accuracy"] - table["confidence"]).abs()
    return float(np.average(gaps, weights=table["count"]))


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One emotion's figures; precision is 0 where it was never predicted."""

    precision: float
    recall: float
    f1: float
    support: int


def score(predictions: pd.DataFrame, emotions: Sequence[str]) -> dict[str, float]:
    """Every metric of a head's predictions: a mean over seeds, all folds together.

    Args:
        predictions: of one head.
        emotions: in order.
    """
    tables.require(predictions, ["seed"])
    seeds = [rows_of(own, emotions) for _, own in predictions.groupby("seed")]
    counts, _ = tables.confusions(predictions, emotions, "seed")
    # A group for each seed has that seed's counts on the diagonal, and nothing beside it.
    each = counts.sum(axis=1)
    return {
        name: float(np.mean(metric.of_counts(each)))
        if metric.of_counts
        else float(np.mean([metric.of_rows(rows) for rows in seeds if metric.of_rows]))
        for name, metric in METRICS.items()
    }


def class_scores(predictions: pd.DataFrame, emotions: Sequence[str]) -> dict[str, ClassScores]:
    """Figures of each emotion, all seeds together."""
    from sklearn.metrics import precision_recall_fscore_support as per_class

    true, predicted = (tables.codes(predictions, side, emotions) for side in ("true", "predicted"))
    labels = np.arange(len(emotions))
    each = zip(*per_class(true, predicted, labels=labels, zero_division=0), strict=True)
    return {
        emotion: ClassScores(float(p), float(r), float(f), int(n))
        for emotion, (p, r, f, n) in zip(emotions, each, strict=True)
    }


def confusion(predictions: pd.DataFrame, emotions: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Counts, all seeds together: a row per true emotion, a column per predicted one."""
    counts, _ = tables.confusions(predictions, emotions, "seed")
    return tuple(map(tuple, counts.sum(axis=(0, 1)).astype(int).tolist()))


def rows_of(predictions: pd.DataFrame, emotions: Sequence[str]) -> Rows:
    """A table of predictions as numbers."""
    return Rows(
        tables.codes(predictions, "true", emotions),
        tables.codes(predictions, "predicted", emotions),
        tables.probabilities(predictions, emotions),
    )


def of_confusions(counts: Floats, name: str) -> Floats:
    """A metric of confusion matrices (... x seeds x true x predicted), mean over seeds.

    Args:
        counts: the matrices.
        name: of the metric.

    Raises:
        ProtocolError: there is no such metric, or it needs probabilities.
    """
    metric = METRICS.get(name)
    if metric is None or metric.of_counts is None:
        known = [name for name, item in METRICS.items() if item.of_counts]
        raise ProtocolError(f"{name!r} is no metric of counts; {nearest(name, known)}")
    # A group may be untested in some seed; that seed then says nothing of it.
    tested = counts.sum(axis=(-2, -1)) > 0
    return _ratio((metric.of_counts(counts) * tested).sum(axis=-1), tested.sum(axis=-1))


def _hits(counts: Floats) -> Floats:
    return np.diagonal(counts, axis1=-2, axis2=-1)


def _mean_over_emotions(counts: Floats, above: Floats, below: Floats) -> Floats:
    """The mean quotient of the emotions that occur."""
    present = counts.sum(axis=-1) > 0
    return _ratio((_ratio(above, below) * present).sum(axis=-1), present.sum(axis=-1))


def _ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> Floats:
    """A quotient that is 0 where nothing was counted."""
    return np.asarray(above / np.maximum(below, 1), dtype=float)
