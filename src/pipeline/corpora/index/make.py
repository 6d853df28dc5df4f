"""A dataset's index from its corpora on disk."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.corpora import IndexSettings
from pipeline.config.folders import load
from pipeline.core.errors import CorpusError
from pipeline.core.layout import Layout
from pipeline.corpora import registry
from pipeline.corpora.index.build import Index, build


def make_index(dataset: str, root: Path = Path(), *, progress: bool = True) -> Index:
    """Decode every clip of a dataset of ``inputs/params.yaml``.

    Args:
        dataset: name of the dataset.
        root: of the repository.
        progress: whether to show a progress bar.

    Returns:
        The table of clips and what was noticed; nothing is written.

    Raises:
        ConfigError: there is no such dataset, or its settings are wrong.
        CorpusError: a corpus is not there, or not complete.
    """
    corpora = registry.of_dataset(dataset, root)
    folder = Layout(root).corpus(dataset)
    for place in registry.folders(folder, corpora).values():
        if not place.is_dir():
            raise CorpusError(f"{place}: not downloaded; run: ser run index@{dataset}")
    return build(folder, corpora, load(IndexSettings, "index", root=root), progress=progress)
