"""The page that a recipe's cooking ends in: one file, no network, the same bytes every time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from pipeline.audit.figures import PUBLISHED, read_published
from pipeline.evaluation import evaluate, metrics
from pipeline.evaluation.evaluate import Evaluation, HeadFigures
from pipeline.evaluation.metrics import Interval
from pipeline.evaluation.results import REFERENCE
from pipeline.reports import charts, pictures
from pipeline.reports.pages import chance, known, percent, points, thousands, write_page
from pipeline.views.packed import View

NUMBERS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LOSS_SHARE: Final = 0.995
"""Loss axes end where nearly all losses are; one wild first epoch would flatten the rest."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure that others published, beside which the recipe stands.

    Attributes:
        row: what they call it.
        paper: where it is from.
        figure: ``UAR`` or ``accuracy``.
        value: a fraction.
        stated: what they say of their split.
        head: whose figure stands beside it.
        own: the recipe's own figure of the same kind.
    """

    row: str
    paper: str
    figure: str
    value: float
    stated: str
    head: str
    own: Interval


def write(
    found: Evaluation, view: View, embeddings: Path, path: Path, published: Path = PUBLISHED
) -> None:
    """Write the page.

    Args:
        found: the figures.
        view: the recipe's view, for the pictures of single clips.
        embeddings: the folder of the recipe's embeddings, for the map.
        path: the page.
        published: what others published; left out where there is no such file.
    """
    head = found.headline
    emotions = found.cooked.emotions
    write_page(
        path,
        "recipe.html",
        found=found,
        cooked=found.cooked,
        head=head,
        known=known,
        names={"female": "women", "male": "men"},
        verdict=verdict(found),
        against=against(found),
        published=beside(published, found),
        chance_uar=1 / max(sum(item.support > 0 for item in head.classes.values()), 1),
        reach=_reach(found),
        worst=worst_mistake(head, emotions),
        confusion=confusion_rows(head, emotions),
        sexes=evaluate.sex_rows(found),
        folds=fold_rows(found),
        wrong=pictures.wrong(found, view),
        figures=_figures(found, embeddings),
        key=charts.key,
        extremes=_extremes(found),
        settings=[(name, _settings(item)) for name, item in _knobs(found.cooked.networks)],
        weights=sorted({int(item["parameters"]) for item in found.cooked.networks["networks"]}),
        fitted=[{**item, "settings": _settings(item["settings"])} for item in _fitted(found)],
        shown_clips=pictures.SHOWN,
    )


def verdict(found: Evaluation) -> str:
    """The result in one sentence of plain words."""
    head = found.headline
    emotions = len(found.cooked.emotions)
    number = NUMBERS[emotions] if emotions < len(NUMBERS) else str(emotions)
    leaks = found.cooked.summary["leaks"]
    if "child" in leaks or "audio" in leaks:
        whom = "On clips whose copies it had already learned from"
    elif leaks:
        whom = "On new clips of speakers it had already heard"
    else:
        whom = f"On {found.speakers} speakers, each unheard until tested"
    kind = "synthetic speech" if found.cooked.synthetic else "speech"
    return (
        f"{whom}, {head.head} told {number} emotions in {kind} apart with an average recall "
        f"of {percent(head.uar.mean)}\u00a0% where guessing gives {percent(1 / emotions)}\u00a0%."
        f"{_schooling(found.cooked.networks['start'])}"
    )


def _schooling(start: Mapping[str, Any]) -> str:
    """What the networks knew before they saw the recipe's clips, if anything."""
    if start["kind"] == "scratch":
        return ""
    if start["kind"] == "imagenet":
        return f" Its networks began from weights that {start['layout']} had learned on ImageNet."
    return (
        f" Its networks began from those of {start['recipe']}, which had learned from "
        f"{thousands(start['clips'])} clips of {start['speakers']} other speakers."
    )


def against(found: Evaluation) -> str:
    """How the shown head compares with softmax, in one sentence; empty if it is softmax."""
    name = f"{found.shown} - {REFERENCE}"
    if name not in found.paired:
        return ""
    gap = found.paired[name]
    if gap.low <= 0 <= gap.high:
        return (
            f"Between {found.shown} and the network’s own softmax no difference can be told: "
            f"{points(gap.mean)} points, {_ends(gap)}."
        )
    word = "above" if gap.mean > 0 else "below"
    return (
        f"That is {percent(abs(gap.mean))} points {word} the network’s own softmax "
        f"({_ends(gap)}; p {chance(gap.p)})."
    )


def confusion_rows(head: HeadFigures, emotions: Iterable[str]) -> list[dict[str, Any]]:
    """The confusion matrix by rows: emotion, support and per cell count and share."""
    rows = []
    for emotion, counts in zip(emotions, head.confusion, strict=True):
        support = sum(counts)
        cells = [(count, count / support if support else 0.0) for count in counts]
        rows.append({"emotion": emotion, "support": support, "cells": cells})
    return rows


def worst_mistake(head: HeadFigures, emotions: Iterable[str]) -> str:
    """The most frequent mistake, in words; empty if there is none."""
    names = list(emotions)
    counts = np.array(head.confusion, dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(shares, 0)
    true, heard = np.unravel_index(int(shares.argmax()), shares.shape)
    if shares[true, heard] == 0:
        return ""
    share = percent(float(shares[true, heard]), 0)
    return f"{names[true].capitalize()} is heard as {names[heard]} {share}\u00a0% of the time."


def fold_rows(found: Evaluation) -> list[dict[str, Any]]:
    """Each fold's sizes, tested speakers and the shown head's UAR."""
    table = metrics.by_group(found.headline.table, found.cooked.emotions, "fold")
    uar = dict(zip(table["fold"], table["uar"], strict=True))
    return [
        {**item, "fold": fold, "uar": float(uar[fold])}
        for fold, item in enumerate(found.cooked.summary["per_fold"])
        if fold in uar
    ]


def beside(path: Path, found: Evaluation) -> list[Beside]:
    """The published figures that this recipe stands beside; none where there is no such file."""
    if not path.is_file():
        return []
    published = read_published(path)
    name, head = found.cooked.recipe, found.headline
    rows = []
    for _, paper, row in published.rows():
        if name in (row.recipe, row.random, row.honest):
            own = found.rows.get(row.head, head).accuracy
            rows.append(
                Beside(row.row, paper.title, "accuracy", row.acc / 100, paper.stated, row.head, own)
            )
    for item in published.honest.figures if name in published.honest.recipe else ():
        for figure, value, own in (
            ("UAR", item.uar, head.uar),
            ("accuracy", item.acc, head.accuracy),
        ):
            if value is not None:
                told = (value / 100, published.honest.protocol, head.head)
                rows.append(Beside(item.row, item.source, figure, *told, own))
    return rows


def _reach(found: Evaluation) -> float:
    """Up to where the axis of differences goes: a multiple of five points that holds all."""
    ends = [abs(end) for gap in found.paired.values() for end in (gap.low, gap.high)]
    return 0.05 * max(math.ceil(max(ends, default=0) / 0.05), 1)


def _figures(found: Evaluation, embeddings: Path) -> dict[str, Any]:
    head = found.headline
    emotions = found.cooked.emotions
    people = evaluate.speaker_rows(found)
    areas = evaluate.roc_areas(found)
    return {
        "speakers": charts.speakers(
            people[people["head"] == head.head], head.uar.mean, 1 / len(emotions)
        ),
        "reliability": charts.reliability(
            metrics.reliability(head.table), head.head, head.calibration_error
        ),
        "roc": charts.roc(evaluate.roc_rows(found), areas) if areas else "",
        "learning": _learning(found),
        "map": _map(found, embeddings),
    }


def _learning(found: Evaluation) -> list[dict[str, Any]]:
    """A small figure per fold."""
    curves = found.cooked.curves
    curves = curves[curves["part"].isna()]
    losses = curves[["loss", "validation_loss"]].to_numpy(dtype=float)
    highest = float(np.nanquantile(losses, LOSS_SHARE)) * 1.02
    drawn = []
    for fold, rows in curves.groupby("fold"):
        own = [
            item
            for item in found.cooked.networks["networks"]
            if item["fold"] == fold and item["part"] is None
        ]
        best = [item["best_epoch"] for item in own if item["best_epoch"] is not None]
        checked = [item["validation_uar"] for item in own if item["validation_uar"] is not None]
        drawn.append(
            {
                "fold": fold,
                "svg": charts.learning(rows, highest, best),
                "best": best,
                "uar": float(np.mean(checked)) if checked else None,
            }
        )
    return drawn


def _map(found: Evaluation, folder: Path) -> dict[str, Any] | None:
    fold, seed = int(found.headline.table["fold"].min()), found.seeds[0]
    table = found.headline.table
    answers = table[(table["fold"] == fold) & (table["seed"] == seed)]
    places = pictures.landscape(pictures.read_embeddings(folder, fold, seed), answers)
    if places.empty:
        return None
    words = (
        f"Map of {len(places)} tested clips of fold {fold}: clips that the network takes for "
        f"alike lie close; {int((~places['right']).sum())} were misheard by {found.shown}"
    )
    return {
        "svg": charts.landscape(places, words),
        "fold": fold,
        "seed": seed,
        "clips": len(places),
        "thinned": pictures.thinned(len(answers)),
    }


def _extremes(found: Evaluation) -> dict[str, Any]:
    """The easiest and the hardest speaker and emotion."""
    people = evaluate.speaker_rows(found)
    people = people[people["head"] == found.shown].sort_values(["uar", "speaker"])
    recalls = {key: item.recall for key, item in found.headline.classes.items() if item.support}
    order = sorted(recalls, key=lambda emotion: recalls[emotion])
    low, high = people.iloc[0], people.iloc[-1]
    return {
        "speakers": [(str(row["speaker"]), float(row["uar"])) for row in (low, high)],
        "emotions": [(name, recalls[name]) for name in (order[0], order[-1])],
    }


def _knobs(networks: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, networks[name]) for name in ("network", "start", "training", "embeddings")]


def _fitted(found: Evaluation) -> list[dict[str, Any]]:
    heads: list[dict[str, Any]] = found.cooked.heads["heads"]
    return heads


def _settings(settings: Mapping[str, Any]) -> Markup:
    """Settings in one line, the kind first."""
    lead = [key for key in ("name", "kind") if key in settings]
    order = [*lead, *(key for key in settings if key not in lead)]
    told = []
    for key in order:
        value = settings[key]
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        told.append(Markup("<b>{}</b>&nbsp;{}").format(key, text))
    return Markup(" · ").join(told)


def _ends(interval: Interval) -> str:
    return f"95\u00a0% interval {points(interval.low)} to {points(interval.high)}"
