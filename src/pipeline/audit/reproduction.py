"""Does a recipe, cooked here, read what is recorded of it?

Recorded is what the last commit says. A figure is reproduced where its mean falls into the
recorded interval over speakers; a figure that has no interval, of one speaker, must be the
same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.audit.figures import Published
from pipeline.core.errors import ReproductionError
from pipeline.evaluation import counts
from pipeline.evaluation.counts import Answers
from pipeline.evaluation.evaluate import DIGITS
from pipeline.evaluation.metrics import Interval
from pipeline.evaluation.results import REPORTS, headline, read_metrics
from pipeline.reports.pages import between, percent, write_page
from pipeline.reports.stored import interval
from pipeline.training import provenance

FIGURES: Final = ("uar", "accuracy")


@dataclass(frozen=True, slots=True)
class Line:
    """A figure, recorded and cooked here.

    Attributes:
        head: whose.
        figure: ``uar`` or ``accuracy``.
        recorded: by the last commit.
        here: as cooked.
    """

    head: str
    figure: str
    recorded: Interval
    here: Interval

    @property
    def holds(self) -> bool:
        """Whether the figure is reproduced.

        Example:
            >>> Line("svm", "uar", Interval(0.6, 0.55, 0.65), Interval(0.64, 0.6, 0.7)).holds
            True
            >>> Line("svm", "uar", Interval(0.6, 0.55, 0.65), Interval(0.66, 0.6, 0.7)).holds
            False
        """
        if math.isnan(self.recorded.low):
            return math.isclose(self.recorded.mean, self.here.mean, abs_tol=10**-DIGITS)
        return self.recorded.low <= self.here.mean <= self.recorded.high


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A recipe that was cooked here, beside what is recorded of it.

    Attributes:
        recipe: its name.
        found: what ``metrics.json`` says here.
        lines: its figures; none where nothing is recorded.
        published: published figures that it stands beside, by their names; fractions.
        answers: of the head that stands for it.
        told: where and at what cost it was trained.
    """

    recipe: str
    found: dict[str, Any]
    lines: tuple[Line, ...]
    published: dict[str, float]
    answers: Answers
    told: dict[str, Any]

    def require(self) -> None:
        """Stop where a figure left the recorded interval.

        Raises:
            ReproductionError: with the first such figure.
        """
        for line in self.lines:
            if not line.holds:
                raise ReproductionError(
                    f"{self.recipe}: {line.head} reads {percent(line.here.mean)} % {line.figure}, "
                    f"recorded are {percent(line.recorded.mean)} % ({between(line.recorded)}); see "
                    f"what differs with: git diff -- reports/recipes/{self.recipe}"
                )


def recorded(recipe: str, root: Path = Path()) -> dict[str, Any] | None:
    """What the last commit says of a recipe, if anything."""
    text = provenance.git(root, "show", f"HEAD:./{REPORTS / recipe / 'metrics.json'}")
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found


def compare(
    recipe: str, before: Mapping[str, Any] | None, published: Published, reports: Path = REPORTS
) -> Reproduction:
    """Lay what was cooked here beside what is recorded.

    Args:
        recipe: its name.
        before: what ``recorded`` said.
        published: figures that the recipe may stand beside.
        reports: the folder of all recipes' reports.

    Raises:
        ReportError: the recipe is not cooked.
        ReproductionError: it is recorded with other clips or heads.
    """
    found = read_metrics(recipe, reports)
    rows = [row for _, _, row in published.rows() if row.recipe == recipe]
    shown = headline(found)
    heads = list(dict.fromkeys([*(row.head for row in rows), shown]))
    return Reproduction(
        recipe=recipe,
        found=found,
        lines=_lines(recipe, before, found, heads) if before else (),
        published={row.row: row.acc / 100 for row in rows},
        answers=counts.read(reports / recipe, found["classes"])[shown],
        told=provenance.read(recipe, reports) or {},
    )


def write_summary(made: Reproduction, path: Path) -> None:
    """Write a page in Markdown: figures, confusion matrix, where it was cooked."""
    counts = made.answers.confusions.sum(axis=(0, 1))
    matrix = [
        (emotion, [round(100 * share) for share in row / max(row.sum(), 1)])
        for emotion, row in zip(made.answers.emotions, counts, strict=True)
    ]
    own = made.found["heads"]
    figures = {head: {name: interval(own[head][name]) for name in FIGURES} for head in own}
    write_page(
        path,
        "reproduction.md",
        made=made,
        shown=headline(made.found),
        figures=figures,
        matrix=matrix,
    )


def _lines(
    recipe: str, before: Mapping[str, Any], found: Mapping[str, Any], heads: Sequence[str]
) -> tuple[Line, ...]:
    if before.get("tested", found["tested"]) != found["tested"]:
        raise ReproductionError(
            f"{recipe}: {found['clips']} clips were tested here, others than the "
            f"{before['clips']} that are recorded; compare data/splits/{recipe}.csv"
        )
    for head in heads:
        if head not in before["heads"]:
            raise ReproductionError(
                f"{recipe}: nothing is recorded of the head {head!r}; record it with: "
                f"git commit reports/recipes/{recipe}"
            )
    return tuple(
        Line(
            head, name, interval(before["heads"][head][name]), interval(found["heads"][head][name])
        )
        for head in heads
        for name in FIGURES
    )
