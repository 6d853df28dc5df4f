"""Write the numbers of a recipe's view, normalised, for heads that need no network."""

from __future__ import annotations

from pipeline.core.layout import Layout
from pipeline.training.features import embed_without_network


def main(name: str) -> None:
    """Embed a recipe's clips without a network."""
    about = embed_without_network(name)
    print(f"{name}: embeddings of {len(about.networks)} folds in {Layout().embeddings(name)}")
