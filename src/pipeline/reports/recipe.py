"""The page of a recipe: one file that needs no network, the same bytes every time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from pipeline.core.layout import Layout
from pipeline.evaluation import evaluate, intervals
from pipeline.evaluation.calibration import reliability
from pipeline.evaluation.evaluate import Evaluation, HeadFigures
from pipeline.evaluation.metrics import METRICS
from pipeline.reports import charts, pictures, sentences
from pipeline.reports.beside import Beside
from pipeline.reports.pages import known, write_page
from pipeline.training.about import NetworksAbout
from pipeline.views.packed import View, open_view

PAGE: Final = "report.html"
LOSS_SHARE: Final = 0.995
"""Loss axes end where nearly all losses are; one wild first epoch would flatten the rest."""


def make(found: Evaluation, root: Path = Path(), published: Sequence[Beside] = ()) -> Path:
    """Write the page of a recipe into its report.

    Args:
        found: the figures.
        root: of the repository.
        published: figures that the recipe stands beside.

    Returns:
        The page.
    """
    layout, outputs = Layout(root), found.outputs
    path = layout.report(outputs.recipe) / PAGE
    view = open_view(layout.view(outputs.settings.view))
    write(found, view, layout.embeddings(outputs.recipe), path, published)
    return path


def write(
    found: Evaluation,
    view: View,
    embeddings: Path,
    path: Path,
    published: Sequence[Beside] = (),
) -> None:
    """Write the page.

    Args:
        found: the figures.
        view: the recipe's view, for the pictures of single clips.
        embeddings: the folder of the recipe's embeddings, for the map.
        path: the page.
        published: figures that the recipe stands beside.
    """
    head, outputs = found.headline, found.outputs
    networks = outputs.networks
    write_page(
        path,
        "recipe.html",
        found=found,
        outputs=outputs,
        networks=networks,
        shape=list(networks.shape) if networks else list(view.array.shape[1:]),
        metrics=METRICS,
        head=head,
        known=known,
        names={"female": "women", "male": "men"},
        verdict=sentences.verdict(found),
        against=sentences.against(found),
        reference=sentences.reference_name(found.reference),
        published=published,
        guessing_uar=1 / max(sum(item.support > 0 for item in head.classes.values()), 1),
        reach=_reach(found),
        worst=sentences.worst_mistake(head, outputs.emotions),
        confusion=confusion_rows(head, outputs.emotions),
        sexes=evaluate.sex_rows(found),
        folds=fold_rows(found),
        wrong=pictures.wrong(found, view),
        figures=_figures(found, embeddings),
        key=charts.key,
        extremes=_extremes(found),
        settings=[(name, _settings(item)) for name, item in _network_settings(networks)],
        weights=sorted({item.parameters for item in networks.networks}) if networks else [],
        fitted=[(item, _settings(item.settings)) for item in outputs.heads.heads],
        shown_clips=pictures.SHOWN,
    )


def confusion_rows(head: HeadFigures, emotions: Iterable[str]) -> list[dict[str, Any]]:
    """The confusion matrix by rows: emotion, support and per cell count and share."""
    rows = []
    for emotion, counts in zip(emotions, head.confusion, strict=True):
        support = sum(counts)
        cells = [(count, count / support if support else 0.0) for count in counts]
        rows.append({"emotion": emotion, "support": support, "cells": cells})
    return rows


def fold_rows(found: Evaluation) -> list[dict[str, Any]]:
    """Each fold's sizes, tested speakers and the shown head's UAR."""
    table = intervals.by_group(found.headline.table, found.outputs.emotions, "fold")
    uar = dict(zip(table["fold"], table["uar"], strict=True))
    return [
        {**item, "fold": fold, "uar": float(uar[fold])}
        for fold, item in enumerate(found.outputs.summary["per_fold"])
        if fold in uar
    ]


def _reach(found: Evaluation) -> float:
    """Up to where the axis of differences goes: a multiple of five points that holds all."""
    ends = [abs(end) for gap in found.paired.values() for end in (gap.low, gap.high)]
    return 0.05 * max(math.ceil(max(ends, default=0) / 0.05), 1)


def _figures(found: Evaluation, embeddings: Path) -> dict[str, Any]:
    head, outputs = found.headline, found.outputs
    speakers = evaluate.speaker_rows(found)
    areas = evaluate.roc_areas(found)
    return {
        "speakers": charts.speakers(
            speakers[speakers["head"] == head.head], head.uar.mean, 1 / len(outputs.emotions)
        ),
        "reliability": charts.reliability(
            reliability(head.table), head.head, head.scores["calibration_error"].mean
        ),
        "roc": charts.roc(evaluate.roc_rows(found), areas) if areas else "",
        "learning": _learning(outputs.curves, outputs.networks),
        "map": _map(found, embeddings),
    }


def _learning(curves: pd.DataFrame | None, networks: NetworksAbout | None) -> list[dict[str, Any]]:
    """A small figure per fold; none where the recipe has no network."""
    if curves is None or networks is None:
        return []
    curves = curves[curves["part"].isna()]
    losses = curves[["loss", "validation_loss"]].to_numpy(dtype=float)
    highest = float(np.nanquantile(losses, LOSS_SHARE)) * 1.02
    drawn = []
    for fold, rows in curves.groupby("fold"):
        own = [item for item in networks.main_networks if item.fold == fold]
        best = [item.best_epoch for item in own if item.best_epoch is not None]
        validated = [item.validation_uar for item in own if item.validation_uar is not None]
        drawn.append(
            {
                "fold": fold,
                "svg": charts.learning(rows, highest, best),
                "best": best,
                "uar": float(np.mean(validated)) if validated else None,
            }
        )
    return drawn


def _map(found: Evaluation, folder: Path) -> dict[str, Any] | None:
    fold, seed = int(found.headline.table["fold"].min()), found.seeds[0]
    table = found.headline.table
    predictions = table[(table["fold"] == fold) & (table["seed"] == seed)]
    places = pictures.landscape(pictures.read_embeddings(folder, fold, seed), predictions)
    if places.empty:
        return None
    words = (
        f"Map of {len(places)} tested clips of fold {fold}: clips with similar embeddings lie "
        f"close; {int((~places['right']).sum())} are misclassified by {found.shown}"
    )
    return {
        "svg": charts.landscape(places, words),
        "fold": fold,
        "seed": seed,
        "clips": len(places),
        "thinned": pictures.thinned(len(predictions)),
    }


def _extremes(found: Evaluation) -> dict[str, Any]:
    """The speakers and emotions that are recognised best and least."""
    speakers = evaluate.speaker_rows(found)
    speakers = speakers[speakers["head"] == found.shown].sort_values(["uar", "speaker"])
    recalls = {key: item.recall for key, item in found.headline.classes.items() if item.support}
    order = sorted(recalls, key=lambda emotion: recalls[emotion])
    low, high = speakers.iloc[0], speakers.iloc[-1]
    return {
        "speakers": [(str(row["speaker"]), float(row["uar"])) for row in (low, high)],
        "emotions": [(name, recalls[name]) for name in (order[0], order[-1])],
    }


def _network_settings(networks: NetworksAbout | None) -> list[tuple[str, Mapping[str, Any]]]:
    if networks is None:
        return []
    return [
        ("network", networks.network),
        ("initial weights", networks.initial_weights),
        ("training", networks.training),
        ("embeddings", networks.embeddings),
    ]


def _settings(settings: Mapping[str, Any]) -> Markup:
    """Settings in one line, the kind first."""
    first = [key for key in ("name", "kind") if key in settings]
    parts = []
    for key in [*first, *(key for key in settings if key not in first)]:
        value = settings[key]
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        parts.append(Markup("<b>{}</b>&nbsp;{}").format(key, text))
    return Markup(" · ").join(parts)
