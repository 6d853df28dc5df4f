"""Gather the weights that trainings begin from."""

from __future__ import annotations

from pipeline.core.layout import Layout
from pipeline.training.initial_weights.make import make


def main(name: str) -> None:
    """Gather weights by their name."""
    about = make(name)
    print(f"{name}: {len(about.files)} sets of weights in {Layout().initial_weights(name)}")
