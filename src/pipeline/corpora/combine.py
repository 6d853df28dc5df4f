"""Several corpora side by side, for a dataset of several."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.errors import CorpusError
from pipeline.core.layout import Layout
from pipeline.core.storage import atomic_folder
from pipeline.corpora import registry
from pipeline.corpora.files import link_or_copy


def combine(dataset: str, root: Path = Path()) -> Path:
    """Lay a dataset's corpora side by side in ``data/corpora/<dataset>``.

    Files are linked, not copied, where the file system allows.

    Args:
        dataset: of ``inputs/params.yaml``, with several corpora.
        root: of the repository.

    Returns:
        The folder, with a folder for each corpus.

    Raises:
        ConfigError: there is no such dataset.
        CorpusError: the dataset has one corpus, or a corpus is not downloaded.
    """
    layout = Layout(root)
    names = list(registry.of_dataset(dataset, root))
    if len(names) == 1:
        raise CorpusError(
            f"datasets.{dataset}: has one corpus, which is read where it was downloaded; "
            f"run: ser run index@{dataset}"
        )
    for name in names:
        if not layout.corpus(name).is_dir():
            raise CorpusError(
                f"{layout.corpus(name)}: not downloaded; run: ser run download@{name}"
            )
    target = layout.corpus(dataset)
    with atomic_folder(target) as partial:
        for name in names:
            for path in sorted(layout.corpus(name).rglob("*")):
                if path.is_file():
                    place = partial / name / path.relative_to(layout.corpus(name))
                    place.parent.mkdir(parents=True, exist_ok=True)
                    link_or_copy(path, place)
    return target
