"""A recipe's figures: what its tested predictions say of each head, and how surely.

Everything comes from files that earlier stages left behind; nothing is predicted here.
The head that a recipe puts forward is chosen by its validation figure alone. Figures are
fractions from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score, roc_curve

from pipeline.core.storage import atomic_write, write_json
from pipeline.evaluation import counts, metrics
from pipeline.evaluation.metrics import ClassScores, Difference, Interval
from pipeline.evaluation.outputs import Cooked, by_fold, test_rows
from pipeline.evaluation.results import REFERENCE, stand_in

AVERAGED: Final = " (seeds averaged)"
BASELINES: Final = ("majority", "random")
DIGITS: Final = 6
POINTS: Final = 100
ADDED: Final = "_nth"


@dataclass(frozen=True, slots=True)
class HeadFigures:
    """One row of the report.

    Attributes:
        head: its name; an ensemble over seeds ends in ``(seeds averaged)``.
        kind: ``head``, ``averaged`` or ``baseline``.
        uar: with its interval over speakers, as for accuracy.
        accuracy: the share of clips that are right.
        macro_precision: mean over emotions and seeds.
        macro_f1: mean over emotions and seeds.
        log_loss: in nats.
        calibration_error: expected calibration error.
        validation_uar: mean over folds and seeds; none where nothing was validated.
        classes: figures of each emotion, all seeds together.
        confusion: counts, a row per true emotion, all seeds together.
        table: the tested rows.
    """

    head: str
    kind: str
    uar: Interval
    accuracy: Interval
    macro_precision: float
    macro_f1: float
    log_loss: float
    calibration_error: float
    validation_uar: float | None
    classes: dict[str, ClassScores]
    confusion: tuple[tuple[int, ...], ...]
    table: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of a recipe.

    Attributes:
        cooked: what they were made from.
        rows: heads, their ensembles over seeds, and the baselines, in that order.
        chosen: the head with the best validation UAR; none where nothing was validated.
        shown: the head that stands for the recipe: the chosen one, or one that needs no choice.
        paired: difference of each row's UAR to softmax.
    """

    cooked: Cooked
    rows: dict[str, HeadFigures]
    chosen: str | None
    shown: str
    paired: dict[str, Difference]

    @property
    def headline(self) -> HeadFigures:
        """The figures of the head that the report draws."""
        return self.rows[self.shown]

    @property
    def seeds(self) -> list[int]:
        """The seeds that were trained."""
        return sorted(int(seed) for seed in self.headline.table["seed"].unique())

    @property
    def clips(self) -> int:
        """Tested clips."""
        return int(self.headline.table["clip"].nunique())

    @property
    def speakers(self) -> int:
        """Tested speakers."""
        return int(self.headline.table["speaker"].nunique())


def evaluate(cooked: Cooked) -> Evaluation:
    """Score every head, its ensemble over seeds, and the two baselines."""
    emotions = cooked.emotions
    tests = test_rows(cooked)
    rows = {head: _figures(cooked, head, "head", table) for head, table in tests.items()}
    kinds = {item["head"]: item["settings"]["kind"] for item in cooked.heads["heads"]}
    for head, table in tests.items():
        if table["seed"].nunique() > 1:
            name = head + AVERAGED
            averaged = seeds_averaged(table, emotions).assign(head=name)
            rows[name] = _figures(cooked, name, "averaged", averaged)
    chosen = choose(rows)
    some = rows[chosen or stand_in({head: kinds[head] for head in tests})]
    taught = by_fold(cooked.split[cooked.split["role"] != "test"], "emotion")
    guesses = metrics.baselines(taught, some.table, emotions)
    for head in BASELINES:
        table = guesses[guesses["head"] == head].reset_index(drop=True)
        rows[head] = _figures(cooked, head, "baseline", table)
    return Evaluation(cooked, rows, chosen, some.head, _paired(rows, emotions))


def seeds_averaged(predictions: pd.DataFrame, emotions: Sequence[str]) -> pd.DataFrame:
    """One head's rows with the probabilities of its seeds averaged, and the answer anew.

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
    nth = predictions.groupby(["fold", "seed", "clip"]).cumcount().rename(ADDED)
    groups = predictions.assign(**{ADDED: nth}).groupby(["fold", "clip", ADDED], sort=True)
    kept = [name for name in ("head", "speaker", "sex", "true") if name in predictions]
    rows = groups[kept].first().join(groups[names].mean()).reset_index().drop(columns=ADDED)
    answers = rows[names].to_numpy().argmax(axis=1)
    return rows.assign(seed=0, predicted=np.array(list(emotions))[answers])


def choose(rows: Mapping[str, HeadFigures]) -> str | None:
    """The head with the highest mean validation UAR, the first among equals.

    Test figures have no say. Nothing is chosen unless every head was validated.
    """
    heads = [row for row in rows.values() if row.kind == "head"]
    if any(row.validation_uar is None for row in heads):
        return None
    return max(heads, key=lambda row: row.validation_uar or 0.0).head


def metrics_of(evaluation: Evaluation) -> dict[str, Any]:
    """The content of ``metrics.json``."""
    cooked, chosen = evaluation.cooked, evaluation.chosen
    return {
        "recipe": cooked.recipe,
        "title": cooked.title,
        "dataset": cooked.dataset,
        "protocol": cooked.summary["protocol"],
        "label": cooked.label,
        "leaks": cooked.leaks,
        "synthetic": cooked.synthetic,
        "start": cooked.networks["start"]["name"],
        "emotions": len(cooked.emotions),
        "classes": list(cooked.emotions),
        "clips": evaluation.clips,
        "tested": counts.digest(evaluation.headline.table),
        "speakers": evaluation.speakers,
        "folds": int(cooked.summary["folds"]),
        "seeds": evaluation.seeds,
        "shown": evaluation.shown,
        "chosen": {"head": chosen, "by": "validation uar"} if chosen else None,
        "heads": {
            row.head: {
                "uar": rounded(row.uar),
                "accuracy": rounded(row.accuracy),
                "macro_precision": _fraction(row.macro_precision),
                "macro_f1": _fraction(row.macro_f1),
                "log_loss": _fraction(row.log_loss),
                "calibration_error": _fraction(row.calibration_error),
                "validation_uar": _fraction(row.validation_uar),
            }
            for row in evaluation.rows.values()
        },
        "paired": {name: rounded(found) for name, found in evaluation.paired.items()},
    }


def headline_of(evaluation: Evaluation) -> dict[str, Any]:
    """The content of ``headline.json``: few enough figures for a line of a table."""
    shown = evaluation.headline
    return {
        "head": shown.head,
        "uar": _fraction(shown.uar.mean),
        "uar_low": _fraction(shown.uar.low),
        "uar_high": _fraction(shown.uar.high),
        "accuracy": _fraction(shown.accuracy.mean),
        "log_loss": _fraction(shown.log_loss),
        "calibration_error": _fraction(shown.calibration_error),
        "heads": {
            row.head: _fraction(row.uar.mean)
            for row in evaluation.rows.values()
            if row.kind == "head"
        },
    }


def speaker_rows(evaluation: Evaluation) -> pd.DataFrame:
    """Speaker, sex, head, UAR, accuracy and clips of every head."""
    parts = []
    for row in evaluation.rows.values():
        if row.kind == "head":
            sexes = row.table.drop_duplicates("speaker").set_index("speaker")["sex"]
            table = metrics.by_group(row.table, evaluation.cooked.emotions, "speaker")
            parts.append(table.assign(head=row.head, sex=table["speaker"].map(sexes)))
    return pd.concat(parts)[["speaker", "sex", "head", "uar", "accuracy", "clips"]]


def sex_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The shown head's figures for each sex: sex, speakers, clips, uar, accuracy."""
    found = []
    for sex, rows in evaluation.headline.table.groupby("sex"):
        scores = metrics.score(rows, evaluation.cooked.emotions)
        found.append(
            {
                "sex": str(sex),
                "speakers": int(rows["speaker"].nunique()),
                "clips": int(rows["clip"].nunique()),
                "uar": _interval(rows, evaluation.cooked.emotions, "uar"),
                "accuracy": scores.accuracy,
            }
        )
    return found


def roc_rows(evaluation: Evaluation, points: int = POINTS) -> pd.DataFrame:
    """One-against-rest curves of the shown head: emotion, fpr, tpr, thinned."""
    parts = []
    for emotion, (right, chances) in _one_against_rest(evaluation).items():
        fpr, tpr, _ = roc_curve(right, chances)
        at = np.unique(np.linspace(0, len(fpr) - 1, min(points, len(fpr))).round().astype(int))
        parts.append(pd.DataFrame({"emotion": emotion, "fpr": fpr[at], "tpr": tpr[at]}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def roc_areas(evaluation: Evaluation) -> dict[str, float]:
    """The area under each emotion's curve, from all its points."""
    sides = _one_against_rest(evaluation)
    return {emotion: float(roc_auc_score(*side)) for emotion, side in sides.items()}


def mean_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Loss and validation UAR of each epoch, meant over the networks of all folds and seeds.

    Networks that leave out a part of the training clips are not counted, and neither are
    epochs that only some of the networks reached.

    Example:
        >>> told = pd.DataFrame({"fold": [0, 0, 1], "seed": 0, "part": math.nan,
        ...     "epoch": [1, 2, 1], "loss": [2.0, 1.0, 3.0], "validation_uar": [0.25, 0.5, 0.75]})
        >>> mean_curves(told).values.tolist()
        [[1.0, 2.5, 0.5]]
    """
    main = curves[curves["part"].isna()]
    epochs = main.groupby("epoch")
    means = epochs[["loss", "validation_uar"]].mean().reset_index()
    everyone = epochs.size().to_numpy() == len(main.groupby(["fold", "seed"]))
    kept: pd.DataFrame = means[everyone].rename(columns={"validation_uar": "uar"})
    return kept


def write(evaluation: Evaluation, folder: Path) -> dict[str, Any]:
    """Write ``metrics.json``, ``headline.json``, ``counts.csv``, ``predictions.csv`` and plots.

    Returns:
        What ``metrics.json`` says.
    """
    heads = [row for row in evaluation.rows.values() if row.kind == "head"]
    chances = [f"p_{emotion}" for emotion in evaluation.cooked.emotions]
    columns = ["clip", "fold", "seed", "head", "speaker", "true", "predicted", *chances]
    _write(pd.concat([row.table for row in heads])[columns], folder / "predictions.csv")
    counts.write({row.head: row.table for row in heads}, evaluation.cooked.emotions, folder)
    plots = folder / "plots"
    bars = [{"head": row.head, **asdict(row.uar)} for row in evaluation.rows.values()]
    table = pd.DataFrame(bars).rename(columns={"mean": "uar"})
    _write(table[["head", "uar", "low", "high"]], plots / "heads.csv")
    _write(evaluation.headline.table[["true", "predicted"]], plots / "confusion.csv")
    points = [metrics.reliability(row.table).assign(head=row.head) for row in heads]
    table = pd.concat(points)[["head", "confidence", "accuracy", "count"]]
    _write(table, plots / "reliability.csv")
    _write(speaker_rows(evaluation), plots / "speakers.csv")
    _write(roc_rows(evaluation), plots / "roc.csv")
    curves = mean_curves(evaluation.cooked.curves)
    _write(curves[["epoch", "loss"]], plots / "loss.csv")
    _write(curves[["epoch", "uar"]].dropna(), plots / "uar.csv")
    found = metrics_of(evaluation)
    write_json(folder / "metrics.json", found)
    write_json(folder / "headline.json", headline_of(evaluation))
    return found


def rounded(interval: Interval) -> dict[str, float | None]:
    """The numbers of an interval or a difference as they are stored.

    Example:
        >>> rounded(Interval(mean=0.5000001, low=0.4, high=float("nan")))
        {'mean': 0.5, 'low': 0.4, 'high': None}
    """
    return {key: _fraction(value) for key, value in asdict(interval).items()}


def _figures(cooked: Cooked, head: str, kind: str, table: pd.DataFrame) -> HeadFigures:
    seeds = [metrics.score(rows, cooked.emotions) for _, rows in table.groupby("seed")]
    together = metrics.score(table, cooked.emotions)
    return HeadFigures(
        head=head,
        kind=kind,
        uar=_interval(table, cooked.emotions, "uar"),
        accuracy=_interval(table, cooked.emotions, "accuracy"),
        macro_precision=_mean([scores.macro_precision for scores in seeds]),
        macro_f1=_mean([scores.macro_f1 for scores in seeds]),
        log_loss=_mean([scores.log_loss for scores in seeds]),
        calibration_error=_mean([scores.calibration_error for scores in seeds]),
        validation_uar=_validation(cooked.heads, head) if kind == "head" else None,
        classes=together.classes,
        confusion=together.confusion,
        table=table,
    )


def _interval(table: pd.DataFrame, emotions: Sequence[str], figure: metrics.Figure) -> Interval:
    if table["speaker"].nunique() > 1:
        return metrics.bootstrap(table, emotions, figure)
    scores = [getattr(metrics.score(rows, emotions), figure) for _, rows in table.groupby("seed")]
    # One speaker says nothing of how much speakers differ.
    return Interval(_mean(scores), math.nan, math.nan)


def _validation(heads: Mapping[str, Any], head: str) -> float | None:
    found = [item["validation_uar"] for item in heads["heads"] if item["head"] == head]
    return _mean(found) if found and None not in found else None


def _paired(rows: Mapping[str, HeadFigures], emotions: Sequence[str]) -> dict[str, Difference]:
    reference = rows.get(REFERENCE)
    if reference is None or reference.table["speaker"].nunique() < 2:
        return {}
    return {
        f"{row.head} - {REFERENCE}": metrics.paired(row.table, reference.table, emotions)
        for row in rows.values()
        if row.kind != "baseline" and row is not reference
    }


def _one_against_rest(evaluation: Evaluation) -> dict[str, tuple[Any, Any]]:
    """The shown head's rows as right or not and their chances, where both sides occur."""
    table = evaluation.headline.table
    sides = {
        emotion: ((table["true"] == emotion).to_numpy(), table[f"p_{emotion}"].to_numpy())
        for emotion in evaluation.cooked.emotions
    }
    return {emotion: side for emotion, side in sides.items() if side[0].any() and not side[0].all()}


def _write(table: pd.DataFrame, path: Path) -> None:
    with atomic_write(path) as partial:
        table.round(DIGITS).to_csv(partial, index=False, lineterminator="\n")


def _mean(values: Sequence[float] | npt.NDArray[np.float64]) -> float:
    return float(np.mean(values))


def _fraction(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, DIGITS)
