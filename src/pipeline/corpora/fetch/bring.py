"""One corpus to its place on this machine, whatever its kind."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Final

from pipeline.config.corpora import CorpusSettings, DemoCorpus, DownloadSettings, FolderCorpus
from pipeline.config.folders import load
from pipeline.core.errors import CorpusError
from pipeline.core.layout import Layout
from pipeline.core.storage import read_json, write_json
from pipeline.corpora import folder, registry
from pipeline.corpora.demo import corpus as demo
from pipeline.corpora.description import Description
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
        for note in folder.link(target, name, settings):
            print(f"note: {note}", flush=True)
    elif isinstance(settings, DemoCorpus):
        demo.render(target, settings)
    elif _is_here(target, description):
        print(f"{target}: is here already; to fetch it again, remove it and run again", flush=True)
    else:
        servers(root).bring(settings.corpus, description, target)
    # What names are read by lies beside the recordings, so that an index is stale when its
    # own corpus is described otherwise, and not when another is.
    facts = {
        "corpus": settings.model_dump(mode="json"),
        "description": description.model_dump(mode="json"),
        "files": _listing(target),
    }
    write_json(target / FACTS, facts)


def _is_here(target: Path, description: Description) -> bool:
    """Whether a folder holds all that was fetched into it, from the same sources."""
    if not (target / FACTS).is_file():
        return False
    facts = read_json(target / FACTS, f"ser run download@{target.name}", CorpusError)
    sources = description.model_dump(mode="json")["sources"]
    known: bool = facts["description"]["sources"] == sources
    return known and facts["files"] == _listing(target)


def _listing(target: Path) -> dict[str, Any]:
    """How many files a folder holds, how many bytes, and a hash of their names and sizes."""
    sizes = {
        path.relative_to(target).as_posix(): path.stat().st_size
        for path in sorted(target.rglob("*"))
        if path.is_file() and path.name != FACTS
    }
    lines = "\n".join(f"{name}\t{size}" for name, size in sizes.items())
    return {
        "count": len(sizes),
        "bytes": sum(sizes.values()),
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }


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
