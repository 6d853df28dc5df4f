"""Bringing a corpus to this machine: mirror, official server, or a person's own hands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import DownloadError
from pipeline.core.storage import atomic_folder
from pipeline.corpora.description import Archive, Description
from pipeline.corpora.fetch.archive import unpack
from pipeline.corpora.fetch.download import Fetcher
from pipeline.corpora.files import link_or_copy


@dataclass(frozen=True, slots=True)
class Servers:
    """Where this machine may take recordings from.

    Attributes:
        incoming: folder for archives, complete or in part; it outlives a killed
            download, and archives put there by hand are found there.
        mirror: folder or http(s) address holding ``<corpus>.zip``, or None for
            the official servers.
        fetcher: how to fetch.
        workers: files fetched at once, for corpora of single files.
    """

    incoming: Path
    mirror: str | None
    fetcher: Fetcher
    workers: int

    def bring(self, corpus: str, description: Description, folder: Path) -> None:
        """Put a corpus's files under ``folder``, all of them or none.

        What is in ``incoming`` already and is what its checksum says is not fetched again.

        Raises:
            DownloadError: a file cannot be had, or is not what its checksum says.
            ArchiveError: an archive is broken.
        """
        sources = description.sources
        if sources is None:
            raise DownloadError(f"{corpus}: its description names no address; add 'sources:'")
        self.incoming.mkdir(parents=True, exist_ok=True)
        progress = self.fetcher.progress
        if self.mirror:
            archive = self.fetcher.mirrored_archive(self.mirror, corpus, self.incoming)
            unpack(archive, folder, progress=progress)
        elif sources.by_hand:
            unpack(self._by_hand(corpus, description), folder, progress=progress)
        elif sources.files:
            self._bring_files(corpus, description, folder)
        else:
            self._bring_archives(sources.archives, folder)

    def _by_hand(self, corpus: str, description: Description) -> Path:
        assert description.sources is not None
        by_hand = description.sources.by_hand
        assert by_hand is not None
        archive = self.incoming / by_hand.archive
        if not archive.is_file():
            raise DownloadError(
                f"{corpus} cannot be downloaded by a program: register at "
                f"{by_hand.registration}, then put {by_hand.archive} "
                f"into {self.incoming}/ and run this again"
            )
        return archive

    def _bring_archives(self, archives: tuple[Archive, ...], folder: Path) -> None:
        """One archive is the corpus; of several, each gets a folder with its name."""
        paths = [self.fetcher.fetch(archive.remote(), self.incoming) for archive in archives]
        if len(paths) == 1:
            unpack(paths[0], folder, progress=self.fetcher.progress)
            return
        with atomic_folder(folder) as partial:
            for path in paths:
                unpack(path, partial / path.stem, progress=self.fetcher.progress)

    def _bring_files(self, corpus: str, description: Description, folder: Path) -> None:
        """Single files stay in ``incoming`` until all are there, so that a kill costs nothing."""
        assert description.sources is not None
        store = self.incoming / corpus
        tables = (table.remote() for table in description.sources.tables)
        remote = [*tables, *description.recordings()]
        paths = self.fetcher.fetch_many(remote, store, workers=self.workers)
        with atomic_folder(folder) as partial:
            for path in paths:
                target = partial / path.relative_to(store)
                target.parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(path, target)
