"""Write a dataset's table of clips and its card into ``data/index/<dataset>``."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_folder
from pipeline.corpora import registry
from pipeline.corpora.index.make import make_index
from pipeline.reports import dataset_card


def main(name: str, root: Path = Path()) -> None:
    """Run the stage for a dataset."""
    made = make_index(name, root)
    corpora = registry.of_dataset(name, root)
    described = {corpus: registry.describe(item) for corpus, item in corpora.items()}
    with atomic_folder(Layout(root).index(name)) as folder:
        summary = dataset_card.write(made, name, described, folder)
    print(dataset_card.sentence(name, summary))
    for note in made.notes:
        print(f"note: {note}")
