"""A recipe's figures as files: for git, for DVC's metrics and plots, and for other pages."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.core.storage import atomic_write, write_json
from pipeline.evaluation import counts
from pipeline.evaluation.calibration import reliability
from pipeline.evaluation.evaluate import (
    Evaluation,
    HeadFigures,
    mean_curves,
    roc_rows,
    speaker_rows,
)
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.results import METRICS_FILE

DIGITS: Final = 6


def write(evaluation: Evaluation, folder: Path) -> dict[str, Any]:
    """Write ``metrics.json``, ``headline.json``, ``counts.csv``, ``predictions.csv`` and plots.

    Args:
        evaluation: the figures.
        folder: of the recipe's report.

    Returns:
        What ``metrics.json`` says.
    """
    emotions = evaluation.outputs.emotions
    heads = [row for row in evaluation.rows.values() if row.kind == "head"]
    columns = ["clip", "fold", "seed", "head", "speaker", "true", "predicted"]
    columns += [f"p_{emotion}" for emotion in emotions]
    _write(pd.concat([row.table for row in heads])[columns], folder / "predictions.csv")
    counts.write({row.head: row.table for row in heads}, emotions, folder)
    for name, table in plots(evaluation).items():
        _write(table, folder / "plots" / f"{name}.csv")
    found = metrics_of(evaluation)
    write_json(folder / METRICS_FILE, found)
    write_json(folder / "headline.json", headline_of(evaluation))
    return found


def plots(evaluation: Evaluation) -> dict[str, pd.DataFrame]:
    """The tables of a few points that ``dvc plots`` draws, by their names."""
    heads = [row for row in evaluation.rows.values() if row.kind == "head"]
    bars = pd.DataFrame(
        [{"head": row.head, **asdict(row.uar)} for row in evaluation.rows.values()]
    ).rename(columns={"mean": "uar"})
    bins = pd.concat([reliability(row.table).assign(head=row.head) for row in heads])
    curves = pd.DataFrame(columns=["epoch", "loss", "uar"])
    if evaluation.outputs.curves is not None:
        curves = mean_curves(evaluation.outputs.curves)
    return {
        "heads": bars[["head", "uar", "low", "high"]],
        "confusion": evaluation.headline.table[["true", "predicted"]],
        "reliability": bins[["head", "confidence", "accuracy", "count"]],
        "speakers": speaker_rows(evaluation),
        "roc": roc_rows(evaluation),
        "loss": curves[["epoch", "loss"]],
        "uar": curves[["epoch", "uar"]].dropna(),
    }


def metrics_of(evaluation: Evaluation) -> dict[str, Any]:
    """The content of ``metrics.json``."""
    outputs, chosen = evaluation.outputs, evaluation.chosen
    networks = outputs.networks
    return {
        "recipe": outputs.recipe,
        "title": outputs.settings.title,
        "dataset": outputs.settings.dataset,
        "protocol": outputs.summary["protocol"],
        "label": outputs.label,
        "leaks": outputs.leaks,
        "synthetic": outputs.synthetic,
        "initial_weights": networks.initial_weights["name"] if networks else None,
        "emotions": len(outputs.emotions),
        "classes": list(outputs.emotions),
        "clips": evaluation.clips,
        "tested": counts.digest(evaluation.headline.table),
        "speakers": evaluation.speakers,
        "folds": int(outputs.summary["folds"]),
        "seeds": evaluation.seeds,
        "shown": evaluation.shown,
        "chosen": {"head": chosen, "by": "validation uar"} if chosen else None,
        "reference": evaluation.reference,
        "heads": {row.head: _scores(row) for row in evaluation.rows.values()},
        "paired": {name: rounded(found) for name, found in evaluation.paired.items()},
    }


def headline_of(evaluation: Evaluation) -> dict[str, Any]:
    """The content of ``headline.json``: few enough figures for a line of a table."""
    shown = evaluation.headline
    return {
        "head": shown.head,
        "uar": fraction(shown.uar.mean),
        "uar_low": fraction(shown.uar.low),
        "uar_high": fraction(shown.uar.high),
        **{
            name: fraction(shown.scores[name].mean)
            for name in ("accuracy", "log_loss", "calibration_error")
        },
        "heads": {
            row.head: fraction(row.uar.mean)
            for row in evaluation.rows.values()
            if row.kind == "head"
        },
    }


def rounded(interval: Interval) -> dict[str, float | None]:
    """The numbers of an interval or a difference as they are stored.

    Example:
        >>> rounded(Interval(mean=0.5000001, low=0.4, high=float("nan")))
        {'mean': 0.5, 'low': 0.4, 'high': None}
    """
    return {key: fraction(value) for key, value in asdict(interval).items()}


def fraction(value: float | None) -> float | None:
    """A number as it is stored."""
    return None if value is None or math.isnan(value) else round(value, DIGITS)


def _scores(row: HeadFigures) -> dict[str, Any]:
    """Every metric of a head: an interval, or where it has none, a number."""
    scores = {
        name: rounded(row.scores[name]) if metric.interval else fraction(row.scores[name].mean)
        for name, metric in METRICS.items()
    }
    return {**scores, "validation_uar": fraction(row.validation_uar)}


def _write(table: pd.DataFrame, path: Path) -> None:
    with atomic_write(path) as partial:
        table.round(DIGITS).to_csv(partial, index=False, lineterminator="\n")
