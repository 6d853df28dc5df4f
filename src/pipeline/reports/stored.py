"""What recipes have left behind in git, read back to lay it side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipeline.evaluation import counts, metrics
from pipeline.evaluation.counts import Answers
from pipeline.evaluation.evaluate import rounded
from pipeline.evaluation.metrics import Figure, Interval
from pipeline.evaluation.results import REPORTS, cooked, read_metrics

OUT: Final = Path("reports")
"""Where pages about several recipes go."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The figures and answers of cooked recipes, each read once.

    Attributes:
        reports: the folder of all recipes' reports.
    """

    reports: Path = REPORTS
    _metrics: dict[str, dict[str, Any]] = field(default_factory=dict, init=False, repr=False)
    _answers: dict[str, dict[str, Answers]] = field(default_factory=dict, init=False, repr=False)

    def has(self, recipe: str, head: str) -> bool:
        """Whether a recipe is cooked with a head; it may have been cooked before it had that."""
        return recipe in cooked(self.reports) and head in self.metrics(recipe)["heads"]

    def metrics(self, recipe: str) -> dict[str, Any]:
        """What ``metrics.json`` says.

        Raises:
            ReportError: the recipe is unknown or not cooked.
        """
        if recipe not in self._metrics:
            self._metrics[recipe] = read_metrics(recipe, self.reports)
        return self._metrics[recipe]

    def answers(self, recipe: str, head: str) -> Answers:
        """How often each speaker's emotions got each answer from a head.

        Raises:
            ReportError: the table is not there.
        """
        if recipe not in self._answers:
            classes = self.metrics(recipe)["classes"]
            self._answers[recipe] = counts.read(self.reports / recipe, classes)
        return self._answers[recipe][head]

    def gap(
        self, one: tuple[str, str], other: tuple[str, str], figure: Figure
    ) -> dict[str, float | None] | None:
        """What one recipe's head has over another's, paired by speaker.

        Args:
            one: recipe and head.
            other: recipe and head.
            figure: that is compared.

        Returns:
            Nothing where they tested other clips or a single speaker: none can be paired.
        """
        tested = {self.metrics(recipe)["tested"] for recipe, _ in (one, other)}
        first, second = self.answers(*one), self.answers(*other)
        if len(tested) > 1 or len(first.speakers) < 2:
            return None
        return rounded(metrics.paired_confusions(first.confusions, second.confusions, figure))


def interval(stored: Mapping[str, float | None]) -> Interval:
    """A stored interval; JSON has no word for one that has no ends.

    Example:
        >>> interval({"mean": 0.5, "low": 0.4, "high": 0.6, "p": 0.1})
        Interval(mean=0.5, low=0.4, high=0.6)
        >>> interval({"mean": 0.5, "low": None, "high": None})
        Interval(mean=0.5, low=nan, high=nan)
    """
    ends = (stored[end] for end in ("mean", "low", "high"))
    return Interval(*(math.nan if end is None else end for end in ends))
