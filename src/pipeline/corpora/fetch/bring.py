"""One corpus to its place on this machine, whatever its kind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from pipeline.config.corpora import CorpusSettings, DemoCorpus, DownloadSettings, FolderCorpus
from pipeline.config.folders import load
from pipeline.core.layout import Layout
from pipeline.core.storage import write_json
from pipeline.corpora import folder, registry
from pipeline.corpora.demo import corpus as demo
from pipeline.corpora.fetch.download import Fetcher
from pipeline.corpora.fetch.source import Servers

FACTS: Final = "corpus.json"
"""The file, beside the recordings, that says what they are."""

MIRROR: Final = "SER_MIRROR"
"""The environment variable that names a mirror."""


def bring_corpus(name: str, root: Path = Path()) -> None:
    """Bring a corpus of ``inputs/params.yaml`` to ``data/corpora/<name>``.

    Args:
        name: of the corpus.
        root: of the repository.

    Raises:
        ConfigError: there is no such corpus, or its settings are wrong.
        DownloadError: it cannot be had.
        CorpusError: your own folder is not as its settings say.
    """
    kind: Any = CorpusSettings
    settings: CorpusSettings = load(kind, "corpora", name, root=root)
    description = registry.describe(settings)
    print(description.licence_notice(), flush=True)
    target = Layout(root).corpus(name)
    if isinstance(settings, FolderCorpus):
        folder.link(target, name, settings)
    elif isinstance(settings, DemoCorpus):
        demo.render(target, settings)
    else:
        servers(root).bring(settings.corpus, description, target)
    # What names are read by lies beside the recordings, so that an index is stale when its
    # own corpus is described otherwise, and not when another is.
    facts = {"corpus": settings, "description": description}
    write_json(target / FACTS, {key: item.model_dump(mode="json") for key, item in facts.items()})


def servers(root: Path = Path()) -> Servers:
    """Where this machine may take recordings from, as the settings and the environment say."""
    settings = load(DownloadSettings, "download", root=root)
    return Servers(
        incoming=Layout(root).incoming,
        mirror=os.environ.get(MIRROR) or settings.mirror,
        fetcher=Fetcher(
            retries=settings.retries, timeout=settings.timeout, backoff=settings.backoff
        ),
        workers=settings.workers,
    )
