"""A recipe's evaluation: its figures and its page, from what the earlier stages made."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.layout import Layout
from pipeline.evaluation import files
from pipeline.evaluation.evaluate import Evaluation, evaluate
from pipeline.evaluation.outputs import read


def make(recipe: str, root: Path = Path()) -> Evaluation:
    """Score a recipe, and write its figures.

    Args:
        recipe: its name.
        root: of the repository.

    Raises:
        ReportError: something that an earlier stage makes is not there, or does not fit.
    """
    found = evaluate(read(recipe, root))
    files.write(found, Layout(root).report(recipe))
    return found
