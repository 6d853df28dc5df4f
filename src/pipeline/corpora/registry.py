"""The corpora by kind, so that a name in params.yaml finds its module."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

from pipeline.config.corpora import CorpusSettings, FolderCorpus
from pipeline.corpora import crema_d, emodb, folder, ravdess, savee, tess
from pipeline.corpora import manifest as manifests
from pipeline.corpora.demo import corpus
from pipeline.corpora.fetch.source import Sources
from pipeline.corpora.files import Listing
from pipeline.corpora.manifest import Manifest


class CorpusModule(Protocol):
    """The two verbs that every corpus module has."""

    def fetch(self, folder: Path, settings: Any, sources: Sources) -> None:
        """Bring the corpus's files into a folder."""

    def clips(self, folder: Path, settings: Any) -> Listing:
        """Read what names and tables say of each recording."""


MODULES: Final[dict[str, CorpusModule]] = {
    "ravdess": ravdess,
    "crema-d": crema_d,
    "tess": tess,
    "savee": savee,
    "emodb": emodb,
    "demo": corpus,
    "folder": folder,
}


def fetch(target: Path, settings: CorpusSettings, sources: Sources) -> None:
    """Bring a corpus's files into a folder, by its kind."""
    MODULES[settings.kind].fetch(target, settings, sources)


def clips(source: Path, settings: CorpusSettings) -> Listing:
    """Read a corpus's folder, by its kind."""
    return MODULES[settings.kind].clips(source, settings)


def expected(settings: CorpusSettings) -> tuple[int | None, frozenset[str]]:
    """How many clips there should be, and their ids where the corpus lets us name them."""
    if isinstance(settings, FolderCorpus):
        return None, frozenset()
    if settings.kind == "demo":
        ids = ravdess.grid(settings.speakers, corpus="demo")
        return len(ids), ids
    known = manifests.load(settings.kind)
    if settings.kind == "ravdess":
        return known.clips, ravdess.grid(24)
    stems = (Path(file.name).stem for file in known.recordings())
    return known.clips, frozenset(f"{settings.kind}/{stem}" for stem in stems)


def describe(settings: CorpusSettings) -> Manifest:
    """What is known of the corpus: the committed manifest, or the folder's own settings."""
    if not isinstance(settings, FolderCorpus):
        return manifests.load(settings.kind)
    return Manifest(
        title=settings.title,
        homepage="your own recordings",
        licence=settings.licence,
        licence_url="",
        non_commercial=settings.non_commercial,
        citation=settings.citation,
        clips=None,
        speakers=None,
        rate=None,
        archives=(),
    )
