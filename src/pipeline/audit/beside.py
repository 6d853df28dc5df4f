"""The published figures that a recipe stands beside."""

from __future__ import annotations

from pathlib import Path

from pipeline.audit.figures import read_published
from pipeline.evaluation.evaluate import Evaluation
from pipeline.reports.beside import Beside


def beside(found: Evaluation, root: Path = Path()) -> list[Beside]:
    """The published figures that a recipe stands beside; none where there are no papers.

    Args:
        found: the recipe's figures.
        root: of the repository.
    """
    published = read_published(root, check=False)
    name, head = found.outputs.recipe, found.headline
    rows = []
    for row in published.rows:
        figure = row.figure
        if name in figure.recipes.values():
            own = found.rows.get(figure.head, head)
            rows.append(
                Beside(
                    row=row.name,
                    paper=row.paper.title,
                    figure="accuracy",
                    value=figure.acc / 100,
                    stated=row.paper.stated,
                    head=own.head,
                    own=own.accuracy,
                )
            )
    references = published.references
    if references is None or name not in references.recipe:
        return rows
    for item in references.figures:
        for title, value, interval in (
            ("UAR", item.uar, head.uar),
            ("accuracy", item.acc, head.accuracy),
        ):
            if value is not None:
                rows.append(
                    Beside(
                        row=item.row,
                        paper=item.source,
                        figure=title,
                        value=value / 100,
                        stated=references.protocol,
                        head=head.head,
                        own=interval,
                    )
                )
    return rows
