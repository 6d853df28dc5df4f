"""Fit a recipe's heads on embeddings, let validation choose, and predict."""

from __future__ import annotations

from pipeline import tracking
from pipeline.core.layout import Layout
from pipeline.heads.recipe import fit_recipe


def main(name: str) -> None:
    """Fit the heads of a recipe and record them.

    Args:
        name: of the recipe.
    """
    about = fit_recipe(name)
    tracking.record_heads(name)
    runs = len({(head.fold, head.seed) for head in about.heads})
    print(f"{name}: {len(about.heads)} heads of {runs} folds and seeds in {Layout().heads(name)}")
