"""Does a recipe that was run here have the figures that are recorded of it?

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
from pipeline.audit.known import KnownRecipes
from pipeline.core.errors import ReproductionError
from pipeline.core.layout import Layout
from pipeline.evaluation import counts
from pipeline.evaluation.counts import Counts
from pipeline.evaluation.files import DIGITS
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.results import METRICS_FILE, headline, read_metrics
from pipeline.reports.pages import between, percent, write_page
from pipeline.reports.stored import interval
from pipeline.training import provenance

FIGURES: Final = ("uar", "accuracy")


@dataclass(frozen=True, slots=True)
class Line:
    """A figure, recorded and measured here.

    Attributes:
        head: whose.
        figure: ``uar`` or ``accuracy``.
        recorded: by the last commit.
        here: as measured.
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
    """A recipe that was run here, beside what is recorded of it.

    Attributes:
        recipe: its name.
        found: what ``metrics.json`` says here.
        lines: its figures; none where nothing is recorded.
        published: published figures that it stands beside, by their names; fractions.
        head: that it is about.
        counts: of that head.
        trained: where and at what cost it was trained.
    """

    recipe: str
    found: dict[str, Any]
    lines: tuple[Line, ...]
    published: dict[str, float]
    head: str
    counts: Counts
    trained: dict[str, Any]

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
                    f"what differs with: git diff -- {Layout().report(self.recipe)}"
                )


def recorded(recipe: str, root: Path = Path()) -> dict[str, Any] | None:
    """What the last commit says of a recipe, if anything.

    Args:
        recipe: its name.
        root: of the repository.
    """
    path = Layout().report(recipe) / METRICS_FILE
    text = provenance.git(root, "show", f"HEAD:./{path.as_posix()}")
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found


def compare(
    recipe: str, before: Mapping[str, Any] | None, published: Published, root: Path = Path()
) -> Reproduction:
    """Compare what was measured here with what is recorded.

    Args:
        recipe: its name.
        before: what ``recorded`` said.
        published: figures that the recipe may stand beside.
        root: of the repository.

    Raises:
        ReportError: the recipe has no figures.
        ReproductionError: it is recorded with other clips or heads.
    """
    layout = Layout(root)
    found = read_metrics(recipe, root)
    rows = [row for row in published.rows if row.figure.recipe == recipe]
    heads = list(dict.fromkeys([*named_heads(recipe, published, root), headline(found)]))
    return Reproduction(
        recipe=recipe,
        found=found,
        lines=_lines(recipe, before, found, heads) if before else (),
        published={row.name: row.figure.acc / 100 for row in rows},
        head=heads[0],
        counts=counts.read(layout.report(recipe), found["classes"])[heads[0]],
        trained=provenance.read(recipe, layout.recipe_reports) or {},
    )


def named_heads(recipe: str, published: Published, root: Path = Path()) -> list[str]:
    """The heads that a recipe is about: those of the published figures that it stands beside.

    A recipe whose set has one head is about that one, as its title says (a linear SVM on 180
    numbers). A recipe of several heads that stands beside no figure names none.

    Args:
        recipe: its name.
        published: figures that the recipe may stand beside, on any side.
        root: of the repository.
    """
    rows = [row for row in published.rows if recipe in row.figure.recipes.values()]
    own = KnownRecipes.read(root).heads.get(recipe, ())
    alone = own if len(own) == 1 else ()
    return list(dict.fromkeys([*(row.figure.head for row in rows), *alone]))


def write_summary(made: Reproduction, path: Path) -> None:
    """Write a page in Markdown: figures, confusion matrix, where it was trained.

    Args:
        made: the comparison.
        path: of the page.
    """
    total = made.counts.confusions.sum(axis=(0, 1))
    matrix = [
        (emotion, [round(100 * share) for share in row / max(row.sum(), 1)])
        for emotion, row in zip(made.counts.emotions, total, strict=True)
    ]
    own = made.found["heads"]
    figures = {head: {name: interval(own[head][name]) for name in FIGURES} for head in own}
    write_page(
        path,
        "reproduction.md",
        made=made,
        shown=made.head,
        figures=figures,
        matrix=matrix,
    )


def _lines(
    recipe: str, before: Mapping[str, Any], found: Mapping[str, Any], heads: Sequence[str]
) -> tuple[Line, ...]:
    if before.get("tested", found["tested"]) != found["tested"]:
        raise ReproductionError(
            f"{recipe}: {found['clips']} clips were tested here, others than the "
            f"{before['clips']} that are recorded; compare {Layout().split(recipe)}"
        )
    for head in heads:
        if head not in before["heads"]:
            raise ReproductionError(
                f"{recipe}: nothing is recorded of the head {head!r}; record it with: "
                f"git commit {Layout().report(recipe)}"
            )
    return tuple(
        Line(
            head, name, interval(before["heads"][head][name]), interval(found["heads"][head][name])
        )
        for head in heads
        for name in FIGURES
    )
