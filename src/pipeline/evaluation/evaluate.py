"""A recipe's figures: each head's scores on tested clips, with intervals.

Everything comes from files that earlier stages made; nothing is predicted here. The head
that a recipe puts forward is chosen by its validation figure alone. Figures are fractions
from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score, roc_curve

from pipeline.evaluation import intervals, metrics
from pipeline.evaluation.baselines import baselines
from pipeline.evaluation.intervals import Difference, Interval
from pipeline.evaluation.metrics import METRICS, ClassScores
from pipeline.evaluation.outputs import RecipeOutputs, by_fold, test_rows
from pipeline.evaluation.results import reference, stand_in
from pipeline.splits.roles import TEST

AVERAGED: Final = " (seeds averaged)"
BASELINES: Final = ("majority", "random")
POINTS: Final = 100
NTH: Final = "_nth"


@dataclass(frozen=True, slots=True)
class HeadFigures:
    """One row of the report.

    Attributes:
        head: its name; an ensemble over seeds ends in ``(seeds averaged)``.
        kind: ``head``, ``averaged`` or ``baseline``.
        scores: every metric, by its name; those that have no interval over speakers have
            no ends.
        validation_uar: mean over folds and seeds; none where nothing was validated.
        classes: figures of each emotion, all seeds together.
        confusion: counts, a row per true emotion, all seeds together.
        table: the tested rows.
    """

    head: str
    kind: str
    scores: dict[str, Interval]
    validation_uar: float | None
    classes: dict[str, ClassScores]
    confusion: tuple[tuple[int, ...], ...]
    table: pd.DataFrame

    @property
    def uar(self) -> Interval:
        """Unweighted average recall, with its interval over speakers."""
        return self.scores["uar"]

    @property
    def accuracy(self) -> Interval:
        """The share of clips that are right, with its interval over speakers."""
        return self.scores["accuracy"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of a recipe.

    Attributes:
        outputs: what they were made from.
        rows: heads, their ensembles over seeds, and the baselines, in that order.
        chosen: the head with the best validation UAR; none where nothing was validated.
        shown: the head that stands for the recipe: the chosen one, or one that needs no choice.
        reference: the head that the others are compared with: softmax where there is one,
            else the first.
        paired: difference of each row's UAR to the reference.
    """

    outputs: RecipeOutputs
    rows: dict[str, HeadFigures]
    chosen: str | None
    shown: str
    reference: str
    paired: dict[str, Difference]

    @property
    def headline(self) -> HeadFigures:
        """The figures of the head that the report draws."""
        return self.rows[self.shown]

    @property
    def seeds(self) -> list[int]:
        """The seeds that were run."""
        return sorted(int(seed) for seed in self.headline.table["seed"].unique())

    @property
    def clips(self) -> int:
        """Tested clips."""
        return int(self.headline.table["clip"].nunique())

    @property
    def speakers(self) -> int:
        """Tested speakers."""
        return int(self.headline.table["speaker"].nunique())


def evaluate(outputs: RecipeOutputs) -> Evaluation:
    """Score every head, its ensemble over seeds, and the two baselines."""
    emotions = outputs.emotions
    tests = test_rows(outputs)
    rows = {head: _figures(outputs, head, "head", table) for head, table in tests.items()}
    for head, table in tests.items():
        if table["seed"].nunique() > 1:
            name = head + AVERAGED
            averaged = seeds_averaged(table, emotions).assign(head=name)
            rows[name] = _figures(outputs, name, "averaged", averaged)
    chosen = choose(rows)
    kinds = {item.head: str(item.settings["kind"]) for item in outputs.heads.heads}
    shown = chosen or stand_in({head: kinds[head] for head in tests})
    trained = by_fold(outputs.split[outputs.split["role"] != TEST], "emotion")
    guesses = baselines(trained, rows[shown].table, emotions)
    for head in BASELINES:
        table = guesses[guesses["head"] == head].reset_index(drop=True)
        rows[head] = _figures(outputs, head, "baseline", table)
    against = reference(tests)
    return Evaluation(outputs, rows, chosen, shown, against, _paired(rows, against, emotions))


def seeds_averaged(predictions: pd.DataFrame, emotions: Sequence[str]) -> pd.DataFrame:
    """One head's rows with the probabilities of its seeds averaged, and predicted anew.

    Args:
        predictions: of one head.
        emotions: in order.

    Example:
        >>> rows = pd.DataFrame({
        ...     "clip": ["a", "a"], "fold": [0, 0], "seed": [0, 1], "speaker": ["s", "s"],
        ...     "true": ["sad", "sad"], "predicted": ["happy", "sad"],
        ...     "p_happy": [0.6, 0.1], "p_sad": [0.4, 0.9]})
        >>> seeds_averaged(rows, ["happy", "sad"])[["predicted", "p_sad"]].values.tolist()
        [['sad', 0.65]]
    """
    names = [f"p_{emotion}" for emotion in emotions]
    # A clip may be tested several times in a fold: once for each augmented copy of it.
    nth = predictions.groupby(["fold", "seed", "clip"]).cumcount().rename(NTH)
    groups = predictions.assign(**{NTH: nth}).groupby(["fold", "clip", NTH], sort=True)
    facts = [name for name in ("head", "speaker", "sex", "true") if name in predictions]
    rows = groups[facts].first().join(groups[names].mean()).reset_index().drop(columns=NTH)
    highest = rows[names].to_numpy().argmax(axis=1)
    return rows.assign(seed=0, predicted=np.array(list(emotions))[highest])


def choose(rows: Mapping[str, HeadFigures]) -> str | None:
    """The head with the highest mean validation UAR, the first among equals.

    Test figures have no say. Nothing is chosen unless every head was validated.

    Args:
        rows: of the report.
    """
    heads = [row for row in rows.values() if row.kind == "head"]
    if any(row.validation_uar is None for row in heads):
        return None
    return max(heads, key=lambda row: row.validation_uar or 0.0).head


def speaker_rows(evaluation: Evaluation) -> pd.DataFrame:
    """Speaker, sex, head, UAR, accuracy and clips of every head."""
    parts = []
    for row in evaluation.rows.values():
        if row.kind == "head":
            sexes = row.table.drop_duplicates("speaker").set_index("speaker")["sex"]
            table = intervals.by_group(row.table, evaluation.outputs.emotions, "speaker")
            parts.append(table.assign(head=row.head, sex=table["speaker"].map(sexes)))
    return pd.concat(parts)[["speaker", "sex", "head", "uar", "accuracy", "clips"]]


def sex_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The shown head's figures for each sex: sex, speakers, clips, uar, accuracy."""
    emotions = evaluation.outputs.emotions
    return [
        {
            "sex": str(sex),
            "speakers": int(rows["speaker"].nunique()),
            "clips": int(rows["clip"].nunique()),
            "uar": _interval(rows, emotions, "uar"),
            "accuracy": metrics.score(rows, emotions)["accuracy"],
        }
        for sex, rows in evaluation.headline.table.groupby("sex")
    ]


def roc_rows(evaluation: Evaluation, points: int = POINTS) -> pd.DataFrame:
    """One-against-rest curves of the shown head: emotion, fpr, tpr, thinned."""
    parts = [pd.DataFrame(columns=["emotion", "fpr", "tpr"])]
    for emotion, (right, probabilities) in _one_against_rest(evaluation).items():
        fpr, tpr, _ = roc_curve(right, probabilities)
        at = np.unique(np.linspace(0, len(fpr) - 1, min(points, len(fpr))).round().astype(int))
        parts.append(pd.DataFrame({"emotion": emotion, "fpr": fpr[at], "tpr": tpr[at]}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def roc_areas(evaluation: Evaluation) -> dict[str, float]:
    """The area under each emotion's curve, from all its points."""
    sides = _one_against_rest(evaluation)
    return {emotion: float(roc_auc_score(*side)) for emotion, side in sides.items()}


def mean_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Loss and validation UAR of each epoch, a mean over the networks of all folds and seeds.

    Networks that leave out a part of the training clips are not counted, and neither are
    epochs that only some of the networks reached.

    Args:
        curves: fold, seed, part, epoch, loss, validation_uar.

    Example:
        >>> curves = pd.DataFrame({"fold": [0, 0, 1], "seed": 0, "part": math.nan,
        ...     "epoch": [1, 2, 1], "loss": [2.0, 1.0, 3.0], "validation_uar": [0.25, 0.5, 0.75]})
        >>> mean_curves(curves).values.tolist()
        [[1.0, 2.5, 0.5]]
    """
    main = curves[curves["part"].isna()]
    epochs = main.groupby("epoch")
    means = epochs[["loss", "validation_uar"]].mean().reset_index()
    in_all = epochs.size().to_numpy() == len(main.groupby(["fold", "seed"]))
    whole: pd.DataFrame = means[in_all].rename(columns={"validation_uar": "uar"})
    return whole


def _figures(outputs: RecipeOutputs, head: str, kind: str, table: pd.DataFrame) -> HeadFigures:
    emotions = outputs.emotions
    means = metrics.score(table, emotions)
    scores = {
        name: _interval(table, emotions, name)
        if metric.interval
        else Interval(means[name], math.nan, math.nan)
        for name, metric in METRICS.items()
    }
    return HeadFigures(
        head=head,
        kind=kind,
        scores=scores,
        validation_uar=_validation(outputs, head) if kind == "head" else None,
        classes=metrics.class_scores(table, emotions),
        confusion=metrics.confusion(table, emotions),
        table=table,
    )


def _interval(table: pd.DataFrame, emotions: Sequence[str], name: str) -> Interval:
    if table["speaker"].nunique() > 1:
        return intervals.bootstrap(table, emotions, name)
    # One speaker says nothing of how much speakers differ.
    return Interval(metrics.score(table, emotions)[name], math.nan, math.nan)


def _validation(outputs: RecipeOutputs, head: str) -> float | None:
    found = [item.validation_uar for item in outputs.heads.heads if item.head == head]
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if known and len(known) == len(found) else None


def _paired(
    rows: Mapping[str, HeadFigures], against: str, emotions: Sequence[str]
) -> dict[str, Difference]:
    base = rows[against]
    if base.table["speaker"].nunique() < 2:
        return {}
    return {
        f"{row.head} - {against}": intervals.paired(row.table, base.table, emotions)
        for row in rows.values()
        if row.kind != "baseline" and row is not base
    }


def _one_against_rest(evaluation: Evaluation) -> dict[str, tuple[Any, Any]]:
    """The shown head's rows as right or not and their probabilities, where both sides occur."""
    table = evaluation.headline.table
    sides = {
        emotion: ((table["true"] == emotion).to_numpy(), table[f"p_{emotion}"].to_numpy())
        for emotion in evaluation.outputs.emotions
    }
    return {emotion: side for emotion, side in sides.items() if side[0].any() and not side[0].all()}
