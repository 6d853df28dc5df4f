"""What a recipe's page says in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from pipeline.evaluation.evaluate import Evaluation, HeadFigures
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.results import REFERENCE
from pipeline.reports.pages import p_value, percent, points, thousands

NUMBERS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def verdict(found: Evaluation) -> str:
    """The result in one sentence of plain words."""
    head, outputs = found.headline, found.outputs
    emotions = len(outputs.emotions)
    number = NUMBERS[emotions] if emotions < len(NUMBERS) else str(emotions)
    leaks = outputs.summary["leaks"]
    if "child" in leaks or "audio" in leaks:
        tested = "On clips whose copies are in its training"
    elif leaks:
        tested = "On new clips of speakers who are in its training"
    else:
        tested = f"On {found.speakers} speakers, none of them in its training when tested"
    kind = "synthetic speech" if outputs.synthetic else "speech"
    return (
        f"{tested}, {head.head} recognises {number} emotions in {kind} with an average recall "
        f"of {percent(head.uar.mean)}\u00a0% where guessing gives {percent(1 / emotions)}\u00a0%."
        f"{initial_weights(outputs.networks.initial_weights) if outputs.networks else ''}"
    )


def initial_weights(weights: Mapping[str, Any]) -> str:
    """What the networks were trained on before, if on anything.

    Args:
        weights: what is known of the initial weights.

    Example:
        >>> initial_weights({"name": "random", "kind": "random"})
        ''
        >>> initial_weights({"name": "alexnet", "kind": "imagenet", "layout": "alexnet"})
        ' Its networks began from the weights of alexnet trained on ImageNet.'
    """
    if weights["kind"] == "random":
        return ""
    if weights["kind"] == "imagenet":
        return f" Its networks began from the weights of {weights['layout']} trained on ImageNet."
    return (
        f" Its networks began from those of {weights['recipe']}, trained on "
        f"{thousands(weights['clips'])} clips of {weights['speakers']} other speakers."
    )


def against(found: Evaluation) -> str:
    """How the shown head compares with the reference, in one sentence; empty if it is that."""
    name = f"{found.shown} - {found.reference}"
    if name not in found.paired:
        return ""
    gap, reference = found.paired[name], reference_name(found.reference)
    if gap.low <= 0 <= gap.high:
        return (
            f"Between {found.shown} and {reference} the difference is not significant: "
            f"{points(gap.mean)} points, {_ends(gap)}."
        )
    word = "above" if gap.mean > 0 else "below"
    return (
        f"That is {percent(abs(gap.mean))} points {word} {reference} "
        f"({_ends(gap)}; p {p_value(gap.p)})."
    )


def reference_name(head: str) -> str:
    """The head that the others are compared with, in words.

    Example:
        >>> reference_name("softmax"), reference_name("svm")
        ('the network’s own softmax', 'the first head, svm')
    """
    return f"the network’s own {head}" if head == REFERENCE else f"the first head, {head}"


def worst_mistake(head: HeadFigures, emotions: Iterable[str]) -> str:
    """The most frequent mistake, in words; empty if there is none."""
    names = list(emotions)
    counts = np.array(head.confusion, dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(shares, 0)
    true, predicted = np.unravel_index(int(shares.argmax()), shares.shape)
    if shares[true, predicted] == 0:
        return ""
    share = percent(float(shares[true, predicted]), 0)
    return (
        f"{names[true].capitalize()} is predicted as {names[predicted]} {share}\u00a0% of the time."
    )


def _ends(interval: Interval) -> str:
    return f"95\u00a0% interval {points(interval.low)} to {points(interval.high)}"
