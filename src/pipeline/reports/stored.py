"""What recipes' evaluations have left in git, read back to put recipes side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.layout import Layout
from pipeline.evaluation import counts, intervals
from pipeline.evaluation.counts import Counts
from pipeline.evaluation.files import rounded
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.results import all_run_with_this_code, evaluated, read_metrics


@dataclass(frozen=True, slots=True)
class StoredResults:
    """The figures and counts of evaluated recipes, each read once.

    Attributes:
        root: of the repository.
    """

    root: Path = Path()
    _metrics: dict[str, dict[str, Any]] = field(default_factory=dict, init=False, repr=False)
    _counts: dict[str, dict[str, Counts]] = field(default_factory=dict, init=False, repr=False)
    _current: list[frozenset[str]] = field(default_factory=list, init=False, repr=False)

    def has(self, recipe: str, head: str) -> bool:
        """Whether a recipe is evaluated with a head; older figures may lack newer heads."""
        return recipe in evaluated(self.root) and head in self.metrics(recipe)["heads"]

    def metrics(self, recipe: str) -> dict[str, Any]:
        """What ``metrics.json`` says.

        Raises:
            ReportError: the recipe is unknown or has no figures.
        """
        if recipe not in self._metrics:
            self._metrics[recipe] = read_metrics(recipe, self.root)
        return self._metrics[recipe]

    def current(self, recipe: str) -> bool:
        """Whether a recipe's figures were made with this code."""
        if not self._current:
            self._current.append(all_run_with_this_code(self.root))
        return recipe in self._current[0]

    def counts(self, recipe: str, head: str) -> Counts:
        """How often each speaker's emotions were predicted as each emotion by a head.

        Raises:
            ReportError: the table is not there.
        """
        if recipe not in self._counts:
            classes = self.metrics(recipe)["classes"]
            self._counts[recipe] = counts.read(Layout(self.root).report(recipe), classes)
        return self._counts[recipe][head]

    def gap(
        self, one: tuple[str, str], other: tuple[str, str], metric: str
    ) -> dict[str, float | None] | None:
        """What one recipe's head has over another's, paired by speaker.

        Args:
            one: recipe and head.
            other: recipe and head.
            metric: that is compared.

        Returns:
            Nothing where they tested other clips or a single speaker: none can be paired.
        """
        tested = {self.metrics(recipe)["tested"] for recipe, _ in (one, other)}
        first, second = self.counts(*one), self.counts(*other)
        if len(tested) > 1 or len(first.speakers) < 2:
            return None
        return rounded(intervals.paired_confusions(first.confusions, second.confusions, metric))


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
