"""Split a recipe's clips into folds and roles, and let no undeclared leak through."""

from __future__ import annotations

from pipeline.splits import recipe


def main(name: str) -> None:
    """Split a recipe."""
    summary = recipe.make(name)
    print(f"{name}: {summary['protocol']}, {summary['folds']} folds; {summary['label']}")
