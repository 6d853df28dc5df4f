"""Pass every clip of a recipe through its networks, for heads to learn from."""

from __future__ import annotations

from pipeline.core.layout import Layout
from pipeline.training.embeddings import embed


def main(name: str) -> None:
    """Embed a recipe's clips."""
    about = embed(name)
    count = len(about.networks)
    print(f"{name}: embeddings of {count} folds and seeds in {Layout().embeddings(name)}")
