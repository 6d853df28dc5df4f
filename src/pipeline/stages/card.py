"""Copy a dataset's card to ``reports/datasets/<dataset>``, where git keeps it."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.layout import Layout
from pipeline.reports import dataset_card


def main(name: str, root: Path = Path()) -> None:
    """Run the stage for a dataset."""
    layout = Layout(root)
    dataset_card.copy(layout.index(name), layout.card(name))
