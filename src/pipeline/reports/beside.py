"""A published figure that a recipe stands beside."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.evaluation.intervals import Interval


@dataclass(frozen=True, slots=True)
class Beside:
    """A published figure and ours.

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
